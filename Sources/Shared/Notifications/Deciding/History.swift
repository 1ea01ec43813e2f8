/// What the stores know of one notification, gathered; and what follows from it: its state and its trail (P8).
public struct History: Sendable, Hashable {
    public var pending: Pending?
    public var decision: Decision?
    public var tombstone: Tombstone?
    public var deadLetters: [Dead]
    public var rescheduledAt: Instant?
    /// When a request with another body came in under the same `Idempotency-Key`.
    public var otherBodyAt: Instant?
    /// When the first request under its `Idempotency-Key` was accepted.
    public var keyedAt: Instant?

    public init(
        pending: Pending? = nil, decision: Decision? = nil, tombstone: Tombstone? = nil, deadLetters: [Dead] = [],
        rescheduledAt: Instant? = nil, otherBodyAt: Instant? = nil, keyedAt: Instant? = nil
    ) {
        self.pending = pending
        self.decision = decision
        self.tombstone = tombstone
        self.deadLetters = deadLetters
        self.rescheduledAt = rescheduledAt
        self.otherBodyAt = otherBodyAt
        self.keyedAt = keyedAt
    }

    /// It is in the outbox.
    public struct Pending: Sendable, Hashable {
        public var notification: Notification
        public var scheduledAt: Instant

        public init(notification: Notification, scheduledAt: Instant) {
            self.notification = notification
            self.scheduledAt = scheduledAt
        }
    }

    /// It is in the inbox table, delivered or not.
    public struct Decision: Sendable, Hashable {
        public var notification: Notification
        public var outcome: Outcome
        public var decidedAt: Instant
        public var readAt: Instant?
        public var seq: Int64
        public var seenAt: Instant?
        public var archivedAt: Instant?

        public init(
            notification: Notification, outcome: Outcome, decidedAt: Instant, readAt: Instant?, seq: Int64,
            seenAt: Instant? = nil, archivedAt: Instant? = nil
        ) {
            self.notification = notification
            self.outcome = outcome
            self.decidedAt = decidedAt
            self.readAt = readAt
            self.seq = seq
            self.seenAt = seenAt
            self.archivedAt = archivedAt
        }
    }

    public enum Outcome: Sendable, Hashable {
        case delivered
        case expired
        case suppressed(reason: String)

        public var state: State {
            switch self {
            case .delivered: .delivered
            case .expired: .expired
            case .suppressed(let reason): .suppressed(reason: reason)
            }
        }
    }

    /// Its sender asked for it to be cancelled.
    public struct Tombstone: Sendable, Hashable {
        public var requestedAt: Instant
        /// `nil` until decided.
        public var answer: CancelAnswer?
        public var decidedAt: Instant?
        /// What was cancelled, once it was met somewhere.
        public var notification: Notification?
        public var scheduledAt: Instant?

        public init(
            requestedAt: Instant, answer: CancelAnswer?, decidedAt: Instant?, notification: Notification?,
            scheduledAt: Instant?
        ) {
            self.requestedAt = requestedAt
            self.answer = answer
            self.decidedAt = decidedAt
            self.notification = notification
            self.scheduledAt = scheduledAt
        }
    }

    /// A record of it could not be processed.
    public struct Dead: Sendable, Hashable {
        public var at: Instant
        public var reason: String
        /// `topic/partition/offset`.
        public var origin: String
        public var notification: Notification?
        /// What an operator did about it, and when; `nil` while it is open.
        public var settled: Settled?

        public init(
            at: Instant, reason: String, origin: String, notification: Notification?, settled: Settled? = nil
        ) {
            self.at = at
            self.reason = reason
            self.origin = origin
            self.notification = notification
            self.settled = settled
        }

        public enum Settled: Sendable, Hashable {
            /// It was sent on its way again.
            case replayed(Instant)
            /// It stays a dead letter.
            case discarded(Instant)
        }
    }
}

extension History.Dead {
    /// It is on its way again, so it is no end any more.
    var isReplayed: Bool { if case .replayed = self.settled { true } else { false } }
}

/// What a `DELETE` was answered, for ever (P3).
public enum CancelAnswer: String, Sendable {
    /// Nobody saw it, and nobody ever will.
    case cancelled
    /// It was visible; from now on it is not.
    case recalled
}

extension CancelAnswer {
    public var state: State { self == .recalled ? .recalled : .cancelled }
}

extension History {
    /// `nil` where nothing has stored the id yet.
    ///
    /// What was decided without delivering stays so. A tombstone comes before a delivery: one that raced it is never
    /// visible. A decision comes before the outbox row, which a poller deletes only after it has published.
    public var state: State? {
        switch self.decision?.outcome {
        case .expired: return .expired
        case .suppressed(let reason): return .suppressed(reason: reason)
        case .delivered:
            // Without an answer yet, it may have been visible until the tombstone came.
            if let tombstone = self.tombstone { return (tombstone.answer ?? .recalled).state }
            return self.decision?.readAt == nil ? .delivered : .read
        case nil: break
        }
        if let tombstone = self.tombstone { return (tombstone.answer ?? .cancelled).state }
        if self.pending != nil { return .scheduled }
        if self.deadLetters.contains(where: { !$0.isReplayed }) { return .deadLettered }
        if !self.deadLetters.isEmpty { return .accepted }
        // Between the outbox and the inbox it is in Kafka alone; what else was kept of it tells at least that.
        if self.rescheduledAt != nil { return .claimed }
        return self.keyedAt == nil ? nil : .accepted
    }

    /// The fullest record that is left of it.
    public var notification: Notification? {
        self.decision?.notification ?? self.pending?.notification ?? self.tombstone?.notification
            ?? self.deadLetters.lazy.compactMap(\.notification).first
    }

    /// One thing that happened.
    public struct Step: Sendable, Hashable {
        public let at: Instant
        public let event: String
        public let detail: String?
        /// How long after its due time a scheduled one was claimed or delivered, by Postgres' clock.
        public let lateMicroseconds: Int64?

        public init(at: Instant, event: String, detail: String? = nil, lateMicroseconds: Int64? = nil) {
            self.at = at
            self.event = event
            self.detail = detail
            self.lateMicroseconds = lateMicroseconds
        }
    }

    /// What happened to it, in the order in which it did.
    public var trail: [Step] {
        var steps: [Step] = []
        if self.notification == nil, let keyedAt = self.keyedAt { steps.append(Step(at: keyedAt, event: "accepted")) }
        if let notification = self.notification {
            steps.append(Step(at: notification.acceptedAt, event: "accepted"))
            if let claimedAt = notification.claimedAt {
                steps.append(Self.step("claimed", at: claimedAt, of: notification))
            }
        }
        if let scheduledAt = self.pending?.scheduledAt ?? self.tombstone?.scheduledAt {
            steps.append(Step(at: scheduledAt, event: "scheduled", detail: self.firstDue))
        } else if let notification = self.notification, notification.isScheduled {
            // The outbox row is gone by now; the time of acceptance is the nearest that is left.
            steps.append(Step(at: notification.acceptedAt, event: "scheduled", detail: self.firstDue))
        }
        if let rescheduledAt = self.rescheduledAt {
            steps.append(
                Step(at: rescheduledAt, event: "rescheduled", detail: self.notification.map { "to \($0.dueAt)" }))
        }
        if let otherBodyAt = self.otherBodyAt {
            steps.append(
                Step(
                    at: otherBodyAt, event: "repeated",
                    detail: "the same idempotency key came with another body; the first one counts"))
        }
        if let decision = self.decision {
            switch decision.outcome {
            // One that a tombstone hides from the start was put into the table, but never before anybody's eyes.
            case .delivered where self.tombstone?.answer == .cancelled: break
            case .delivered: steps.append(Self.step("delivered", at: decision.decidedAt, of: decision.notification))
            case .expired:
                steps.append(Step(at: decision.decidedAt, event: "expired", detail: "before it was delivered"))
            case .suppressed(let reason):
                steps.append(Step(at: decision.decidedAt, event: "suppressed", detail: reason))
            }
            // Reading is seeing: where both were one act, it is one step.
            if let seenAt = decision.seenAt, seenAt != decision.readAt {
                steps.append(Step(at: seenAt, event: "seen"))
            }
            if let readAt = decision.readAt { steps.append(Step(at: readAt, event: "read")) }
            if let archivedAt = decision.archivedAt { steps.append(Step(at: archivedAt, event: "archived")) }
        }
        for dead in self.deadLetters {
            steps.append(Step(at: dead.at, event: "dead-lettered", detail: "\(dead.reason) (\(dead.origin))"))
            switch dead.settled {
            case .replayed(let at): steps.append(Step(at: at, event: "replayed", detail: dead.origin))
            case .discarded(let at): steps.append(Step(at: at, event: "discarded", detail: dead.origin))
            case nil: break
            }
        }
        if let tombstone = self.tombstone {
            steps.append(
                Step(
                    at: tombstone.decidedAt ?? tombstone.requestedAt, event: tombstone.answer?.rawValue ?? "cancelling")
            )
        }
        return steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// The time that it was first scheduled for, as long as it was never moved: only the last one is kept.
    private var firstDue: String? {
        self.rescheduledAt == nil ? self.notification.map { "for \($0.dueAt)" } : nil
    }

    /// A step that tells how late it came, where there was a time to be late for.
    private static func step(_ event: String, at: Instant, of notification: Notification) -> Step {
        guard notification.isScheduled else { return Step(at: at, event: event) }
        let late = at.microseconds - notification.dueAt.microseconds
        return Step(at: at, event: event, detail: "\(late / 1_000) ms after it was due", lateMicroseconds: late)
    }
}
