public import Notifications
public import Postgres

/// Brings a detaching to its end that was left half: by a lock that did not come in time, or by a crash.
public enum FinishDetach {
    /// It waits for snapshots that are older than the first half, no longer than the `lock_timeout`.
    ///
    /// - Parameter connection: outside of a transaction, prepared by `KeeperSession`.
    public static func run(_ partition: InboxPartition, on connection: PostgresConnection) async throws {
        try await connection.execute(script: "ALTER TABLE inbox DETACH PARTITION \(partition.name) FINALIZE")
    }
}
