import FoundationEssentials
import HTTPTypes
import Notifications
import Testing

@testable import API

/// Ten seconds into a minute.
private let start = Instant(microseconds: 1_795_165_210_000_000)

private func notification(
    _ user: String = "ann", _ type: String = "new_message", after seconds: Int64 = 0, key: String? = nil
) -> Notification {
    var random = SystemRandomNumberGenerator()
    let now = start.advanced(bySeconds: seconds)
    let service = UUID(bytes: [UInt8](repeating: 1, count: 16))
    let fresh = NotificationID.fresh(at: now, using: &random)
    return Notification(
        id: key.map { .derived(service: service, key: $0, user: user) } ?? fresh, service: service, userID: user,
        content: Notification.Content(eventType: type, message: "m"), acceptedAt: now, dueAt: now,
        isScheduled: false, request: key.map { _ in fresh.uuid })
}

@Suite struct UserMinutesTests {
    @Test func upToTheLimitAndThenNotBeforeTheNextMinute() {
        var minutes = UserMinutes(limit: 3)
        for second in 0..<3 as Range<Int64> {
            #expect(minutes.admit(notification(after: second)) == .counted)
        }
        #expect(minutes.admit(notification(after: 20)) == .over(resetSeconds: 30))
        #expect(minutes.admit(notification("bob", after: 20)) == .counted)
        #expect(minutes.admit(notification(after: 49)) == .over(resetSeconds: 1))
        #expect(minutes.admit(notification(after: 50)) == .counted)
        #expect(minutes.admit(notification(after: 50)) == .counted)
    }

    /// Of a type that somebody has switched off nothing counts in the inbox: it must not use up what others have left.
    @Test func eachEventTypeCountsByItself() {
        var minutes = UserMinutes(limit: 1)
        #expect(minutes.admit(notification()) == .counted)
        #expect(minutes.admit(notification()) == .over(resetSeconds: 50))
        #expect(minutes.admit(notification("ann", "status_change")) == .counted)
    }

    /// A request may come past another one that began in the next minute; that changes nothing there.
    @Test func aLateComerOfTheMinuteBeforePasses() {
        var minutes = UserMinutes(limit: 1)
        #expect(minutes.admit(notification(after: 60)) == .counted)
        #expect(minutes.admit(notification(after: 0)) == .passes)
        #expect(minutes.admit(notification(after: 60)) == .over(resetSeconds: 50))
    }

    @Test func aClockThatIsSetBackBeginsAnew() {
        var minutes = UserMinutes(limit: 1)
        #expect(minutes.admit(notification(after: 3_600)) == .counted)
        #expect(minutes.admit(notification(after: 0)) == .counted)
        #expect(minutes.admit(notification(after: 0)) == .over(resetSeconds: 50))
    }

    @Test func whatWasNotPublishedIsGivenBack() {
        var minutes = UserMinutes(limit: 1)
        let (first, second) = (notification(), notification())
        #expect(minutes.admit(first) == .counted)
        minutes.withdraw(first)
        #expect(minutes.admit(second) == .counted)
        #expect(minutes.admit(first) == .over(resetSeconds: 50))
        // Of another minute, of nobody known, and more than was counted.
        minutes.withdraw(notification(after: 60))
        minutes.withdraw(notification("bob"))
        #expect(minutes.admit(first) == .over(resetSeconds: 50))
        for _ in 0..<3 { minutes.withdraw(second) }
        #expect(minutes.admit(first) == .counted)
        #expect(minutes.admit(second) == .over(resetSeconds: 50))
    }

    /// It names the same notification, and is answered as the first one was, even when nothing more would be.
    @Test func aRepeatUnderAKeyIsNotCounted() {
        var minutes = UserMinutes(limit: 2)
        #expect(minutes.admit(notification(key: "k")) == .counted)
        #expect(minutes.admit(notification(key: "k")) == .passes)
        #expect(minutes.admit(notification(key: "other")) == .counted)
        #expect(minutes.admit(notification(key: "k")) == .passes)
        #expect(minutes.admit(notification(key: "new")) == .over(resetSeconds: 50))
        // A first one that was not published leaves nothing to repeat.
        minutes.withdraw(notification(key: "k"))
        #expect(minutes.admit(notification(key: "k")) == .counted)
        #expect(minutes.admit(notification(key: "new")) == .over(resetSeconds: 50))
        #expect(minutes.admit(notification("bob", key: "k")) == .counted)
    }

    /// Two spellings of one letter are equal to Swift, and two users to Postgres and Kafka.
    @Test func usersAreToldApartByTheirBytes() {
        var minutes = UserMinutes(limit: 1)
        #expect(minutes.admit(notification("caf\u{E9}")) == .counted)
        #expect(minutes.admit(notification("cafe\u{301}")) == .counted)
    }

    @Test func beyondItsCapacityItLetsThrough() {
        var minutes = UserMinutes(limit: 1, capacity: UserMinutes.Capacity(users: 2, ids: 1))
        #expect(minutes.admit(notification("a", key: "k")) == .counted)
        #expect(minutes.admit(notification("b", key: "k")) == .passes)
        #expect(minutes.admit(notification("b")) == .counted)
        for _ in 0..<3 { #expect(minutes.admit(notification("c")) == .passes) }
        // Those it knows are still limited, and the next minute has room again.
        #expect(minutes.admit(notification("b")) == .over(resetSeconds: 50))
        #expect(minutes.admit(notification("c", after: 60)) == .counted)
        #expect(minutes.admit(notification("c", after: 60)) == .over(resetSeconds: 50))
    }
}

@Suite struct UserLimitTests {
    private func type(critical: Bool) -> EventType {
        EventType(name: "new_message", label: "l", isCritical: critical)
    }

    @Test func criticalTypesAndLaterTimesPass() {
        let limit = UserLimit(perMinute: 1)
        var scheduled = notification()
        scheduled.isScheduled = true
        for _ in 0..<3 {
            #expect(limit.admit(notification(), type: self.type(critical: true)) == .passes)
            #expect(limit.admit(scheduled, type: self.type(critical: false)) == .passes)
        }
        var urgent = notification()
        urgent.content.priority = .critical
        #expect(limit.admit(urgent, type: self.type(critical: false)) == .counted)
        #expect(limit.admit(urgent, type: self.type(critical: false)) == .over(resetSeconds: 50))
        #expect(limit.admit(urgent, type: nil) == .over(resetSeconds: 50))
        limit.withdraw(urgent)
        #expect(limit.admit(urgent, type: nil) == .counted)
    }

    @Test func theProblem() {
        let problem = UserLimit(perMinute: 100).problem(resetSeconds: 17)
        #expect(problem.status == .tooManyRequests && problem.code == "user_limit")
        #expect(problem.retryAfterSeconds == 17)
        #expect(problem.limit?.field == #""user";r=0;t=17"#)
        #expect(problem.limit?.policyField == #""user";q=100;w=60"#)
    }
}
