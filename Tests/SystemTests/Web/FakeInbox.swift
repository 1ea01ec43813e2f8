import Foundation
import Synchronization
import TestSupport

@testable import Harness

/// Stands in for the API where a test has to decide what it answers: errors, a hostile body, a pace. It serves the real
/// files of the page.
final class FakeInbox: Sendable {
    private struct State {
        var items: [ScriptValue] = []
        var version = 1
        var pollInterval = "1"
        /// Answered in place of the next requests whose method and path begin like this.
        var faults: [(prefix: String, times: Int, answer: WebAnswer)] = []
        var requests: [Asked] = []
    }

    struct Asked: Sendable {
        let at: ContinuousClock.Instant
        let method: String
        let target: String
        let body: String
    }

    private let state = Mutex(State())

    /// Lends a server with nothing in its inbox.
    static func run<Value: Sendable>(_ body: @Sendable (FakeInbox, String) async throws -> Value) async throws -> Value
    {
        let fake = FakeInbox()
        return try await withWebServer(answering: { fake.answer($0) }) { port in
            try await body(fake, "http://127.0.0.1:\(port)")
        }
    }

    /// What was asked so far; of the API alone.
    var requests: [Asked] { self.state.withLock { $0.requests } }

    func requests(_ method: String, _ prefix: String) -> [Asked] {
        self.requests.filter { $0.method == method && $0.target.hasPrefix(prefix) }
    }

    /// Adds one that is new; `members` go over those of an ordinary one.
    func add(_ members: [String: ScriptValue], ago seconds: Double = 0) {
        let time = ScriptValue.string(
            Date(timeIntervalSinceNow: -seconds).ISO8601Format(.init(includingFractionalSeconds: true)))
        self.state.withLock { state in
            state.version += 1
            let item: [String: ScriptValue] = [
                "id": .string("0190-\(state.version)"), "event_type": "new_message", "title": nil, "message": "text",
                "action_url": nil, "priority": "normal", "data": nil, "due_at": time, "delivered_at": time,
                "read_at": nil, "seen_at": nil, "archived_at": nil, "seq": .number(Double(state.version)),
                "scheduled": false,
            ]
            state.items.insert(.object(item.merging(members) { $1 }), at: 0)
        }
    }

    func fail(_ prefix: String, times: Int = 1, _ status: Int, headers: [String: String] = [:], code: String = "fake") {
        let body = #"{"status":\#(status),"code":"\#(code)","errors":[{"code":"\#(code)"}]}"#
        let answer = WebAnswer(
            status, ["Content-Type": "application/problem+json"].merging(headers) { $1 }, Array(body.utf8))
        self.state.withLock { $0.faults.append((prefix, times, answer)) }
    }

    func setPollInterval(_ seconds: String) { self.state.withLock { $0.pollInterval = seconds } }

    /// Ends the faults that are left.
    func recover() { self.state.withLock { $0.faults = [] } }

    // MARK: Answering

    private func answer(_ request: WebRequest) -> WebAnswer {
        guard request.path.hasPrefix("/api/") else { return Self.file(request.path) }
        return self.state.withLock { state in
            state.requests.append(
                Asked(
                    at: .now, method: request.method, target: request.target,
                    body: String(decoding: request.body, as: UTF8.self)))
            let call = "\(request.method) \(request.target)"
            if let index = state.faults.firstIndex(where: { call.hasPrefix($0.prefix) && $0.times > 0 }) {
                state.faults[index].times -= 1
                return state.faults[index].answer
            }
            return Self.reply(to: request, &state)
        }
    }

    private static func reply(to request: WebRequest, _ state: inout State) -> WebAnswer {
        let etag = "\"\(state.version)-somebody\""
        let headers = ["ETag": etag, "X-Poll-Interval": state.pollInterval, "Content-Type": "application/json"]
        switch (request.method, request.path) {
        case ("GET", "/api/inbox"):
            if request.headers["if-none-match"] == etag { return WebAnswer(304, headers) }
            let isArchive = request.target.contains("state=archived")
            return Self.json(["notifications": .array(isArchive ? [] : state.items), "next_cursor": nil], headers)
        case ("GET", "/api/preferences"):
            return Self.json(
                ["preferences": [Self.preference("news", false), Self.preference("alarm", true)]], headers)
        case ("PATCH", _):
            let id = request.path.split(separator: "/").last.flatMap { $0.removingPercentEncoding }
            guard let index = state.items.firstIndex(where: { Self.id(of: $0) == id }) else { return WebAnswer(404) }
            return Self.json(state.items.remove(at: index), headers)
        case ("POST", "/api/inbox/read-all"), ("POST", "/api/inbox/seen-all"):
            return Self.json(["marked": 0], headers)
        case (_, "/api/session"): return WebAnswer(204)
        default: return WebAnswer(404)
        }
    }

    private static func preference(_ type: String, _ critical: Bool) -> ScriptValue {
        [
            "event_type": .string(type), "label": .string(type.capitalized), "enabled": true, "default": true,
            "critical": .bool(critical),
        ]
    }

    private static func id(of item: ScriptValue) -> String? {
        guard case .object(let members) = item, case .string(let id) = members["id"] else { return nil }
        return id
    }

    private static func json(_ value: ScriptValue, _ headers: [String: String]) -> WebAnswer {
        WebAnswer(200, headers, (try? JSONEncoder().encode(value)).map { Array($0) } ?? [])
    }

    /// A file of the page, under the policy that the API sends with it.
    private static func file(_ path: String) -> WebAnswer {
        let name = path == "/" ? "index.html" : String(path.dropFirst())
        let file = Repository.folder.appending(path: "Sources/API/Web/\(name)")
        guard !name.contains("/"), let bytes = try? Data(contentsOf: file) else { return WebAnswer(404) }
        let types = [
            "html": "text/html; charset=utf-8", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml",
        ]
        let headers = [
            "Content-Type": types[file.pathExtension] ?? "text/plain",
            "Content-Security-Policy":
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "require-trusted-types-for 'script'; trusted-types 'none'",
        ]
        return WebAnswer(200, headers, Array(bytes))
    }
}
