import Foundation
import Store
import Testing

@testable import Harness

extension EndToEnd.API {
    /// `DELETE /api/users/{id}`: its input. What it erases is in `ErasureTests`.
    @Suite
    struct EraseUserTests {
        @Test(
            "what can be nobody's id is a 422 that says why, and nobody is erased",
            arguments: [
                ("%00", "/id control_character"), ("a%00b", "/id control_character"), ("%", "/id control_character"),
                ("%4", "/id control_character"), ("%zz", "/id control_character"), ("%FF", "/id control_character"),
                ("%ED%A0%80", "/id control_character"), (String(repeating: "a", count: 129), "/id too_long"),
                (String(repeating: "%C3%A9", count: 65), "/id too_long"),
            ])
        func badIDs(_ segment: String, _ fault: String) async throws {
            let installation = try Installation.shared
            let admin = try await installation.issue(to: installation.serviceName("admin"), scopes: ["admin"])
            try await installation.untilKnown(admin)
            let answer = try await installation.http.ask("DELETE", "/api/users/\(segment)", token: admin.text)
            try expectProblem(answer, 422, "validation_failed", faults: [fault], segment)
        }

        @Test("the id is percent-decoded: any of 1 to 128 bytes is somebody's", arguments: ["é/ ?#+%", "a", "x/../y"])
        func decoded(_ name: String) async throws {
            let installation = try Installation.shared
            let admin = try await installation.issue(to: installation.serviceName("admin"), scopes: ["admin"])
            try await installation.untilKnown(admin)
            let user = installation.users(1, name)[0]
            let sent = try await installation.service.send(Outgoing(to: user, "hello"))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
            let segment = user.utf8.map { byte in
                let hex = String(byte, radix: 16, uppercase: true)
                return "%" + (hex.count == 1 ? "0" : "") + hex
            }.joined()
            let answer = try await installation.http.ask("DELETE", "/api/users/\(segment)", token: admin.text)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await installation.service.get(sent.id).status == 404)
        }

        @Test("no token, a service's, a person's: nobody but an operator")
        func access() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "unerased")[0]
            let sent = try await installation.service.send(Outgoing(to: user, "stays"))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
            let path = "/api/users/\(user)"
            try expectProblem(try await installation.http.ask("DELETE", path), 401, "unauthenticated")
            let session = try await installation.token(of: user)
            try expectProblem(
                try await installation.http.ask("DELETE", path, token: session), 401, "unauthenticated")
            try expectProblem(
                try await installation.http.ask("DELETE", path, token: installation.service.token), 403, "forbidden")
            #expect(try await installation.person(user).inbox().map(\.id) == [sent.id])
        }
    }
}
