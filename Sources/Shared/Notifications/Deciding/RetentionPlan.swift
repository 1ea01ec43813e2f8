/// Decides what a look at the inbox's partitions leads to, and up to when other tables may be pruned.
///
/// Nothing goes that either clock takes for younger than the retention: the earlier one of Postgres' and the daemon's
/// counts. Where that clock has jumped since the last look, nothing goes until it has gone on evenly for one interval, so
/// that a jump which somebody corrects meanwhile costs nothing.
public struct RetentionPlan: Sendable, Hashable {
    /// What was found.
    public struct View: Sendable {
        public var partitions: [InboxPartition]
        public var postgresNow: Instant
        public var daemonNow: Instant
        /// `nil` where nobody ever looked.
        public var lastLook: Look?

        public init(partitions: [InboxPartition], postgresNow: Instant, daemonNow: Instant, lastLook: Look?) {
            self.partitions = partitions
            self.postgresNow = postgresNow
            self.daemonNow = daemonNow
            self.lastLook = lastLook
        }
    }

    /// To be kept in the database from look to look.
    public struct Look: Sendable, Hashable {
        public var at: Instant
        /// Since when the clocks have gone on without a jump.
        public var steadySince: Instant

        public init(at: Instant, steadySince: Instant) {
            self.at = at
            self.steadySince = steadySince
        }
    }

    public struct Settings: Sendable {
        public var retentionDays: Int64
        public var topicRetentionDays: Int64
        /// Between two looks.
        public var intervalSeconds: Int64

        public init(retentionDays: Int64, topicRetentionDays: Int64, intervalSeconds: Int64) {
            self.retentionDays = retentionDays
            self.topicRetentionDays = topicRetentionDays
            self.intervalSeconds = intervalSeconds
        }
    }

    public enum Action: Sendable, Hashable {
        /// Make what is missing of it.
        case create(Week)
        /// Bring a detaching to its end that was left half.
        case finishDetach(InboxPartition)
        /// It was detached by a clock that has been corrected, or the retention is longer now.
        case reattach(InboxPartition)
        /// It was to be detached, is attached all the same, and stays: should people detach it, it is theirs.
        case keep(InboxPartition)
        case detach(InboxPartition)
        /// Detached before, or by the action right before this one.
        case drop(InboxPartition)
    }

    /// Why nothing goes at this look.
    public enum Hold: Sendable, Hashable {
        case firstLook
        case clockJumped(seconds: Int64)
        /// A jump is not yet an interval ago.
        case settling
        /// Postgres' clock is so much ahead of the daemon's.
        case clocksApart(seconds: Int64)
        /// As long as there is one, Postgres detaches nothing concurrently.
        case defaultPartition(String)
    }

    /// In the order in which they are to be done.
    public let actions: [Action]
    public let hold: Hold?
    /// To be stored.
    public let look: Look
    /// `nil` while the clocks are not to be trusted.
    public let cutoffs: RetentionCutoffs?

    /// How far a clock may be set without a hold. Holding costs one interval, and dropping too early all that is dropped.
    static let largestStepBackwards: Int64 = 600
    static let farApart: Int64 = 86_400

    public init(_ view: View, _ settings: Settings) {
        let now = min(view.postgresNow, view.daemonNow)
        let clocks = Self.judge(view, now: now, settings)
        self.look = clocks.look
        let cutoffs = RetentionCutoffs(view.partitions, now: now, settings)
        self.cutoffs = clocks.hold == nil ? cutoffs : nil
        let blocking = view.partitions.first { $0.isDefault && $0.attachment != .detached }
        self.hold = clocks.hold ?? blocking.map { .defaultPartition($0.name) }

        var actions: [Action] = []
        let ordered = view.partitions.sorted { ($0.end ?? .max, $0.name) < ($1.end ?? .max, $1.name) }
        for partition in ordered {
            let isOld = partition.isWholly(before: cutoffs.inbox)
            if partition.attachment == .pending { actions.append(.finishDetach(partition)) }
            if partition.attachment != .attached, partition.isRetired, !isOld { actions.append(.reattach(partition)) }
            let isGoing = isOld && self.hold == nil
            if partition.attachment == .attached, partition.isRetired, !isGoing { actions.append(.keep(partition)) }
        }
        actions += Self.weeks(view).filter { !$0.gaps(besides: view.partitions).isEmpty }.map { .create($0) }
        if clocks.hold == nil {
            for partition in ordered where partition.isWholly(before: cutoffs.inbox) {
                if partition.attachment == .attached {
                    guard blocking == nil else { continue }
                    actions.append(.detach(partition))
                }
                if partition.attachment == .attached || partition.isRetired { actions.append(.drop(partition)) }
            }
        }
        self.actions = actions
    }

    /// Those that either clock takes for the present and the near future.
    private static func weeks(_ view: View) -> [Week] {
        let present = [Week(of: view.postgresNow), Week(of: view.daemonNow)]
        return Set(present.flatMap { week in (0..<Int64(Week.ahead)).map { Week(number: week.number + $0) } }).sorted()
    }

    private static func judge(_ view: View, now: Instant, _ settings: Settings) -> (look: Look, hold: Hold?) {
        let apart = (view.postgresNow.microseconds - view.daemonNow.microseconds) / 1_000_000
        let fresh = Look(at: now, steadySince: now)
        guard abs(apart) <= Self.farApart else { return (fresh, .clocksApart(seconds: apart)) }
        guard let last = view.lastLook else { return (fresh, .firstLook) }
        let step = (now.microseconds - last.at.microseconds) / 1_000_000
        let forwards = 2 * settings.intervalSeconds + Self.largestStepBackwards
        guard (-Self.largestStepBackwards...forwards).contains(step) else {
            return (fresh, .clockJumped(seconds: step))
        }
        let steadySeconds = (now.microseconds - last.steadySince.microseconds) / 1_000_000
        // A pause may end a little early by a clock that is being slewed.
        let isSteady = steadySeconds >= settings.intervalSeconds * 9 / 10
        return (Look(at: now, steadySince: min(last.steadySince, now)), isSteady ? nil : .settling)
    }
}

/// What was decided, recorded or due before these times may go.
public struct RetentionCutoffs: Sendable, Hashable {
    public let now: Instant
    public let inbox: Instant
    /// Idempotency keys and reschedules: they are part of the trail of what is in the inbox.
    public let trails: Instant
    /// Well after what they hide has left the inbox and the topics.
    public let tombstones: Instant
    public let deadLetters: Instant
    /// How many requests there were in a minute.
    public let minutes: Instant

    /// An Idempotency-Key is honoured for so long.
    static let keyDays: Int64 = 30
    private static let secondsADay: Int64 = 86_400

    init(_ partitions: [InboxPartition], now: Instant, _ settings: RetentionPlan.Settings) {
        func days(_ count: Int64) -> Instant { now.advanced(bySeconds: -count * Self.secondsADay) }
        // All that is left of the inbox was due from here on. Partitions go whole, so that some rows are older than the
        // retention; a table without a lower bound keeps every trail.
        let oldest = partitions.map { $0.start ?? .min }.min() ?? .max
        self.now = now
        self.inbox = days(settings.retentionDays)
        self.trails = min(oldest, days(max(settings.retentionDays, Self.keyDays)))
        self.tombstones = min(
            oldest.microseconds > Instant.min.microseconds + Self.secondsADay * 1_000_000
                ? oldest.advanced(bySeconds: -Self.secondsADay) : .min,
            days(max(settings.retentionDays, Self.keyDays) + settings.topicRetentionDays + 1))
        self.deadLetters = days(max(settings.retentionDays, settings.topicRetentionDays))
        self.minutes = now.advanced(bySeconds: -3_600)
    }
}

extension Instant {
    /// What Postgres calls `-infinity` and `infinity`.
    static let min = Instant(microseconds: .min)
    static let max = Instant(microseconds: .max)
}
