internal import Postgres

/// How many dead letters nobody has settled.
public enum CountOpenDeadLetters {
    /// Index: `dead_letters_open (recorded_at DESC) WHERE settled IS NULL`, read alone.
    private static let sql = "SELECT count(*) AS open FROM dead_letters WHERE settled IS NULL"

    public static func run(on store: some Querying) async throws -> Int64 {
        try await store.query(PostgresStatement(Self.sql)).first?.decode("open", as: Int64.self) ?? 0
    }
}
