internal import FoundationEssentials
internal import Notifications
internal import Postgres

extension PostgresValue {
    static func instant(_ instant: Instant?) -> PostgresValue {
        .timestamptz(microsecondsSinceUnixEpoch: instant?.microseconds)
    }

    static func instants(_ instants: [Instant?]) -> PostgresValue {
        .timestamptzArray(instants.map { $0?.microseconds })
    }

    static func ids(_ ids: [NotificationID]) -> PostgresValue { .uuidArray(ids.map(\.uuid)) }
}

extension PostgresRow {
    func instant(_ column: String) throws -> Instant {
        Instant(microseconds: try self.decode(column, as: PostgresTimestamp.self).microsecondsSinceUnixEpoch)
    }

    func optionalInstant(_ column: String) throws -> Instant? {
        try self.decode(column, as: PostgresTimestamp?.self).map {
            Instant(microseconds: $0.microsecondsSinceUnixEpoch)
        }
    }

    func instant(_ position: Int) throws -> Instant {
        Instant(microseconds: try self.decode(position, as: PostgresTimestamp.self).microsecondsSinceUnixEpoch)
    }

    func optionalInstant(_ position: Int) throws -> Instant? {
        try self.decode(position, as: PostgresTimestamp?.self).map {
            Instant(microseconds: $0.microsecondsSinceUnixEpoch)
        }
    }

    func id(_ column: String) throws -> NotificationID {
        NotificationID(uuid: try self.decode(column, as: UUID.self))
    }

    func trace(_ column: String) throws -> TraceContext? {
        try self.decode(column, as: String?.self).flatMap { TraceContext($0) }
    }
}
