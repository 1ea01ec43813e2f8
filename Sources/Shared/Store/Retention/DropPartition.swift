public import Notifications
public import Postgres

/// Drops a table that was detached. Nobody reads it any more, so that its lock is in nobody's way.
public enum DropPartition {
    /// In one transaction: it is dropped only if it still is what it was taken for, however long ago that was read.
    ///
    /// - Returns: false where it is attached again, or no longer marked.
    public static func run(_ partition: InboxPartition, on connection: PostgresConnection) async throws -> Bool {
        try await connection.transaction { connection in
            let isStill = try await ListInboxPartitions.run(on: connection).contains {
                $0.name == partition.name && $0.attachment == .detached && $0.isRetired && $0.end == partition.end
            }
            guard isStill else { return false }
            try await connection.execute(script: "DROP TABLE \(partition.name)")
            return true
        }
    }
}
