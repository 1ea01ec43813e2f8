public import Notifications
public import Postgres

/// Takes the mark off a partition that was to be detached and is not: what people detach later is never dropped.
public enum KeepPartition {
    /// In one transaction: what is detached meanwhile, or pending, keeps its mark.
    ///
    /// - Returns: false where there is no mark on an attached one.
    @discardableResult
    public static func run(_ partition: InboxPartition, on connection: PostgresConnection) async throws -> Bool {
        try await connection.transaction { connection in
            let isMarked = try await ListInboxPartitions.run(on: connection).contains {
                $0.name == partition.name && $0.attachment == .attached && $0.isRetired
            }
            guard isMarked else { return false }
            // Postgres itself has quoted the name, and DDL takes no parameters.
            try await connection.execute(script: "COMMENT ON TABLE \(partition.name) IS NULL")
            return true
        }
    }
}
