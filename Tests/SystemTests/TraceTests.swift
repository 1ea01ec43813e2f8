import Foundation
import Kafka
import Notifications
import Postgres
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// Lines about single notifications are for debugging.
    @Suite(.installation(Installation.Options(environment: ["NOTIFI_LOG_LEVEL": "debug"])))
    struct TraceTests {
        @Test(
            "a traceparent travels from the POST through both topics and the outbox to the inbox row and the log lines")
        func trace() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "trace")[0]
            let tails = [
                try await installation.brokers.tail(installation.topics.requests),
                try await installation.brokers.tail(installation.topics.deliveries),
            ]
            var expected: [String: TraceContext] = [:]
            var scheduled: Set<String> = []
            for schedule in ["null", try quoted(Instant.inSeconds(1).description)] {
                let traceID = UUID().uuidString.replacing("-", with: "").lowercased()
                let header = "00-\(traceID)-b7ad6b7169203331-01"
                let answer = try await installation.http.ask(
                    "POST", "/api/notifications", token: installation.service.token, headers: ["traceparent": header],
                    json: try draft(to: user, ["schedule": schedule]))
                try #require(answer.status == 202, "\(answer.text)")
                let trace: TraceContext = try #require(TraceContext(header))
                let id = try answer.decode(Record.self).id
                expected[id] = trace
                if schedule != "null" { scheduled.insert(id) }
            }
            for id in expected.keys { _ = try await installation.service.record(of: id, in: "delivered") }

            for (place, tail) in tails.enumerated() {
                let found = try await tail.traces(of: Set(expected.keys))
                await tail.close()
                // The sender's own span is the parent of what follows.
                #expect(found == expected, "topic \(place)")
            }
            for (id, trace) in expected {
                #expect(try await installation.storedTrace(of: id, to: user) == trace)
                for daemon in Daemon.allCases where daemon != .poller || scheduled.contains(id) {
                    func lines() -> [Substring] {
                        installation[daemon].log.split(separator: "\n").filter { $0.contains("notification_id=\(id)") }
                    }
                    try await require("\(daemon) logs the id", within: .seconds(5)) { !lines().isEmpty }
                    #expect(lines().allSatisfy { $0.contains(trace.traceID) }, "\(lines())")
                }
            }
        }

        @Test("a traceparent that breaks the standard is not taken up: a trace of its own begins")
        func badTrace() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "badtrace")[0]
            let zeros = String(repeating: "0", count: 32)
            let bad = [
                "", "hello", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "00-\(zeros)-b7ad6b7169203331-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
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
}

extension Brokers {
    /// Reads what is written to a topic from now on.
    fileprivate func tail(_ topic: String) async throws -> KafkaTail {
        let tail = try KafkaTail(
            configuration: self.configuration, topic: topic, fetchWaitMax: .milliseconds(5), logger: quiet)
        try await tail.start()
        return tail
    }
}

extension KafkaTail {
    /// Reads until a record of each of these was met, and returns their traces.
    fileprivate func traces(
        of ids: Set<String>, within limit: Duration = .seconds(10)
    ) async throws -> [String: TraceContext] {
        var found: [String: TraceContext] = [:]
        let deadline = ContinuousClock.now + limit
        while found.count < ids.count {
            try #require(.now < deadline, "found \(found.count) of \(ids.count)")
            for message in try await self.nextBatch(max: 1_000, timeout: .seconds(1)).messages {
                let header = { (name: String) in message.header(name).map { String(decoding: $0, as: UTF8.self) } }
                guard let id = header(RecordHeader.notification), ids.contains(id) else { continue }
                let text = try #require(header(RecordHeader.traceparent))
                let trace: TraceContext = try #require(TraceContext(text), "\(text)")
                found[id] = trace
            }
        }
        return found
    }
}

extension Installation {
    fileprivate func storedTrace(of id: String, to user: String) async throws -> TraceContext {
        let rows = try await self.database.pool.query(
            "SELECT traceparent FROM inbox WHERE user_id = $1 AND id = $2",
            [.text(user), .uuid(try #require(UUID(uuidString: id)))])
        let row = try #require(rows.first)
        let text = try row.decode("traceparent", as: String.self)
        return try #require(TraceContext(text), "\(text)")
    }
}
