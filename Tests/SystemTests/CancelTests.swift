import Foundation
import Notifications
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// P3: a cancel is a decision.
    @Suite
    struct CancelTests {
        @Test(
            "200 scheduled ones cancelled around their due time, while readers poll: what was cancelled is never seen")
        func aroundTheDueTime() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(10, "cancel")
            let load = Load(users: users, immediatePerUser: 0, scheduledPerUser: 20, due: 3...7)
            let progress = Shared(Load.Progress())
            let reader = InboxReader(try await installation.people(users), pause: .milliseconds(10))
            let answers = Shared<[String: (decision: CancelDecision, at: Instant)]>([:])
            try await withBackground({ try await reader.run() }) {
                try await load.send(by: installation.service, progress)
                let accepted = progress.value.accepted
                try #require(accepted.count == 200)
                try await withThrowingTaskGroup { group in
                    for (number, one) in accepted.enumerated() {
                        // Every other one so late that a busy machine, too, has delivered some and shown one of them.
                        let after: ClosedRange<Int64> =
                            number.isMultiple(of: 2) ? -250_000...350_000 : 350_000...3_000_000
                        let moment = try #require(one.schedule?.microseconds) + Int64.random(in: after)
                        group.addTask {
                            try await sleep(until: Instant(microseconds: moment))
                            let decision = try await installation.service.cancel(one.id)
                            let answeredAt = Instant.current
                            answers.change { $0[one.id] = (decision, answeredAt) }
                        }
                    }
                    for try await _ in group {}
                }
                try await installation.settle(users)
                for person in try await installation.people(users) { #expect(try await person.inbox().isEmpty) }
            }
            let decisions = answers.value
            let cancelled = decisions.values.filter { $0.decision.state == "cancelled" }
            let recalled = decisions.values.filter { $0.decision.state == "recalled" }
            #expect(cancelled.count + recalled.count == 200)
            #expect(cancelled.count >= 20 && recalled.count >= 20, "\(cancelled.count) cancelled: around means both")

            let sightings = reader.sightings
            let seen = cancelled.filter { sightings[$0.decision.id] != nil }
            #expect(seen.isEmpty, "cancelled, and yet seen: \(seen.prefix(3))")
            let seenAfter = recalled.filter { ($0.at) < (sightings[$0.decision.id]?.lastAskedAt ?? $0.at) }
            #expect(seenAfter.isEmpty, "recalled, and yet seen after the answer: \(seenAfter.prefix(3))")
            #expect(
                !recalled.allSatisfy { sightings[$0.decision.id] == nil }, "the readers saw what was recalled later")
            #expect(reader.faults.isEmpty, "\(reader.faults.prefix(3))")

            for (id, answer) in decisions {
                #expect(try await installation.service.cancel(id) == answer.decision, "a repeat gives the same answer")
            }
            for answer in [cancelled.first, recalled.first].compactMap(\.self) {
                let record = try await installation.service.record(of: answer.decision.id, in: answer.decision.state)
                #expect(record.events.contains(answer.decision.state))
                #expect(record.events.contains("delivered") == (answer.decision.state == "recalled"))
            }
        }

        @Test("the same one cancelled by several at once: all get one answer")
        func atTheSameTime() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "together")[0]
            for delay in [0.3, 0.6] {
                let schedule = Instant.inSeconds(delay)
                let sent = try await installation.service.send(Outgoing(to: user, "together", at: schedule))
                try await sleep(until: schedule)
                let decisions = try await concurrently(Array(0..<8), atOnce: 8) { _ in
                    try await installation.service.cancel(sent.id)
                }
                #expect(Set(decisions).count == 1, "\(decisions)")
            }
            try await installation.settle([user])
            #expect(try await installation.person(user).inbox().isEmpty)
        }

        @Test("before the router has seen it")
        func beforeRouting() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "before")[0]
            let router = installation[.router]
            try await router.stop()
            let now = try await installation.service.send(Outgoing(to: user, "now"))
            let keyed = try await installation.service.send(Outgoing(to: user, "keyed"), key: "before/\(user)")
            let later = try await installation.service.send(Outgoing(to: user, "later", at: .inSeconds(1)))
            let kept = try await installation.service.send(Outgoing(to: user, "kept"))
            for sent in [now, keyed, later] {
                #expect(try await installation.service.get(sent.id).status == 404)
                #expect(try await installation.service.cancel(sent.id).state == "cancelled")
            }
            try await installation.restart(router)
            _ = try await installation.service.record(of: kept.id, in: "delivered")
            try await installation.settle([user])
            try await sleep(until: try #require(later.schedule.flatMap { Instant(rfc3339: $0) }))
            try await installation.settle([user])
            #expect(try await installation.person(user).inbox().map(\.id) == [kept.id])
            for sent in [now, keyed, later] {
                let record = try await installation.service.record(of: sent.id, in: "cancelled")
                #expect(record.message == sent.message, "the trail has the record of what was cancelled")
                #expect(record.events.first == "accepted" && record.events.last == "cancelled", "\(record.events)")
            }
        }

        @Test("while it is scheduled, and after it was delivered and read")
        func whileScheduledAndAfterDelivery() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "after")[0]
            let service = installation.service
            let person = try await installation.person(user)

            let scheduled = try await service.send(Outgoing(to: user, "scheduled", at: .inSeconds(3_600)))
            _ = try await service.record(of: scheduled.id, in: "scheduled")
            #expect(try await service.cancel(scheduled.id).state == "cancelled")
            #expect(try await installation.database.countInOutbox(of: [user]) == 0)
            let cancelled = try await service.record(of: scheduled.id, in: "cancelled")
            #expect(cancelled.events == ["accepted", "scheduled", "cancelled"])

            let delivered = try await service.send(Outgoing(to: user, "delivered"))
            _ = try await service.record(of: delivered.id, in: "delivered")
            let etag = try await person.unread().header("ETag")
            #expect(try await person.inbox().map(\.id) == [delivered.id])
            #expect(try await service.cancel(delivered.id).state == "recalled")
            #expect(try await person.inbox().isEmpty)
            #expect(try await person.unread(etag: etag).status == 200, "the recall changes the ETag")
            #expect(try await person.markRead(delivered.id).status == 404)
            _ = try await service.record(of: delivered.id, in: "recalled")

            let read = try await service.send(Outgoing(to: user, "read"))
            _ = try await service.record(of: read.id, in: "delivered")
            #expect(try await person.markRead(read.id).status == 200)
            #expect(try await service.cancel(read.id).state == "recalled")
        }

        @Test("an id that nobody knows is cancelled; another service's is not affected")
        func foreignAndUnknown() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "foreign")[0]
            let unknown = UUID().uuidString.lowercased()
            let first = try await installation.service.cancel(unknown)
            #expect(first.state == "cancelled")
            #expect(try await installation.service.cancel(unknown) == first)
            #expect(try await installation.service.record(of: unknown, in: "cancelled").events == ["cancelled"])

            let delivered = try await installation.service.send(Outgoing(to: user, "delivered"))
            let scheduled = try await installation.service.send(Outgoing(to: user, "scheduled", at: .inSeconds(2)))
            _ = try await installation.service.record(of: delivered.id, in: "delivered")
            for id in [delivered.id, scheduled.id] {
                #expect(try await installation.otherService.cancel(id).state == "cancelled")
            }
            _ = try await installation.service.record(of: scheduled.id, in: "delivered")
            let shown = try await installation.person(user).inbox()
            #expect(Set(shown.map(\.id)) == [delivered.id, scheduled.id])
        }
    }
}
