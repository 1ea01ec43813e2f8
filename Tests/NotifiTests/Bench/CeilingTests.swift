import NIOCore
import Testing

@testable import Notifi

@Suite
struct CeilingTests {
    @Test("a bare server answers the text, and JSON there and back")
    func bare() async throws {
        let text = try await Self.ask(BareServer(work: nil), RequestBytes.get("/"))
        #expect(text.status == 200)
        #expect(text.text.hasSuffix("\r\n\r\n" + CeilingKind.body))
        let json = #"{"event_type":"a","message":"b","user_id":"c"}"#
        let same = try await Self.ask(BareServer(work: .encode), RequestBytes.post("/", json: json))
        #expect(same.status == 200)
        #expect(same.header("content-length") == "\(json.utf8.count)")
        #expect(same.header("no-such") == nil)
        for member in [#""event_type":"a""#, #""message":"b""#, #""user_id":"c""#] {
            #expect(same.text.contains(member))
        }
        let bad = try await Self.ask(BareServer(work: .encode), RequestBytes.post("/", json: "{}"))
        #expect(bad.status == 400)
    }

    private static func ask(_ server: BareServer, _ request: ByteBuffer) async throws -> HTTPDialogue.Answer {
        let (ports, feed) = AsyncStream.makeStream(of: Int.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run { feed.yield($0) } }
            let port = try #require(await ports.first { _ in true })
            let answer = try await HTTPDialogue.with(port: port) { try await $0.ask(request) }
            group.cancelAll()
            return answer
        }
    }
}
