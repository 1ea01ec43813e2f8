import Foundation
import Kafka
import Notifications
import Postgres
import Testing
import Wire

@testable import Notifi

// MARK: - Traces

extension EndToEnd.API.SendingTests {
    @Test(
        "a traceparent travels from the POST through both topics and the outbox to the inbox row and the log lines",
        arguments: [false, true])
    func trace(isScheduled: Bool) async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "trace")[0]
        let traceID = UUID().uuidString.replacing("-", with: "").lowercased()
        let header = "00-\(traceID)-b7ad6b7169203331-01"
        let schedule = isScheduled ? try quoted(Instant.inSeconds(1).description) : "null"
        let answer = try await installation.http.ask(
            "POST", "/api/notifications", token: installation.service.token, headers: ["traceparent": header],
            json: try draft(to: user, ["schedule": schedule]))
        try #require(answer.status == 202, "\(answer.text)")
        let id = try answer.decode(Record.self).id
        _ = try await installation.service.record(of: id, in: "delivered")

        let found = try await installation.traces(of: id, to: user)
        #expect(found.map(\.traceID) == [traceID, traceID, traceID])
        // The sender's own span is the parent of what follows.
        #expect(found.first?.description == header)
        for daemon in [Daemon.api, .delivery] {
            try await require("\(daemon) logs the id with its trace", within: .seconds(5)) {
                installation[daemon].log.split(separator: "\n").contains { $0.contains(id) && $0.contains(traceID) }
            }
            let lines = installation[daemon].log.split(separator: "\n").filter { $0.contains(id) }
            #expect(lines.allSatisfy { $0.contains(traceID) }, "\(lines)")
        }
    }

    @Test("a traceparent that breaks the standard is not taken up: a trace of its own begins")
    func badTrace() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "badtrace")[0]
        let bad = [
            "", "hello", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "00-" + String(repeating: "0", count: 32) + "-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ]
        var traces: Set<String> = []
        for header in bad {
            let answer = try await installation.http.ask(
                "POST", "/api/notifications", token: installation.service.token, headers: ["traceparent": header],
                json: try draft(to: user))
            try #require(answer.status == 202, "\(answer.text)")
            let id = try answer.decode(Record.self).id
            _ = try await installation.service.record(of: id, in: "delivered")
            let trace = try await installation.storedTrace(of: id, to: user)
            #expect(!header.lowercased().contains(trace.traceID))
            traces.insert(trace.traceID)
        }
        #expect(traces.count == bad.count, "each has its own")
    }
}

extension Installation {
    /// The traces of a notification on `requests`, on `deliveries`, and in the inbox.
    fileprivate func traces(of id: String, to user: String) async throws -> [TraceContext] {
        var found: [TraceContext] = []
        for topic in [self.topics.requests, self.topics.deliveries] {
            let messages = try await self.brokers.find(on: topic) { message in
                message.header(RecordHeader.notification).map { String(decoding: $0, as: UTF8.self) } == id
            }
            let header = try #require(messages[0].header(RecordHeader.traceparent))
            found.append(try #require(TraceContext(String(decoding: header, as: UTF8.self))))
        }
        found.append(try await self.storedTrace(of: id, to: user))
        return found
    }

    fileprivate func storedTrace(of id: String, to user: String) async throws -> TraceContext {
        let rows = try await self.database.pool.query(
            "SELECT traceparent FROM inbox WHERE user_id = $1 AND id = $2",
            [.text(user), .uuid(try #require(UUID(uuidString: id)))])
        let row = try #require(rows.first)
        let text = try row.decode("traceparent", as: String.self)
        return try #require(TraceContext(text), "\(text)")
    }
}
