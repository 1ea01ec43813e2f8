import Postgres

/// What the hot tables hold and leave behind, their partitions together.
struct TableSize: Sendable, Equatable {
    /// As Postgres' statistics have it, which are up to a second late.
    let deadRows: Double
    /// With its indexes.
    let mebibytes: Double

    /// Those that rows leave again, or that are updated in place; the inbox itself grows by what is delivered.
    static let hot = ["outbox", "inbox_heads", "inbox_requests"]

    static func current(on pool: PostgresPool) async throws -> [String: TableSize] {
        let rows = try await pool.query(
            """
            SELECT relname::text AS name, n_dead_tup::float8 AS dead,
                pg_total_relation_size(relid)::float8 / 1048576 AS mebibytes
            FROM pg_stat_user_tables WHERE relname = ANY ($1)
            """, [.textArray(Self.hot)])
        return try rows.reduce(into: [:]) {
            $0[try $1.decode("name", as: String.self)] = TableSize(
                deadRows: try $1.decode("dead", as: Double.self),
                mebibytes: try $1.decode("mebibytes", as: Double.self))
        }
    }
}
