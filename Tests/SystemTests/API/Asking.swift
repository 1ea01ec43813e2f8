import Foundation
import Testing

@testable import Harness

extension HTTPClient {
    /// Asks with whatever a test wants to be in the request.
    ///
    /// - Parameters:
    ///   - token: sent as bearer.
    ///   - session: sent in the cookie.
    ///   - origin: that of the page which asks.
    func ask(
        _ method: String, _ path: String, token: String? = nil, session: String? = nil, origin: String? = nil,
        headers: [String: String] = [:], body: Data? = nil
    ) async throws -> HTTPAnswer {
        var headers = headers
        if let token { headers["Authorization"] = "Bearer \(token)" }
        // Others' cookies may come with it.
        if let session { headers["Cookie"] = "theme=dark; notifi_session=\(session)" }
        if let origin { headers["Origin"] = origin }
        return try await self.send(method, path, headers: headers, body: body)
    }

    func ask(
        _ method: String, _ path: String, token: String? = nil, session: String? = nil, origin: String? = nil,
        headers: [String: String] = [:], json: String
    ) async throws -> HTTPAnswer {
        try await self.ask(
            method, path, token: token, session: session, origin: origin, headers: headers, body: Data(json.utf8))
    }
}

/// An answer of type `application/problem+json`.
struct ProblemDocument: Decodable, Sendable {
    struct Item: Decodable, Sendable {
        let pointer: String
        let code: String
        let detail: String
    }

    let type: String
    let title: String
    let status: Int
    let code: String
    let errors: [Item]?

    /// `pointer code`, in order.
    var faults: [String] { (self.errors ?? []).map { "\($0.pointer) \($0.code)" }.sorted() }
}

/// Checks that an answer is this problem, in the form that all problems have.
///
/// - Parameter faults: `pointer code` of every fault that it has to name, and no others.
func expectProblem(
    _ answer: HTTPAnswer, _ status: Int, _ code: String, faults: [String] = [], _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let shown = Comment(rawValue: "\(what): \(answer.status) \(answer.text.prefix(500))")
    guard answer.status == status else {
        #expect(answer.status == status, shown, sourceLocation: sourceLocation)
        return
    }
    #expect(answer.header("Content-Type") == "application/problem+json", shown, sourceLocation: sourceLocation)
    let problem: ProblemDocument = try answer.decode()
    #expect(problem.status == status && problem.type == "about:blank", shown, sourceLocation: sourceLocation)
    #expect(!problem.title.isEmpty, shown, sourceLocation: sourceLocation)
    #expect(problem.code == code, shown, sourceLocation: sourceLocation)
    #expect(problem.faults == faults.sorted(), shown, sourceLocation: sourceLocation)
    if status == 401 {
        #expect(answer.header("WWW-Authenticate") == "Bearer", shown, sourceLocation: sourceLocation)
    }
}

/// `text` as a JSON string.
func quoted(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
}

/// A body for `POST /api/notifications`: the members given as JSON texts, over good ones; `nil` leaves one out.
func draft(to userID: String, _ replaced: [String: String?] = [:]) throws -> String {
    var members: [String: String] = [
        "user_id": try quoted(userID), "event_type": #""new_message""#, "message": #""Hello""#,
    ]
    for (name, value) in replaced { members[name] = value }
    return "{"
        + (try members.sorted { $0.key < $1.key }.map { "\(try quoted($0.key)):\($0.value)" }).joined(separator: ",")
        + "}"
}

/// Any JSON, to be looked at member by member.
enum JSONTree: Decodable, Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONTree].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    subscript(_ member: String) -> JSONTree? {
        if case .object(let members) = self { members[member] } else { nil }
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var elements: [JSONTree] {
        if case .array(let elements) = self { elements } else { [] }
    }
}
