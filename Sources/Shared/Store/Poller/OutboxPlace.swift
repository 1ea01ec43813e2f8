internal import FoundationEssentials
public import Notifications

/// A place in the order in which a shard is claimed: by due time, then by id. A UUIDv7 begins with the time of its
/// acceptance, so those for the same moment come in the order in which they were accepted.
public struct OutboxPlace: Sendable, Hashable, Comparable {
    public let dueAt: Instant
    public let id: NotificationID

    public init(dueAt: Instant, id: NotificationID) {
        self.dueAt = dueAt
        self.id = id
    }

    /// Before all that are due at this time.
    public init(before dueAt: Instant) {
        self.init(dueAt: dueAt, id: Self.lowestID)
    }

    /// Before every place there is: 1970-01-01.
    public static let beginning = Self(before: Instant(microseconds: 0))

    private static let lowestID = NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0, count: 16)))

    /// Ids byte by byte, as Postgres compares them.
    public static func < (one: Self, other: Self) -> Bool {
        guard one.dueAt == other.dueAt else { return one.dueAt < other.dueAt }
        return one.id.bytes.lexicographicallyPrecedes(other.id.bytes)
    }
}
