public import FoundationEssentials

/// One notification for one recipient, as it travels through the pipeline.
public struct Notification: Sendable, Hashable {
    public var id: NotificationID
    /// The service that sent it, and alone may see, move or cancel it.
    public var service: UUID
    public var userID: String
    public var content: Content
    public var acceptedAt: Instant
    /// The schedule, or else the acceptance time. It travels in the event, so that a redelivery meets the same inbox key.
    public var dueAt: Instant
    public var isScheduled: Bool
    public var expiresAt: Instant?
    /// Counts reschedules, from 0. Events below the lowest valid revision of their id are dropped.
    public var revision: Int32
    /// When a poller took it out of the outbox, by Postgres' clock.
    public var claimedAt: Instant?
    /// Set where the sender gave an `Idempotency-Key`: new with every request, it tells the first from its repeats.
    public var request: UUID?
    public var trace: TraceContext?
    /// Fields that a newer version of the wire format added, carried along untouched.
    public var unknownFields: [UInt8]

    public init(
        id: NotificationID, service: UUID, userID: String, content: Content, acceptedAt: Instant, dueAt: Instant,
        isScheduled: Bool, expiresAt: Instant? = nil, revision: Int32 = 0, claimedAt: Instant? = nil,
        request: UUID? = nil, trace: TraceContext? = nil, unknownFields: [UInt8] = []
    ) {
        self.id = id
        self.service = service
        self.userID = userID
        self.content = content
        self.acceptedAt = acceptedAt
        self.dueAt = dueAt
        self.isScheduled = isScheduled
        self.expiresAt = expiresAt
        self.revision = revision
        self.claimedAt = claimedAt
        self.request = request
        self.trace = trace
        self.unknownFields = unknownFields
    }

    /// What the recipient sees.
    public struct Content: Sendable, Hashable {
        public var eventType: String
        public var message: String
        public var title: String?
        public var actionURL: String?
        public var priority: Priority
        /// A JSON object as text.
        public var data: String?

        public init(
            eventType: String, message: String, title: String? = nil, actionURL: String? = nil,
            priority: Priority = .normal, data: String? = nil
        ) {
            self.eventType = eventType
            self.message = message
            self.title = title
            self.actionURL = actionURL
            self.priority = priority
            self.data = data
        }
    }
}
