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
            sql: """
                UPDATE inbox i SET read_at = NULL
                WHERE (i.user_id, i.id) = (\(Self.any("read_at IS NOT NULL AND id = ANY($5::text[]::uuid[])")))
                """),
        Sabotage(
            kind: .disordered,
            sql: """
                UPDATE inbox i SET seq = 1000000
                WHERE (i.user_id, i.id) = (\(Self.any("id = ANY($4::text[]::uuid[])")))
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
                        AND i.read_at IS NULL AND i.id = ANY($3::text[]::uuid[]) AND $4::text[] IS NOT NULL
                        AND $5::text[] IS NOT NULL LIMIT 1)
                """),
    ]

    private init(kind: Violation.Kind, sql: String) {
        self.kind = kind
        self.sql = sql
    }

    /// One that was delivered and not cancelled.
    private static func any(_ condition: String) -> String {
        """
        SELECT user_id, id FROM inbox
        WHERE user_id = ANY($1) AND id = ANY($2::text[]::uuid[]) AND $3::text[] IS NOT NULL AND $4::text[] IS NOT NULL
          AND $5::text[] IS NOT NULL AND state = 'delivered' AND \(condition)
          AND id NOT IN (SELECT id FROM cancellations)
        ORDER BY seq DESC LIMIT 1
        """
    }

    /// - Returns: how many rows it changed: 1, unless there is none of that kind.
    /// - Parameter observed: tells which ones the judge knows to have been accepted, to have been answered by `recalled`,
    ///   and to have been marked read: of what nobody was told it demands nothing.
    func run(on database: Database, users: [String], observed: Observed) async throws -> Int {
        let accepted = observed.sends.flatMap(\.acceptedIDs)
        let recalled = observed.cancels.filter { $0.answer == "recalled" }.map(\.id)
        let read = observed.marks.compactMap { mark -> String? in
            if mark.isMarked == true, case .read(let id) = mark.what { id } else { nil }
        }
        return try await database.pool.query(
            self.sql,
            [
                .textArray(users), .textArray(accepted), .textArray(recalled), .textArray(Self.firstOnes(observed)),
                .textArray(read),
            ]
        ).affected
    }

    /// Immediate ones that have two others behind them, as the judge tells order: where there is nothing behind one, no
    /// order is broken by moving it, and one of the two may be what another of these takes away.
    private static func firstOnes(_ observed: Observed) -> [String] {
        let there = Set(observed.rows.map(\.id))
        return Dictionary(grouping: observed.sends.filter { $0.schedule == nil }, by: \.user).values.flatMap { sends in
            let shown = sends.filter { send in send.acceptedIDs.first.map(there.contains) ?? false }
            return shown.filter { send in
                guard let accepted = send.acceptedAt else { return false }
                return shown.count { other in other.attempts.first.map { accepted < $0.began } ?? false } >= 2
            }.compactMap(\.acceptedIDs.first)
        }
    }
}
