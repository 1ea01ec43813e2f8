import FoundationEssentials
import Notifications
import TestSupport
import Testing

@Suite struct AcceptanceTests {
    private static let time = Instant(microseconds: 1_795_165_200_123_456)

    private static let trace = TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    private func accept(_ draft: Draft, key: String? = nil, seed: UInt64 = 1) -> Notification {
        var random = SeededGenerator(seed: seed)
        return .accept(draft, from: someService, key: key, now: Self.time, trace: Self.trace, using: &random)
    }

    @Test func atOnce() throws {
        let draft = try draft(["expires_at": #""2027-01-01T00:00:00Z""#])
        let notification = self.accept(draft)
        #expect(notification.id.version == 7)
        #expect(notification.id.acceptedAt == notification.acceptedAt)
        #expect(notification.acceptedAt.microseconds == 1_795_165_200_123_000)
        #expect(notification.dueAt == notification.acceptedAt)
        #expect(!notification.isScheduled)
        #expect(notification.expiresAt == draft.expiresAt)
        #expect(notification.service == someService)
        #expect(notification.userID == "ann")
        #expect(notification.content == draft.content)
        #expect(notification.revision == 0)
        #expect(notification.request == nil)
        #expect(notification.claimedAt == nil)
        #expect(notification.trace == Self.trace)
        #expect(Route(for: notification) == .now)
    }

    @Test func forLater() throws {
        let notification = self.accept(try draft(["schedule": #""2026-11-20T09:00:01.000001Z""#]))
        #expect(notification.dueAt.microseconds == 1_795_165_201_000_001)
        #expect(notification.isScheduled)
        #expect(Route(for: notification) == .outbox)
    }

    /// Postgres' clock decides what is due, so even one that is due by now goes through the outbox.
    @Test func aScheduledOneGoesThroughTheOutboxThoughItIsDue() {
        #expect(Route(for: sample(due: seconds(-3_600))) == .outbox)
    }

    @Test func aKeyGivesTheSameIdAndAnotherRequest() throws {
        let draft = try draft()
        let first = self.accept(draft, key: "order-1", seed: 1)
        let second = self.accept(draft, key: "order-1", seed: 2)
        #expect(first.id == NotificationID.derived(service: someService, key: "order-1", user: "ann"))
        #expect(second.id == first.id)
        #expect(first.request != nil)
        #expect(first.request != second.request)
        #expect(self.accept(draft, key: "order-2").id != first.id)
        #expect(self.accept(draft, seed: 1).id != self.accept(draft, seed: 2).id)
    }
}

@Suite struct FingerprintTests {
    private static let base = sample()

    @Test func isThatOfTheBodyAlone() {
        var other = Self.base
        other.id = someID(9)
        other.service = UUID(bytes: [UInt8](repeating: 9, count: 16))
        other.acceptedAt = seconds(5)
        other.dueAt = seconds(5)
        other.claimedAt = seconds(6)
        other.request = UUID(bytes: [UInt8](repeating: 7, count: 16))
        other.unknownFields = [8, 1]
        #expect(other.fingerprint == Self.base.fingerprint)
        #expect(Self.base.fingerprint.count == 32)
    }

    /// Each change of what the sender said changes it, and no two of them agree.
    @Test func tellsEveryMemberApart() {
        let changes: [(inout Notification) -> Void] = [
            { _ in }, { $0.userID = "bob" }, { $0.content.eventType = "other" }, { $0.content.message = "Hello!" },
            { $0.content.title = "" }, { $0.content.title = "x" }, { $0.content.actionURL = "" },
            { $0.content.actionURL = "x" }, { $0.content.priority = .high }, { $0.content.data = "" },
            { $0.content.data = "x" }, { $0.isScheduled = true }, { ($0.isScheduled, $0.dueAt) = (true, seconds(1)) },
            { $0.expiresAt = now }, { $0.expiresAt = seconds(1) },
            // The same letters, cut elsewhere.
            { ($0.userID, $0.content.eventType) = ("an", "nnew_message") },
            { ($0.content.message, $0.content.title) = ("Hell", "o") },
            { ($0.content.message, $0.content.title) = ("Hello-1:", nil) },
        ]
        let prints = changes.map { change in
            var notification = Self.base
            change(&notification)
            return notification.fingerprint
        }
        #expect(Set(prints).count == changes.count)
    }
}
