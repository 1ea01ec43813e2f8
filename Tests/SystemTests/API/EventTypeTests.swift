import Foundation
import NIOCore
import NIOPosix
import Subprocess
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.API {
    /// Event types as data, and connections on which nobody speaks.
    @Suite struct EventTypeTests {
        @Test("an event type that is added, disabled and enabled again is so in the API within 5 seconds")
        func registered() async throws {
            let installation = try Installation.shared
            let variables = ["NOTIFI_POSTGRES_URL": installation.database.server.url]
            let type = "made_\(UUID().uuidString.prefix(6).lowercased())"
            let user = installation.users(1, "types")[0]
            func command(_ arguments: String...) async throws -> String {
                let run = try await ProgramRun.command(arguments, variables)
                #expect(run.status == .exited(0), "\(run.lines)")
                return run.output
            }
            func untilAnswered(_ status: Int, _ code: String? = nil) async throws {
                let last = Shared("")
                try await require("\(status): \(last.value)", within: .seconds(5)) {
                    let answer = try await installation.http.ask(
                        "POST", "/api/notifications", token: installation.service.token,
                        json: try draft(to: user, ["event_type": try quoted(type)]))
                    last.change { $0 = answer.text }
                    return answer.status == status && (code.map { answer.text.contains($0) } ?? true)
                }
            }
            try await untilAnswered(422, "unknown_event_type")
            _ = try await command("event-type", "add", type, "--label", "Made up", "--off-by-default")
            try await untilAnswered(202)
            func row() async throws -> String? {
                try await command("event-type", "list").split(separator: "\n").first { $0.hasPrefix(type) }.map {
                    String($0)
                }
            }
            let added = try #require(try await row())
            #expect(added.contains("Made up") && added.contains("off") && added.hasSuffix("enabled"), "\(added)")
            _ = try await command("event-type", "disable", type)
            try await untilAnswered(422, "disabled_event_type")
            _ = try await command("event-type", "add", type, "--critical")
            try await untilAnswered(202)
            let changed = try #require(try await row())
            #expect(changed.contains(" on ") && changed.contains("yes") && changed.hasSuffix("enabled"), "\(changed)")
        }

        @Test("a connection on which nobody speaks is closed, before a request, within one, and after one")
        func silence() async throws {
            let installation = try Installation.shared
            let variables = ["NOTIFI_SESSION_JWT_SECRET": StrictAPI.secret, "NOTIFI_HTTP_IDLE_TIMEOUT_SECONDS": "1"]
            try await withOwnAPI(beside: installation, variables) { api in
                let port = try #require(try api.process.ports.http)
                for said in [
                    "", "GET /openapi.yaml HT",
                    "POST /api/notifications HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
                    "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n",
                ] {
                    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .connect(host: "127.0.0.1", port: port).get()
                    try await channel.writeAndFlush(ByteBuffer(string: said))
                    let closed = Once<Bool>()
                    channel.closeFuture.whenComplete { _ in closed.happen(true) }
                    #expect(await closed.value(within: .seconds(15)) == true, "\(said)")
                }
            }
        }
    }
}
