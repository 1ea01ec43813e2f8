import FoundationEssentials
import HTTPTypes
import Kafka
import Logging
import Notifications
import Testing

@testable import API

@Suite struct ProblemTests {
    private func json(_ problem: Problem) throws -> JSONValue {
        try JSONValue(parsing: JSONEncoder().encode(problem.body))
    }

    /// Without a report nobody knows whether brokers have it: who repeats it without a key may make two of it.
    @Test(
        arguments: [
            (.timedOut, true), (.clientReplaced, true), (.brokersUnavailable, true), (.closed, true), (.other, true),
            (.queueFull, false), (.cancelled, false),
        ] as [(KafkaError.Code, Bool)])
    func whatNobodyConfirmedMayHaveBeenAccepted(code: KafkaError.Code, mayBe: Bool) throws {
        let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        let problem = Problem(for: KafkaError(code: code, reason: "r"), logger: quiet)
        #expect(problem.status.code == 503)
        #expect(problem.code == "unavailable")
        let detail = try #require(problem.body.detail)
        #expect(detail.contains("may have been accepted") == mayBe)
        #expect(detail.contains("nothing was accepted") == !mayBe)
        #expect(detail.contains("Idempotency-Key") == mayBe)
    }

    @Test func theLeast() throws {
        #expect(
            try self.json(Problem(.internalServerError, code: "internal", title: "Internal error"))
                == .object([
                    "type": .string("about:blank"), "title": .string("Internal error"), "status": .integer(500),
                    "code": .string("internal"),
                ]))
    }

    @Test func withFaults() throws {
        let faults = Faults([
            Fault("/user_id", .required, "is required"), Fault("", .wrongType, "an \"object\""),
        ])
        #expect(
            try self.json(.invalid(faults))
                == .object([
                    "type": .string("about:blank"), "title": .string("Validation failed"), "status": .integer(422),
                    "code": .string("validation_failed"), "detail": .string("2 fault(s), see errors"),
                    "errors": .array([
                        .object([
                            "pointer": .string("/user_id"), "code": .string("required"),
                            "detail": .string("is required"),
                        ]),
                        .object([
                            "pointer": .string(""), "code": .string("wrong_type"), "detail": .string("an \"object\""),
                        ]),
                    ]),
                ]))
    }

    /// Members of its own stand beside the others, and cannot take their place.
    @Test func withMembersOfItsOwn() throws {
        let problem = Problem(
            .conflict, code: "not_reschedulable", title: "T", more: ["state": "delivered", "code": "x", "status": "x"])
        guard case .object(let members) = try self.json(problem) else {
            Issue.record("no object")
            return
        }
        #expect(members["state"] == .string("delivered"))
        #expect(members["code"] == .string("not_reschedulable"))
        #expect(members["status"] == .integer(409))
    }

    @Test(
        arguments: [
            (.unauthenticated("d"), 401, "unauthenticated", nil), (.forbidden("d"), 403, "forbidden", nil),
            (.notFound("d"), 404, "not_found", nil), (.notFound("d", retryAfterSeconds: 1), 404, "not_found", 1),
            (.invalidJSON("d"), 400, "invalid_json", nil), (.invalid(Faults([])), 422, "validation_failed", nil),
            (.tooLarge(limit: 5), 413, "payload_too_large", nil), (.unavailable("d"), 503, "unavailable", 1),
        ] as [(Problem, Int, String, Int?)])
    func statusAndCode(problem: Problem, status: Int, code: String, retryAfter: Int?) {
        #expect(problem.status.code == status)
        #expect(problem.code == code)
        #expect(problem.retryAfterSeconds == retryAfter)
        #expect(problem.detail?.isEmpty == false)
    }
}
