internal import FoundationEssentials

/// What a service asked to be sent, read from the body and found to be in order; not yet given an id or a time.
public struct Draft: Sendable, Hashable {
    public var userID: String
    public var content: Notification.Content
    public var schedule: Instant?
    public var expiresAt: Instant?

    /// The largest of each as it is sent, in bytes of UTF-8 unless said otherwise.
    public enum Limit {
        public static let userID = 128
        public static let message = 4_096
        public static let title = 256
        public static let actionURL = 2_048
        /// As compact JSON.
        public static let data = 4_096
        public static let idempotencyKey = 255
        /// Notifications in one batch.
        public static let batch = 1_000
    }

    /// Reads one notification and names every fault that it has, not just the first. Whatever people will see of it is
    /// made inert here, and only here (P7).
    ///
    /// - Parameters:
    ///   - types: the registered event types by name.
    ///   - hosts: where an `action_url` may lead.
    ///   - now: what a schedule is held against; one that is not later is a fault.
    public static func read(
        _ json: JSONValue, types: [String: EventType], hosts: AllowedHosts, now: Instant
    ) -> Result<Draft, Faults> {
        guard case .object(let members) = json else {
            return .failure(Faults([Fault("", .wrongType, "a notification is a JSON object")]))
        }
        var reader = MemberReader(members)
        let userID = reader.requiredText("user_id", limit: Limit.userID)
        let eventType = reader.requiredText("event_type", limit: 64)
        let message = reader.requiredPlainText("message", limit: Limit.message)
        let title = reader.plainLine("title", limit: Limit.title)
        let actionURL = reader.text("action_url", limit: Limit.actionURL)
        let priority = reader.text("priority", limit: 16)
        let data = reader.plainObject("data", limit: Limit.data)
        let schedule = reader.time("schedule")
        let expiresAt = reader.time("expires_at")
        reader.refuseTheRest()

        if let eventType {
            switch types[eventType] {
            case nil: reader.fault("event_type", .unknownEventType, "no event type of this name is registered")
            case .some(let type) where type.isDisabled:
                reader.fault("event_type", .disabledEventType, "this event type is disabled")
            case .some: break
            }
        }
        if let actionURL {
            switch ActionURL(actionURL) {
            case nil:
                reader.fault(
                    "action_url", .badURL,
                    "an https or http URL, or a path that begins with one slash; other characters percent-encoded")
            case .some(let url) where !hosts.allow(url):
                reader.fault("action_url", .hostNotAllowed, "links to this host are not allowed here")
            case .some: break
            }
        }
        if let priority, Priority(rawValue: priority) == nil {
            reader.fault("priority", .unknownPriority, "one of low, normal, high, critical")
        }
        if let schedule, schedule <= now { reader.fault("schedule", .inThePast, "the schedule is not in the future") }
        if let expiresAt {
            if expiresAt <= now {
                reader.fault("expires_at", .inThePast, "it would have expired already")
            } else if let schedule, expiresAt <= schedule {
                reader.fault("expires_at", .beforeDue, "it would expire before it is due")
            }
        }
        guard reader.faults.isEmpty, let userID, let eventType, let message else {
            return .failure(Faults(reader.faults))
        }
        return .success(
            Draft(
                userID: userID,
                content: Notification.Content(
                    eventType: eventType, message: message, title: title, actionURL: actionURL,
                    priority: priority.flatMap(Priority.init(rawValue:)) ?? .normal, data: data),
                schedule: schedule, expiresAt: expiresAt))
    }

    /// Reads the body of a reschedule: `{"schedule": "…"}` and nothing else.
    public static func readSchedule(_ json: JSONValue, now: Instant) -> Result<Instant, Faults> {
        guard case .object(let members) = json else {
            return .failure(Faults([Fault("", .wrongType, "a reschedule is a JSON object")]))
        }
        var reader = MemberReader(members)
        let schedule = reader.time("schedule")
        reader.refuseTheRest()
        if let schedule {
            if schedule <= now { reader.fault("schedule", .inThePast, "the schedule is not in the future") }
        } else if !reader.faults.contains(where: { $0.pointer == "/schedule" }) {
            reader.fault("schedule", .required, "is required")
        }
        guard reader.faults.isEmpty, let schedule else { return .failure(Faults(reader.faults)) }
        return .success(schedule)
    }

    /// The fault of an `Idempotency-Key`, if it has one: 1 to 255 printable ASCII characters are in order.
    public static func fault(inIdempotencyKey key: String, at pointer: String) -> Fault? {
        let isGood =
            (1...Limit.idempotencyKey).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        return isGood ? nil : Fault(pointer, .badKey, "an idempotency key has 1 to 255 printable ASCII characters")
    }
}

/// Everything that is wrong with one input.
public struct Faults: Error, Sendable, Hashable {
    public let all: [Fault]

    public init(_ all: [Fault]) {
        self.all = all
    }
}
