import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import API

@Suite(.timeLimit(.minutes(5))) struct SlowBodyTests {
    @Test("whoever does not send the body in time is answered, and lets go of their place")
    func tooSlow() async throws {
        let (pieces, input) = AsyncStream.makeStream(of: ByteBuffer.self)
        input.yield(ByteBuffer(string: "{"))
        let request = Request(
            head: HTTPRequest(method: .post, scheme: "http", authority: "a", path: "/"),
            body: RequestBody(asyncSequence: pieces))
        let gate = Gate("test", Admission(mostRequests: 1), spreadSeconds: 1)
        let problem = await #expect(throws: Problem.self) {
            try await gate.admit { _ = try await request.bytes(limit: 100, within: .milliseconds(50)) }
        }
        #expect(problem?.status == .requestTimeout && problem?.code == "request_timeout")
        #expect(try await gate.admit { true }, "the place is free")
        input.finish()
    }

    @Test("one that is sent in time is whole")
    func inTime() async throws {
        let (pieces, input) = AsyncStream.makeStream(of: ByteBuffer.self)
        let request = Request(
            head: HTTPRequest(method: .post, scheme: "http", authority: "a", path: "/"),
            body: RequestBody(asyncSequence: pieces))
        for piece in ["{", "}"] { input.yield(ByteBuffer(string: piece)) }
        input.finish()
        #expect(try await request.bytes(limit: 100) == Data("{}".utf8))
    }
}
