public import Notifications
public import Postgres

/// Takes a partition out of the inbox without a lock that a reader or writer would notice.
public enum DetachPartition {
    /// The mark comes first: whoever finds the table detached knows that it is to be dropped, and what it held.
    ///
    /// `CONCURRENTLY` runs in two transactions. The first one marks the partition as pending; then it waits for all who
    /// may still use it, on nobody's way, and the second one cuts it off. Where the wait takes longer than the
    /// `lock_timeout` it stays pending, unseen by whoever comes, for `FinishDetach` to take up.
    ///
    /// - Parameter connection: outside of a transaction, prepared by `KeeperSession`.
    public static func run(_ partition: InboxPartition, on connection: PostgresConnection) async throws {
        try await MarkRetired.run(partition, on: connection)
        // Postgres itself has quoted the name, and DDL takes no parameters.
        try await connection.execute(script: "ALTER TABLE inbox DETACH PARTITION \(partition.name) CONCURRENTLY")
    }
}

enum MarkRetired {
    static func run(_ partition: InboxPartition, on connection: PostgresConnection) async throws {
        let schema = try await connection.query(
            """
            SELECT quote_ident(n.nspname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = 'inbox'::regclass
            """)[0].decode("name", as: String.self)
        let bounds = [("from", partition.start), ("to", partition.end)].compactMap { word, bound in
            // Infinity is no number of microseconds; without a word it is no bound.
            bound.flatMap { [.min, .max].contains($0.microseconds) ? nil : "\(word) \($0.microseconds)" }
        }
        let mark = "\(ListInboxPartitions.mark)\(schema) \(bounds.joined(separator: " "))"
        try await connection.execute(
            script: "COMMENT ON TABLE \(partition.name) IS '\(mark.replacing("'", with: "''"))'")
    }
}
