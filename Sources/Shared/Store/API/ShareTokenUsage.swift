public import FoundationEssentials
internal import Postgres

/// Writes down what one replica of the API let through for each token in a minute, and reads what the others did.
public enum ShareTokenUsage {
    /// Index: the primary key of `token_usage`, `(token_id, minute, replica)`; none for the sweep, which reads the table
    /// whole: it holds minutes. `SKIP LOCKED`, so that two replicas that sweep don't wait for each other.
    private static let sql = """
        WITH swept AS (
            DELETE FROM token_usage u USING (
                SELECT token_id, minute, replica FROM token_usage WHERE minute < to_timestamp($2) - interval '2 minutes'
                FOR UPDATE SKIP LOCKED) old
            WHERE (u.token_id, u.minute, u.replica) = (old.token_id, old.minute, old.replica)
        ), told AS (
            INSERT INTO token_usage (token_id, minute, replica, requests)
            SELECT token_id, to_timestamp($2), $1, requests
            FROM unnest($3::uuid[], $4::bigint[]) AS own (token_id, requests) WHERE requests > 0
            ON CONFLICT (token_id, minute, replica) DO UPDATE SET requests = excluded.requests
            WHERE token_usage.requests <> excluded.requests
        )
        SELECT token_id, sum(requests)::bigint AS requests FROM token_usage
        WHERE token_id = ANY($3::uuid[]) AND minute = to_timestamp($2) AND replica <> $1
        GROUP BY token_id
        """

    /// - Parameters:
    ///   - usage: the limited tokens with what this replica let through; those of 0 are only asked about.
    ///   - minute: minutes since 1970.
    public static func run(
        of usage: [(token: UUID, requests: Int)], in minute: Int64, by replica: UUID, on store: some Querying
    ) async throws -> [UUID: Int] {
        try await store.query(
            PostgresStatement(
                Self.sql,
                [
                    .uuid(replica), .float8(Double(minute * 60)), .uuidArray(usage.map(\.token)),
                    .int8Array(usage.map { Int64($0.requests) }),
                ])
        ).reduce(into: [:]) { others, row in
            others[try row.decode("token_id", as: UUID.self)] = Int(try row.decode("requests", as: Int64.self))
        }
    }
}
