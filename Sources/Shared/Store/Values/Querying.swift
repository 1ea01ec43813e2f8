public import Notifications
public import Postgres

/// Where a statement can run: on a connection inside a transaction, or on the pool.
public protocol Querying: Sendable {
    func query(_ statement: PostgresStatement) async throws -> PostgresRows
}

extension PostgresPool: Querying {}
extension PostgresConnection: Querying {}

/// Reads the payload of an outbox row or a tombstone. The wire format is not the Store's to know.
public typealias PayloadReader = @Sendable (_ payload: [UInt8], _ trace: TraceContext?) throws -> Notification
