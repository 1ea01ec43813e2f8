import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Testing

@testable import API

@Suite struct PersonAccessTests {
    private func access() async throws -> PersonAccess {
        PersonAccess(
            sessions: try await secretSessions(),
            origins: OriginPolicy(publicOrigin: "https://inbox.example", allowed: []))
    }

    private func request(_ method: HTTPRequest.Method, _ headers: HTTPFields) -> Request {
        Request(
            head: HTTPRequest(
                method: method, scheme: "https", authority: "inbox.example",
                path: "/api/notifications/unread?user_id=bob",
                headerFields: headers),
            body: RequestBody(buffer: ByteBuffer()))
    }

    private func problem(_ method: HTTPRequest.Method, _ headers: HTTPFields) async throws -> Problem {
        let access = try await self.access()
        return try await #require(throws: Problem.self) {
            try await access.require(self.request(method, headers))
        }
    }

    @Test(arguments: [.get, .head, .post, .patch, .delete] as [HTTPRequest.Method])
    func byBearer(method: HTTPRequest.Method) async throws {
        let user = try await self.access().require(
            self.request(method, [.authorization: "Bearer \(token())", .origin: "https://evil.example"]))
        #expect(user == "ann")
    }

    @Test(arguments: [.get, .head] as [HTTPRequest.Method])
    func readingByCookie(method: HTTPRequest.Method) async throws {
        let user = try await self.access().require(self.request(method, [.cookie: "a=b; notifi_session=\(token())"]))
        #expect(user == "ann")
    }

    @Test(arguments: [.post, .put, .patch, .delete] as [HTTPRequest.Method])
    func changingByCookieNeedsTheOrigin(method: HTTPRequest.Method) async throws {
        let cookie = "notifi_session=\(try await token())"
        let user = try await self.access().require(
            self.request(method, [.cookie: cookie, .origin: "https://inbox.example"]))
        #expect(user == "ann")
        for headers in [
            [.cookie: cookie], [.cookie: cookie, .origin: "https://evil.example"], [.cookie: cookie, .origin: "null"],
        ] as [HTTPFields] {
            let problem = try await self.problem(method, headers)
            #expect(problem.status == .forbidden)
            #expect(problem.code == "origin_mismatch")
        }
    }

    @Test func withoutASession() async throws {
        for headers in [
            [:], [.cookie: "notifi_session="], [.cookie: "other=x"], [.authorization: "Basic YW5uOnB3"],
            [.cookie: "notifi_session=x"], [.authorization: "Bearer x"],
        ] as [HTTPFields] {
            #expect(try await self.problem(.get, headers).status == .unauthorized)
        }
    }

    /// One who presents a bearer is judged by it alone.
    @Test func aBadBearerIsNotSavedByTheCookie() async throws {
        let headers: HTTPFields = [.authorization: "Bearer x", .cookie: "notifi_session=\(try await token())"]
        #expect(try await self.problem(.get, headers).status == .unauthorized)
    }
}
