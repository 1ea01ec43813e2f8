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
    public var recordedBefore: Instant?

    public init(
        standing: Standing? = nil, topic: String? = nil, reason: String? = nil, userID: String? = nil,
        id: NotificationID? = nil, service: String? = nil, recordedSince: Instant? = nil,
        recordedBefore: Instant? = nil
    ) {
        self.standing = standing
        self.topic = topic
        self.reason = reason
        self.userID = userID
        self.id = id
        self.service = service
        self.recordedSince = recordedSince
        self.recordedBefore = recordedBefore
    }

    /// What `parameters` narrow, as a condition on `dead_letters d`. The standing is part of the text, so that the partial
    /// indexes serve.
    var condition: String {
        let standing =
            switch self.standing {
            case nil: "true"
            case .open: "d.settled IS NULL"
            case .settled(let settlement): "d.settled = '\(settlement.rawValue)'"
            }
        return """
            \(standing)
              AND ($1::text IS NULL OR d.topic = $1)
              AND ($2::text IS NULL OR position(lower($2) IN lower(d.reason)) > 0)
              AND ($3::text IS NULL OR d.user_id = $3)
              AND ($4::uuid IS NULL OR d.id = $4)
              AND ($5::text IS NULL OR d.service_id = (SELECT s.id FROM services s WHERE s.name = $5))
              AND ($6::timestamptz IS NULL OR d.recorded_at >= $6)
              AND ($7::timestamptz IS NULL OR d.recorded_at < $7)
            """
    }

    var parameters: [PostgresValue] {
        [
            .text(self.topic), .text(self.reason), .text(self.userID), .uuid(self.id?.uuid), .text(self.service),
            .instant(self.recordedSince), .instant(self.recordedBefore),
        ]
    }
}
