import Notifications
import Testing

/// One of everything that the stores may know. Times are seconds after `now`: accepted 0, scheduled 1, rescheduled 2,
/// other body 3, due 10, claimed 11, decided 12, read 20, cancel asked 30 and answered 31, dead 40.
enum Known {
    static let accepted = sample(due: seconds(10))
    static let claimed = sample(due: seconds(10), claimed: seconds(11))

    static let pending = History.Pending(notification: Self.accepted, scheduledAt: seconds(1))

    static func decision(_ outcome: History.Outcome, isRead: Bool = false) -> History.Decision {
        History.Decision(
            notification: Self.claimed, outcome: outcome, decidedAt: seconds(12), readAt: isRead ? seconds(20) : nil,
            seq: 1)
    }

    static func tombstone(_ answer: CancelAnswer?, of notification: Notification? = nil) -> History.Tombstone {
        History.Tombstone(
            requestedAt: seconds(30), answer: answer, decidedAt: answer.map { _ in seconds(31) },
            notification: notification, scheduledAt: notification.map { _ in seconds(1) })
    }

    static func dead(_ notification: Notification? = nil) -> History.Dead {
        History.Dead(
            at: seconds(40), reason: "not readable", origin: "notifi.requests/3/17", notification: notification)
    }
}

@Suite struct HistoryTests {
    static let pendings: [History.Pending?] = [nil, Known.pending]
    static let decisions: [History.Decision?] = [
        nil, Known.decision(.delivered), Known.decision(.delivered, isRead: true), Known.decision(.expired),
        Known.decision(.suppressed(reason: "preference")),
    ]
    static let tombstones: [History.Tombstone?] = [
        nil, Known.tombstone(nil), Known.tombstone(.cancelled), Known.tombstone(.recalled),
        Known.tombstone(.cancelled, of: Known.accepted),
    ]
    static let deaths: [[History.Dead]] = [[], [Known.dead()], [Known.dead(Known.accepted), Known.dead()]]

    static let all: [History] = Self.pendings.flatMap { pending in
        Self.decisions.flatMap { decision in
            Self.tombstones.flatMap { tombstone in
                Self.deaths.flatMap { deadLetters in
                    [nil, seconds(2)].flatMap { rescheduledAt in
                        [(nil, nil), (now, nil), (now, seconds(3))].map { keyedAt, otherBodyAt in
                            History(
                                pending: pending, decision: decision, tombstone: tombstone, deadLetters: deadLetters,
                                rescheduledAt: rescheduledAt, otherBodyAt: otherBodyAt, keyedAt: keyedAt)
                        }
                    }
                }
            }
        }
    }

    /// The states that what is known speaks for, the one that counts most first.
    private func candidates(_ history: History) -> [State] {
        var states: [State] = []
        switch history.decision?.outcome {
        case .expired: states.append(.expired)
        case .suppressed(let reason): states.append(.suppressed(reason: reason))
        case .delivered, nil: break
        }
        if let tombstone = history.tombstone {
            switch tombstone.answer {
            case .recalled: states.append(.recalled)
            case .cancelled: states.append(.cancelled)
            // Nobody was told anything yet: it depends on whether anybody can have seen it.
            case nil: states.append(history.decision == nil ? .cancelled : .recalled)
            }
        }
        if let decision = history.decision { states.append(decision.readAt == nil ? .delivered : .read) }
        if history.pending != nil { states.append(.scheduled) }
        if !history.deadLetters.isEmpty { states.append(.deadLettered) }
        if history.rescheduledAt != nil { states.append(.claimed) }
        if history.keyedAt != nil { states.append(.accepted) }
        return states
    }

    @Test func everyCombinationHasItsState() {
        #expect(Self.all.count == 900)
        for history in Self.all { #expect(history.state == self.candidates(history).first) }
    }

    @Test func nothingKnownIsNoState() {
        #expect(History().state == nil)
        #expect(History().trail == [])
        #expect(History().notification == nil)
    }

    @Test func everyTrailTellsWhatIsKnownInOrder() {
        for history in Self.all {
            let trail = history.trail
            let events = trail.map(\.event)
            #expect(zip(trail, trail.dropFirst()).allSatisfy { $0.at <= $1.at }, "\(events)")

            let isKnown = history.notification != nil
            let isAccepted = isKnown || history.keyedAt != nil
            #expect(events.count { $0 == "accepted" } == (isAccepted ? 1 : 0))
            #expect(isAccepted == (events.first == "accepted"))
            #expect(events.count { $0 == "scheduled" } == (isKnown ? 1 : 0))
            #expect(events.contains("claimed") == (history.notification?.claimedAt != nil))
            #expect(events.contains("rescheduled") == (history.rescheduledAt != nil))
            #expect(events.contains("repeated") == (history.otherBodyAt != nil))
            #expect(events.contains("read") == (history.decision?.readAt != nil))
            #expect(events.contains("expired") == (history.decision?.outcome == .expired))
            #expect(events.contains("suppressed") == (history.decision?.outcome == .suppressed(reason: "preference")))
            #expect(
                events.contains("delivered")
                    == (history.decision?.outcome == .delivered && history.tombstone?.answer != .cancelled))
            #expect(events.count { $0 == "dead-lettered" } == history.deadLetters.count)
            let cancels = events.filter { ["cancelling", "cancelled", "recalled"].contains($0) }
            #expect(cancels == (history.tombstone.map { [$0.answer?.rawValue ?? "cancelling"] } ?? []))
        }
    }

    @Test func theTrailOfADeliveredOne() {
        let history = History(decision: Known.decision(.delivered, isRead: true))
        #expect(
            history.trail == [
                History.Step(at: now, event: "accepted"),
                History.Step(at: now, event: "scheduled", detail: "for 2026-11-20T09:00:10.000000Z"),
                History.Step(
                    at: seconds(11), event: "claimed", detail: "1000 ms after it was due", lateMicroseconds: 1_000_000),
                History.Step(
                    at: seconds(12), event: "delivered", detail: "2000 ms after it was due", lateMicroseconds: 2_000_000
                ),
                History.Step(at: seconds(20), event: "read"),
            ])
    }

    @Test func theTrailOfAnImmediateOne() {
        let decision = History.Decision(
            notification: sample(), outcome: .delivered, decidedAt: now, readAt: nil, seq: 1)
        #expect(
            History(decision: decision).trail == [
                History.Step(at: now, event: "accepted"), History.Step(at: now, event: "delivered"),
            ])
    }

    /// What the recipient did with it is told too; reading what was never seen before is one step.
    @Test func theTrailOfAMarkedOne() {
        var decision = Known.decision(.delivered, isRead: true)
        decision.seenAt = seconds(15)
        decision.archivedAt = seconds(25)
        func marks() -> [History.Step] { History(decision: decision).trail.filter { $0.at > seconds(12) } }
        #expect(
            marks() == [
                History.Step(at: seconds(15), event: "seen"), History.Step(at: seconds(20), event: "read"),
                History.Step(at: seconds(25), event: "archived"),
            ])
        decision.seenAt = decision.readAt
        #expect(marks().map(\.event) == ["read", "archived"])
        decision.readAt = nil
        #expect(marks().map(\.event) == ["seen", "archived"], "unread again")
        #expect(History(decision: decision).state == .delivered)
    }

    /// Only the last time is kept, so the trail does not claim that it was the first.
    @Test func theTrailOfARescheduledOne() {
        #expect(
            History(pending: Known.pending, rescheduledAt: seconds(2)).trail == [
                History.Step(at: now, event: "accepted"),
                History.Step(at: seconds(1), event: "scheduled"),
                History.Step(at: seconds(2), event: "rescheduled", detail: "to 2026-11-20T09:00:10.000000Z"),
            ])
    }

    @Test func theTrailOfACancelledOne() {
        #expect(
            History(tombstone: Known.tombstone(.cancelled, of: Known.accepted)).trail == [
                History.Step(at: now, event: "accepted"),
                History.Step(at: seconds(1), event: "scheduled", detail: "for 2026-11-20T09:00:10.000000Z"),
                History.Step(at: seconds(31), event: "cancelled"),
            ])
        #expect(
            History(tombstone: Known.tombstone(nil)).trail == [History.Step(at: seconds(30), event: "cancelling")])
    }

    /// Between two stores it is in Kafka alone.
    @Test func theTrailOfOneThatIsOnItsWay() {
        #expect(
            History(rescheduledAt: seconds(2), keyedAt: now).trail == [
                History.Step(at: now, event: "accepted"), History.Step(at: seconds(2), event: "rescheduled"),
            ])
    }

    @Test func theTrailOfADeadOne() {
        #expect(
            History(deadLetters: [Known.dead()]).trail == [
                History.Step(at: seconds(40), event: "dead-lettered", detail: "not readable (notifi.requests/3/17)")
            ])
    }

    /// The decision is the fullest record, then the outbox row, the tombstone's copy, and a dead letter's.
    @Test func theFullestRecordIsShown() {
        let pending = History.Pending(notification: sample(message: "outbox"), scheduledAt: now)
        let decision = History.Decision(
            notification: sample(message: "inbox"), outcome: .delivered, decidedAt: now, readAt: nil, seq: 1)
        let tombstone = Known.tombstone(.cancelled, of: sample(message: "tombstone"))
        let deadLetters = [Known.dead(), Known.dead(sample(message: "dead"))]
        var history = History(pending: pending, decision: decision, tombstone: tombstone, deadLetters: deadLetters)
        #expect(history.notification?.content.message == "inbox")
        history.decision = nil
        #expect(history.notification?.content.message == "outbox")
        history.pending = nil
        #expect(history.notification?.content.message == "tombstone")
        history.tombstone = nil
        #expect(history.notification?.content.message == "dead")
        history.deadLetters = [Known.dead()]
        #expect(history.notification == nil)
    }
}
