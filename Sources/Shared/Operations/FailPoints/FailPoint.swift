/// A place between two steps of a daemon, where a test can end or stop the process by name rather than by luck.
///
/// Only debug builds have it: in a release build ``pass(if:)`` is nothing. Each name says which step is done.
public enum FailPoint: Sendable, Hashable {
    // MARK: API

    /// What was asked for has its ids; nothing is published.
    case apiChecked
    /// Half of a batch is acknowledged.
    case apiPublishing
    /// The brokers have it; the 202 is not written.
    case apiPublished
    /// The tombstone is committed; what it means is not decided.
    case apiCancelRequested
    /// The answer to a cancel is committed; readers are not told.
    case apiCancelDecided
    /// Readers are told; the sender is not.
    case apiCancelAnnounced
    /// Another time is committed; the sender is not told.
    case apiRescheduled
    /// A mark is committed; other replicas are not told.
    case apiMarked

    // MARK: Router

    /// A batch of requests was taken.
    case routerTaken
    /// Idempotency keys are committed.
    case routerKeysClaimed
    /// Outbox rows are written, and not committed.
    case routerOutboxWritten
    case routerOutboxCommitted
    /// Half of the deliveries are acknowledged.
    case routerPublishing
    /// All deliveries are; the dead letters are not sent yet.
    case routerPublished
    /// All of the batch is durable elsewhere; its offsets are not stored.
    case routerRouted
    case routerCompleted

    // MARK: Poller

    /// Rows are deleted, and not committed; nothing is published.
    case pollerClaimed
    /// Half of a claim is acknowledged.
    case pollerPublishing
    /// All of a claim is.
    case pollerPublished
    /// What had been cancelled is recorded, and nothing is committed.
    case pollerRecorded
    case pollerCommitted

    // MARK: Delivery

    /// A batch of deliveries was taken.
    case deliveryTaken
    /// Inbox rows of a part of the batch are written, and not committed.
    case deliveryWritten
    /// The inbox has them; nobody was told.
    case deliveryCommitted
    /// Half of the changes are acknowledged.
    case deliveryPublishing
    /// All are; the offsets are not stored.
    case deliveryAnnounced
    case deliveryCompleted
    /// A batch of dead letters was taken.
    case deliveryLettersTaken
    /// Dead letters are in their table; their offsets are not stored.
    case deliveryLettersRecorded
    case deliveryLettersCompleted

    /// Acts here, if a test has armed this point.
    ///
    /// - Parameter isReached: false where there was nothing to do, as in a claim without rows.
    @inlinable @inline(__always)
    public func pass(if isReached: @autoclosure () -> Bool = true) {
        #if DEBUG
        if isReached() { self.reach() }
        #endif
    }
}

#if DEBUG
extension FailPoint: CaseIterable {}
#else
extension FailPoint {
    /// Never in a release build.
    @inlinable var isArmed: Bool { @inline(__always) get { false } }
}
#endif

/// Those of a consumer's loop.
public struct ConsumerFailPoints: Sendable {
    let taken: FailPoint
    let done: FailPoint
    let completed: FailPoint

    public static let requests = Self(taken: .routerTaken, done: .routerRouted, completed: .routerCompleted)
    public static let deliveries = Self(
        taken: .deliveryTaken, done: .deliveryAnnounced, completed: .deliveryCompleted)
    public static let deadLetters = Self(
        taken: .deliveryLettersTaken, done: .deliveryLettersRecorded, completed: .deliveryLettersCompleted)
}
