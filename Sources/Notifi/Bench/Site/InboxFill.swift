import Foundation
import Notifications
import Postgres

/// Fills an inbox with many rows, evenly over the weeks of the last four and this one.
///
/// Each week's table is filled before it is attached, so that its indexes are built at once and not row by row.
struct InboxFill: Sendable {
    let rows: Int
    var rowsPerUser = 2
    let service: UUID

    var users: Int { max(1, self.rows / self.rowsPerUser) }

    /// Those of the last month, this week's last.
    static func weeks(at now: Instant) -> [Week] {
        let this = Week(of: now).number
        return (this - 4...this).map { Week(number: $0) }
    }

    func run(at now: Instant, on pool: PostgresPool) async throws {
        let weeks = Self.weeks(at: now)
        for (place, week) in weeks.enumerated() {
            let first = self.rows * place / weeks.count
            try await self.fill(week, rows: first..<self.rows * (place + 1) / weeks.count, until: now, on: pool)
        }
        try await pool.withConnection { connection in
            _ = try await connection.query(
                """
                INSERT INTO inbox_heads (user_id, version)
                SELECT 'user-' || n, (extract(epoch FROM clock_timestamp()) * 1000000)::int8
                FROM generate_series(0, $1::int8 - 1) AS n
                """, [.int8(Int64(self.users))])
            // Hint bits and statistics are not to be made while something is measured.
            try await connection.execute(script: "VACUUM (ANALYZE) inbox")
            try await connection.execute(script: "VACUUM (ANALYZE) inbox_heads")
        }
    }

    private func fill(_ week: Week, rows: Range<Int>, until now: Instant, on pool: PostgresPool) async throws {
        let table = week.partitionName
        let end = min(week.end, now)
        try await pool.withConnection { connection in
            try await connection.execute(
                script: "CREATE TABLE \(table) (LIKE inbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
            _ = try await connection.query(
                """
                INSERT INTO \(table) (
                    user_id, id, due_at, state, seq, service_id, event_type, priority, message, scheduled, revision,
                    accepted_at, delivered_at)
                SELECT 'user-' || n % $3::int8, gen_random_uuid(), at, 'delivered',
                    (extract(epoch FROM at) * 1000000)::int8, $4::uuid, 'status_change', 'normal', $5::text, false, 0,
                    at, at
                FROM (
                    SELECT n, $6::timestamptz + ($7::timestamptz - $6::timestamptz) * ((n - $1::int8) / $8::float8) AS at
                    FROM generate_series($1::int8, $2::int8 - 1) AS n) AS rows
                """,
                [
                    .int8(Int64(rows.lowerBound)), .int8(Int64(rows.upperBound)), .int8(Int64(self.users)),
                    .uuid(self.service), .text(BenchTraffic.message(42)),
                    .timestamptz(microsecondsSinceUnixEpoch: week.start.microseconds),
                    .timestamptz(microsecondsSinceUnixEpoch: end.microseconds), .float8(Double(rows.count)),
                ])
            try await connection.execute(
                script: """
                    ALTER TABLE inbox ATTACH PARTITION \(table)
                        FOR VALUES FROM ('\(week.start)') TO ('\(week.end)')
                    """)
        }
    }
}
