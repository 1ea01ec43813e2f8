import Postgres

@testable import Harness

/// One way in which tables would look after a promise was broken, made by hand.
struct Sabotage: Sendable {
    /// What has to be found.
    let kind: Violation.Kind
    /// Changes one row of these users, `$1`, that is known to have been accepted, `$2`.
    private let sql: String

    static let all = [
        Sabotage(
            kind: .lost,
            sql: """
                DELETE FROM inbox i WHERE (i.user_id, i.id) = (\(Self.any("NOT scheduled AND read_at IS NULL")))
                """),
        Sabotage(
            kind: .early,
            sql: """
                UPDATE inbox i SET delivered_at = due_at - interval '1 ms'
                WHERE (i.user_id, i.id) = (\(Self.any("scheduled AND read_at IS NULL")))
                """),
        Sabotage(
            kind: .unmarked,
            sql: "UPDATE inbox i SET read_at = NULL WHERE (i.user_id, i.id) = (\(Self.any("read_at IS NOT NULL")))"),
        Sabotage(
            kind: .disordered,
            sql: """
                UPDATE inbox i SET seq = 1000000
                WHERE (i.user_id, i.id) = (\(Self.any("NOT scheduled", orderedBy: Self.laterOnes)))
                """),
        Sabotage(
            kind: .doubled,
            sql: """
                INSERT INTO inbox (
                    user_id, id, due_at, state, seq, service_id, event_type, priority, message, scheduled, revision,
                    accepted_at)
                SELECT user_id, id, due_at + interval '1 ms', state, 2000000, service_id, event_type, priority, message,
                    scheduled, revision, accepted_at
                FROM inbox i
                WHERE (i.user_id, i.id) = (\(Self.any("NOT scheduled AND read_at IS NULL AND seq > 1")))
                """),
        Sabotage(
            kind: .contradicted,
            sql: """
                DELETE FROM cancellations c
                WHERE c.id = (SELECT i.id FROM inbox i JOIN cancellations t ON t.id = i.id
                    WHERE i.user_id = ANY($1) AND i.id = ANY($2::text[]::uuid[]) AND t.answer = 'recalled'
                        AND i.read_at IS NULL AND i.id = ANY($3::text[]::uuid[]) LIMIT 1)
                """),
    ]

    private init(kind: Violation.Kind, sql: String) {
        self.kind = kind
        self.sql = sql
    }

    /// How many immediate ones of its user came after it: an order is only broken where there is something after.
    private static let laterOnes = """
        (SELECT count(*) FROM inbox later
            WHERE later.user_id = inbox.user_id AND NOT later.scheduled AND later.accepted_at > inbox.accepted_at
                AND later.id = ANY($2::text[]::uuid[]))
        """

    /// One that was delivered and not cancelled.
    private static func any(_ condition: String, orderedBy order: String = "seq") -> String {
        """
        SELECT user_id, id FROM inbox
        WHERE user_id = ANY($1) AND id = ANY($2::text[]::uuid[]) AND $3::text[] IS NOT NULL AND state = 'delivered' AND \(condition)
          AND id NOT IN (SELECT id FROM cancellations)
        ORDER BY \(order) DESC LIMIT 1
        """
    }

    /// - Returns: how many rows it changed: 1, unless there is none of that kind.
    /// - Parameter observed: tells which ones the judge knows to have been accepted, and to have been answered by
    ///   `recalled`.
    func run(on database: Database, users: [String], observed: Observed) async throws -> Int {
        let accepted = observed.sends.flatMap(\.acceptedIDs)
        let recalled = observed.cancels.filter { $0.answer == "recalled" }.map(\.id)
        return try await database.pool.query(
            self.sql, [.textArray(users), .textArray(accepted), .textArray(recalled)]
        ).affected
    }
}
