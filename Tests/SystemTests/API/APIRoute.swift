import Foundation
import Testing

@testable import Harness

/// A route of the API, with a request that it takes. The table is held against the router's source and `openapi.yaml`.
struct APIRoute: Sendable, CustomTestStringConvertible {
    enum Caller: Sendable, Equatable {
        /// A service, with this scope.
        case service(String)
        /// Somebody with a session.
        case person
        case anyone
    }

    let method: String
    /// As `openapi.yaml` has it, with `{id}`.
    let template: String
    let caller: Caller
    /// A body that is in order, for this recipient.
    var body: @Sendable (_ userID: String) throws -> String? = { _ in nil }

    var testDescription: String { self.name }
    var name: String { "\(self.method) \(self.template)" }

    func path(_ id: String) -> String { self.template.replacing("{id}", with: id) }

    static let all: [APIRoute] = [
        APIRoute(method: "POST", template: "/api/notifications", caller: .service("send")) { try draft(to: $0) },
        APIRoute(method: "POST", template: "/api/notifications/batch", caller: .service("send")) {
            "[\(try draft(to: $0))]"
        },
        APIRoute(method: "GET", template: "/api/notifications", caller: .service("read")),
        APIRoute(method: "GET", template: "/api/notifications/{id}", caller: .service("read")),
        APIRoute(method: "PATCH", template: "/api/notifications/{id}", caller: .service("send")) { _ in
            #"{"schedule":"2100-01-01T00:00:00Z"}"#
        },
        APIRoute(method: "DELETE", template: "/api/notifications/{id}", caller: .service("cancel")),
        APIRoute(method: "GET", template: "/api/notifications/unread", caller: .person),
        APIRoute(method: "PATCH", template: "/api/notifications/{id}/read", caller: .person),
        APIRoute(method: "GET", template: "/api/inbox", caller: .person),
        APIRoute(method: "GET", template: "/api/inbox/counts", caller: .person),
        APIRoute(method: "PATCH", template: "/api/inbox/{id}", caller: .person) { _ in #"{"archived":true}"# },
        APIRoute(method: "POST", template: "/api/inbox/read-all", caller: .person) { _ in #"{"up_to":9007199254740991}"#
        },
        APIRoute(method: "POST", template: "/api/inbox/seen-all", caller: .person) { _ in #"{"up_to":9007199254740991}"#
        },
        APIRoute(method: "GET", template: "/api/preferences", caller: .person),
        APIRoute(method: "PUT", template: "/api/preferences", caller: .person) { _ in
            #"{"preferences":[{"event_type":"status_change","enabled":false}]}"#
        },
        APIRoute(method: "POST", template: "/api/session", caller: .person),
        APIRoute(method: "DELETE", template: "/api/session", caller: .person),
        APIRoute(method: "DELETE", template: "/api/users/{id}", caller: .service("admin")),
        APIRoute(method: "GET", template: "/openapi.yaml", caller: .anyone),
    ]

    static let ofServices = Self.all.filter { if case .service = $0.caller { true } else { false } }
    static let ofPeople = Self.all.filter { $0.caller == .person }

    /// Asks it for a notification of this id, or to send one to this recipient.
    func ask(
        _ http: HTTPClient, id: String, userID: String, token: String? = nil, session: String? = nil,
        origin: String? = nil, headers: [String: String] = [:]
    ) async throws -> HTTPAnswer {
        try await http.ask(
            self.method, self.path(id), token: token, session: session, origin: origin, headers: headers,
            body: try self.body(userID).map { Data($0.utf8) })
    }
}
