import Notifications

/// How many notifications this replica has let through to each user in the current calendar minute (UTC), so that what is
/// sure to be over the limit is refused at once instead of suppressed later.
///
/// It counts each event type of a user by itself: of one that the user has switched off nothing counts in the inbox, and
/// it must not use up what is left for the others. So it refuses less than the inbox suppresses, where the limit is exact:
/// only what was accepted here, for immediate delivery, of one type that is not critical. (What was cancelled before it
/// was delivered counts here all the same.) Where it would have to remember too much, it lets through.
struct UserMinutes: Sendable {
    struct Capacity: Sendable {
        var users = 200_000
        /// Ids of all users together.
        var ids = 1_000_000
    }

    enum Verdict: Sendable, Hashable {
        /// Counted; to be given back with `withdraw` where it is not published after all.
        case counted
        /// Not counted: a repeat of what was, or more than can be remembered.
        case passes
        case over(resetSeconds: Int)
    }

    private struct User {
        var count = 0
        /// Only of those under an `Idempotency-Key`: no other id can come again.
        var repeatable: Set<NotificationID> = []
    }

    let limit: Int
    private let capacity: Capacity
    private var minute: Int64?
    /// By the bytes of the id, a NUL, which no id holds, and the event type: to Swift two spellings of "é" are the same
    /// string.
    private var users: [[UInt8]: User] = [:]
    private var ids = 0

    init(limit: Int, capacity: Capacity = Capacity()) {
        self.limit = limit
        self.capacity = capacity
    }

    /// - Parameter notification: immediate and not critical; it belongs to the minute of its due time.
    mutating func admit(_ notification: Notification) -> Verdict {
        let minute = notification.dueAt.minute
        // A request that began before the minute changed, and comes after it. A clock that was set back is no such case.
        if let current = self.minute, minute == current - 1 { return .passes }
        if self.minute != minute {
            self.minute = minute
            self.users = [:]
            self.ids = 0
        }
        let key = Self.key(notification)
        let count = self.users[key]?.count
        guard count != nil || self.users.count < self.capacity.users else { return .passes }
        let isRepeatable = notification.request != nil
        if isRepeatable {
            // The first one was counted, and this is answered as the first one was.
            if self.users[key]?.repeatable.contains(notification.id) == true { return .passes }
            guard self.ids < self.capacity.ids else { return .passes }
        }
        guard count ?? 0 < self.limit else {
            return .over(resetSeconds: notification.dueAt.secondsToNextMinute)
        }
        self.users[key, default: User()].count += 1
        if isRepeatable {
            self.users[key, default: User()].repeatable.insert(notification.id)
            self.ids += 1
        }
        return .counted
    }

    private static func key(_ notification: Notification) -> [UInt8] {
        Array(notification.userID.utf8) + [0] + Array(notification.content.eventType.utf8)
    }

    /// Gives back one that was counted, but that the brokers did not take.
    mutating func withdraw(_ notification: Notification) {
        let key = Self.key(notification)
        guard notification.dueAt.minute == self.minute, self.users[key]?.count ?? 0 > 0 else { return }
        self.users[key]?.count -= 1
        if self.users[key]?.repeatable.remove(notification.id) != nil { self.ids -= 1 }
    }
}

extension Instant {
    /// The calendar minute, counted from 1970-01-01T00:00Z.
    fileprivate var minute: Int64 { (self.milliseconds - self.millisecondsIntoMinute) / 60_000 }

    /// From 1 to 60: rounded up, so that the wait is over when it is.
    fileprivate var secondsToNextMinute: Int { Int((60_000 - self.millisecondsIntoMinute + 999) / 1_000) }

    private var millisecondsIntoMinute: Int64 {
        let rest = self.milliseconds % 60_000
        return rest < 0 ? rest + 60_000 : rest
    }
}
