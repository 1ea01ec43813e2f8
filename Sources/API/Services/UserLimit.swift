import Notifications
import Synchronization

/// Refuses at the door what the limit of a user would suppress later: a 429 tells the sender when to come back.
final class UserLimit: Sendable {
    private let limit: Int
    private let minutes: Mutex<UserMinutes>

    init(perMinute limit: Int) {
        self.limit = limit
        self.minutes = Mutex(UserMinutes(limit: limit))
    }

    /// - Parameter type: that of the notification; a critical one passes, and so does whatever is scheduled: the minute
    ///   that it counts in is still to come.
    func admit(_ notification: Notification, type: EventType?) -> UserMinutes.Verdict {
        guard !notification.isScheduled, type?.isCritical != true else { return .passes }
        return self.minutes.withLock { $0.admit(notification) }
    }

    /// Gives back one that was `counted`, but is not on its way.
    func withdraw(_ notification: Notification) {
        self.minutes.withLock { $0.withdraw(notification) }
    }

    func problem(resetSeconds: Int) -> Problem {
        .tooManyRequests(
            code: Self.code,
            detail: "at most \(self.limit) notifications a user and minute; critical event types and later times pass",
            limit: RateLimit(
                policy: "user", quota: self.limit, windowSeconds: 60, remaining: 0, resetSeconds: resetSeconds))
    }

    static let code = "user_limit"
}
