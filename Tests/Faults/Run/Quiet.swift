import Kafka
import Notifications
import Postgres
import Testing
import Wire

@testable import Harness

/// After the faults: waits until nothing is on its way any more, and takes down what is there.
struct Quiet: Sendable {
    let installation: Installation
    let users: [String]

    private static let limit: Duration = .seconds(120)

    /// - Returns: what did not come to rest within the limit.
    func wait() async throws -> [String] {
        let brokers = self.installation.brokers
        let topics = brokers.topics
        let deadline = ContinuousClock.now + Self.limit
        var unrest: [String] = []
        func check(_ what: String, _ isSo: @Sendable () async throws -> Bool) async throws {
            // A slow one must not let those after it fail.
            let left = max(.seconds(5), deadline - ContinuousClock.now)
            let came = try await eventually(within: left, every: .milliseconds(100)) {
                // A look that fails is repeated.
                (try? await isSo()) ?? false
            }
            if !came { unrest.append(what) }
        }
        try await check("requests that are not routed") {
            try await brokers.lag(group: topics.routerGroup, topic: topics.requests) == 0
        }
        try await check("rows in the outbox") {
            try await self.installation.database.countInOutbox(of: self.users) == 0
        }
        try await check("deliveries that are not delivered") {
            try await brokers.lag(group: topics.deliveryGroup, topic: topics.deliveries) == 0
        }
        try await check("dead letters that are not recorded") {
            try await brokers.lag(group: topics.deadLettersGroup, topic: topics.deadLetters) == 0
        }
        try await check("cancels without an answer") {
            try await self.installation.database.pool.query("SELECT FROM cancellations WHERE answer IS NULL").isEmpty
        }
        return unrest
    }

    func rows() async throws -> [Observed.Row] {
        try await self.installation.database.pool.query(
            """
            SELECT i.id::text AS id, i.user_id, i.message, i.state, i.seq, i.scheduled, i.due_at, i.claimed_at,
                i.delivered_at, i.read_at IS NOT NULL AS is_read, i.archived_at IS NOT NULL AS is_archived,
                c.id IS NOT NULL AS is_hidden
            FROM inbox i LEFT JOIN cancellations c ON c.id = i.id AND c.service_id = i.service_id
            WHERE i.user_id = ANY($1)
            """, [.textArray(self.users)]
        ).map { row in
            Observed.Row(
                id: try row.decode("id"), user: try row.decode("user_id"), message: try row.decode("message"),
                state: try row.decode("state"), seq: try row.decode("seq"), isScheduled: try row.decode("scheduled"),
                due: Instant(try row.decode("due_at", as: PostgresTimestamp.self)),
                claimed: try row.decode("claimed_at", as: PostgresTimestamp?.self).map { Instant($0) },
                delivered: Instant(try row.decode("delivered_at", as: PostgresTimestamp.self)),
                isRead: try row.decode("is_read"), isArchived: try row.decode("is_archived"),
                isHidden: try row.decode("is_hidden"))
        }
    }

    /// Of anybody: there is to be none.
    func deadLetters() async throws -> Int {
        let rows = try await self.installation.database.pool.query("SELECT count(*) AS count FROM dead_letters")
        return Int(try rows.first?.decode("count", as: Int64.self) ?? 0)
    }

    /// - Returns: by id, as the API tells it.
    func trails(of ids: [String], by service: SendingService) async throws -> [String: Observed.Trail] {
        let trails = try await concurrently(ids, atOnce: 8) { id in
            let last = Shared<HTTPAnswer?>(nil)
            // Only that there is none says something of it.
            _ = try await eventually(within: .seconds(10), every: .milliseconds(100)) {
                let answer = try? await service.get(id)
                last.change { $0 = answer }
                return answer.map { [200, 404].contains($0.status) } ?? false
            }
            guard let answer = last.value, answer.status == 200 else { return (id, Observed.Trail(state: nil)) }
            let record: Record = try answer.decode()
            return (id, Observed.Trail(state: record.state, events: record.events))
        }
        return Dictionary(trails) { first, _ in first }
    }

    /// - Returns: by user, as each replica of the API shows it.
    func inboxes(of people: [[PersonClient]]) async throws -> [String: [Observed.Inbox]] {
        let inboxes = try await concurrently(people.flatMap(\.self), atOnce: 8) { person in
            let count = try await person.counts()[0]
            return (person.userID, [Observed.Inbox(unread: try await person.inbox().map(\.id), count: count)])
        }
        return Dictionary(inboxes, uniquingKeysWith: +)
    }
}

extension Instant {
    init(_ timestamp: PostgresTimestamp) {
        self.init(microseconds: timestamp.microsecondsSinceUnixEpoch)
    }
}
