import Foundation
import Kafka
import Postgres
import Store
import Testing

@testable import Notifi

/// The private Postgres of an installation, and what tests look up in it.
struct Database: Sendable {
    let server: LocalPostgres
    /// The tests' own connections. They come back by themselves after an outage.
    let pool: PostgresPool

    /// Everything is new, and nothing of it has to survive a power cut.
    static func configuration(folder: String) -> LocalPostgres.Configuration {
        LocalPostgres.Configuration(
            directory: folder,
            settings: ["fsync": "off", "full_page_writes": "off", "max_connections": "60", "shared_buffers": "32MB"])
    }

    /// A row of the inbox.
    struct Decision: Sendable {
        let id: String
        let userID: String
        let eventType: String
        let state: String
        let reason: String?
        let seq: Int64
        let isScheduled: Bool
        /// Microseconds since 1970, by Postgres' clock but for `due`.
        let due: Int64
        let claimed: Int64?
        let delivered: Int64
    }

    func decisions(of users: [String]) async throws -> [Decision] {
        try await self.pool.query(
            """
            SELECT id::text AS id, user_id, event_type, state, reason, seq, scheduled, due_at, claimed_at, delivered_at FROM inbox
            WHERE user_id = ANY($1) ORDER BY user_id, seq
            """, [.textArray(users)]
        ).map { row in
            Decision(
                id: try row.decode("id"), userID: try row.decode("user_id"),
                eventType: try row.decode("event_type"), state: try row.decode("state"),
                reason: try row.decode("reason"),
                seq: try row.decode("seq"), isScheduled: try row.decode("scheduled"),
                due: try row.decode("due_at", as: PostgresTimestamp.self).microsecondsSinceUnixEpoch,
                claimed: try row.decode("claimed_at", as: PostgresTimestamp?.self)?.microsecondsSinceUnixEpoch,
                delivered: try row.decode("delivered_at", as: PostgresTimestamp.self).microsecondsSinceUnixEpoch)
        }
    }

    func choose(_ isEnabled: Bool, _ eventType: String, for userID: String) async throws {
        _ = try await self.pool.query(
            """
            INSERT INTO preferences (user_id, event_type, enabled) VALUES ($1, $2, $3)
            ON CONFLICT (user_id, event_type) DO UPDATE SET enabled = excluded.enabled
            """, [.text(userID), .text(eventType), .bool(isEnabled)])
    }

    private func count(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Int {
        try #require(await self.pool.query(sql, parameters).first).decode(0)
    }

    func countInInbox(of users: [String], scheduledOnly: Bool = false) async throws -> Int {
        try await self.count(
            "SELECT count(*) FROM inbox WHERE user_id = ANY($1) AND (scheduled OR NOT $2)",
            [.textArray(users), .bool(scheduledOnly)])
    }

    func countDeadLetters(from origin: KafkaReceipt) async throws -> Int {
        try await self.count(
            "SELECT count(*) FROM dead_letters WHERE topic = $1 AND partition = $2 AND record_offset = $3",
            [.text(origin.topic), .int4(origin.partition), .int8(origin.offset)])
    }

    /// Leaves this user no request, whatever the limit, until at least a minute from now.
    func spendRequests(of userID: String) async throws {
        _ = try await self.pool.query(
            """
            INSERT INTO inbox_requests
            VALUES ($1, date_trunc('minute', clock_timestamp()) + interval '1 minute', 1000000000)
            ON CONFLICT (user_id) DO UPDATE SET minute = excluded.minute, requests = excluded.requests
            """, [.text(userID)])
    }

    func countInOutbox(of users: [String]) async throws -> Int {
        try await self.count("SELECT count(*) FROM outbox WHERE user_id = ANY($1)", [.textArray(users)])
    }

    /// Makes a token of a service with all rights, and the service where there is none of that name.
    func addService(_ name: String) async throws -> (token: String, service: UUID) {
        let secret = ServiceSecret.make()
        let added = try await AddToken.run(
            serviceName: name, hash: secret.hash, scopes: ["send", "read", "cancel"], eventTypes: nil, on: self.pool)
        return (secret.text, added.service)
    }
}
