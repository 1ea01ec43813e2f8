public import Notifications
internal import Postgres

/// Which dead letters are meant. What is `nil` does not narrow them.
public struct DeadLetterFilter: Sendable, Hashable {
    public enum Standing: Sendable, Hashable {
        case open
        case settled(Settlement)
    }

    public var standing: Standing?
    public var topic: String?
    /// Any part of the reason, in either case.
    public var reason: String?
    public var userID: String?
    public var id: NotificationID?
    /// The name of the sending service.
    public var service: String?
    public var recordedSince: Instant?

    public init(
        standing: Standing? = nil, topic: String? = nil, reason: String? = nil, userID: String? = nil,
        id: NotificationID? = nil, service: String? = nil, recordedSince: Instant? = nil
    ) {
        self.standing = standing
        self.topic = topic
        self.reason = reason
        self.userID = userID
        self.id = id
        self.service = service
        self.recordedSince = recordedSince
    }

    /// What `parameters` narrow, as a condition on `dead_letters d`.
    static let condition = """
        ($1::text IS NULL OR coalesce(d.settled, 'open') = $1)
          AND ($2::text IS NULL OR d.topic = $2)
          AND ($3::text IS NULL OR position(lower($3) IN lower(d.reason)) > 0)
          AND ($4::text IS NULL OR d.user_id = $4)
          AND ($5::uuid IS NULL OR d.id = $5)
          AND ($6::text IS NULL OR d.service_id = (SELECT s.id FROM services s WHERE s.name = $6))
          AND ($7::timestamptz IS NULL OR d.recorded_at >= $7)
        """

    var parameters: [PostgresValue] {
        var standing: String?
        switch self.standing {
        case nil: break
        case .open: standing = "open"
        case .settled(let settlement): standing = settlement.rawValue
        }
        return [
            .text(standing), .text(self.topic), .text(self.reason), .text(self.userID), .uuid(self.id?.uuid),
            .text(self.service), .instant(self.recordedSince),
        ]
    }
}
