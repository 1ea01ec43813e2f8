import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Notifications

/// An answer that says what went wrong: `application/problem+json` (RFC 9457) with a stable `code`.
struct Problem: HTTPResponseError, Equatable {
    let status: HTTPResponse.Status
    let code: String
    let title: String
    let detail: String?
    let faults: [Fault]
    /// Members of this problem alone.
    let more: [String: String]
    let retryAfterSeconds: Int?
    /// The quota that this went over.
    let limit: RateLimit?
    /// What a path takes, where the method was not among it.
    let allowed: [HTTPRequest.Method]

    init(
        _ status: HTTPResponse.Status, code: String, title: String, detail: String? = nil, faults: [Fault] = [],
        more: [String: String] = [:], retryAfterSeconds: Int? = nil, limit: RateLimit? = nil,
        allowed: [HTTPRequest.Method] = []
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.faults = faults
        self.more = more
        self.retryAfterSeconds = retryAfterSeconds
        self.limit = limit
        self.allowed = allowed
    }

    var body: Body {
        Body(
            type: "about:blank", title: self.title, status: self.status.code, code: self.code, detail: self.detail,
            errors: self.faults.isEmpty
                ? nil : self.faults.map { Body.Item(pointer: $0.pointer, code: $0.code.rawValue, detail: $0.detail) },
            more: self.more)
    }

    func json() throws -> Data { try Answer.json(self.body) }

    func answer() throws -> Answer {
        var answer = Answer(self.status, json: try self.json(), contentType: "application/problem+json")
        if let retryAfterSeconds { answer.fields[.retryAfter] = String(retryAfterSeconds) }
        if let limit { answer.fields.append(contentsOf: limit.fields) }
        if !self.allowed.isEmpty { answer.fields[.allow] = self.allowed.map(\.rawValue).joined(separator: ", ") }
        if self.status == .unauthorized { answer.fields[.wwwAuthenticate] = "Bearer" }
        return answer
    }

    func response(from _: Request, context _: some RequestContext) throws -> Response { Response(try self.answer()) }

    struct Body: Encodable {
        let type: String
        let title: String
        let status: Int
        let code: String
        let detail: String?
        let errors: [Item]?
        let more: [String: String]

        struct Item: Encodable {
            let pointer: String
            let code: String
            let detail: String
        }

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(_ name: String) { self.stringValue = name }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue _: Int) { return nil }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            for (name, value) in self.more { try container.encode(value, forKey: Key(name)) }
            try container.encode(self.type, forKey: Key("type"))
            try container.encode(self.title, forKey: Key("title"))
            try container.encode(self.status, forKey: Key("status"))
            try container.encode(self.code, forKey: Key("code"))
            try container.encodeIfPresent(self.detail, forKey: Key("detail"))
            try container.encodeIfPresent(self.errors, forKey: Key("errors"))
        }
    }
}

extension Problem {
    static func unauthenticated(_ detail: String) -> Problem {
        Problem(.unauthorized, code: "unauthenticated", title: "Not authenticated", detail: detail)
    }

    static func forbidden(_ detail: String) -> Problem {
        Problem(.forbidden, code: "forbidden", title: "Not allowed", detail: detail)
    }

    static func notFound(_ detail: String, retryAfterSeconds: Int? = nil) -> Problem {
        Problem(.notFound, code: "not_found", title: "Not found", detail: detail, retryAfterSeconds: retryAfterSeconds)
    }

    static func methodNotAllowed(allowed: [HTTPRequest.Method]) -> Problem {
        Problem(
            .methodNotAllowed, code: "method_not_allowed", title: "Method not allowed",
            detail: "this path takes \(allowed.map(\.rawValue).joined(separator: ", "))", allowed: allowed)
    }

    static func invalidJSON(_ detail: String) -> Problem {
        Problem(.badRequest, code: "invalid_json", title: "Not JSON", detail: detail)
    }

    static func invalid(_ faults: Faults) -> Problem {
        Problem(
            .unprocessableContent, code: "validation_failed", title: "Validation failed",
            detail: "\(faults.all.count) fault(s), see errors", faults: faults.all)
    }

    static func tooLarge(limit: Int) -> Problem {
        Problem(
            .contentTooLarge, code: "payload_too_large", title: "Too large",
            detail: "at most \(limit) bytes are taken here")
    }

    /// - Parameter code: `too_many_requests`, or a code of that limit's own.
    static func tooManyRequests(code: String = "too_many_requests", detail: String, limit: RateLimit) -> Problem {
        // Not 0, which would ask for a repeat within the window that is used up.
        Problem(
            .tooManyRequests, code: code, title: "Too many requests", detail: detail,
            retryAfterSeconds: max(1, limit.resetSeconds), limit: limit)
    }

    static func unavailable(_ detail: String, retryAfterSeconds: Int = 1) -> Problem {
        Problem(
            .serviceUnavailable, code: "unavailable", title: "Not available", detail: detail,
            retryAfterSeconds: retryAfterSeconds)
    }
}
