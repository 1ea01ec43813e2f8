import Foundation
import Kafka
import Notifications
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// PATCH: another time, or a clear no.
    @Suite
    struct RescheduleTests {
        @Test("to an earlier time, and a later one: it comes at the new time, once, and not before")
        func earlierAndLater() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(2, "move")
            let service = installation.service
            let reader = InboxReader(try await installation.people(users), pause: .milliseconds(20))
            try await withBackground({ try await reader.run() }) {
                let earlier = try await service.send(Outgoing(to: users[0], "earlier", at: .inSeconds(3_600)))
                // Far enough that it is still scheduled when it is looked at.
                let later = try await service.send(Outgoing(to: users[1], "later", at: .inSeconds(8)))
                var moved: [(id: String, to: Instant)] = []
                for (sent, seconds) in [(earlier, 2.0), (later, 10.0)] {
                    _ = try await service.record(of: sent.id, in: "scheduled")
                    let schedule = Instant.inSeconds(seconds)
                    let answer = try await service.reschedule(sent.id, to: schedule)
                    try #require(answer.status == 200, "\(answer.text)")
                    let record: Record = try answer.decode()
                    #expect(record.state == "scheduled" && record.schedule == schedule.description)
                    moved.append((sent.id, schedule))
                }
                for (id, schedule) in moved {
                    let record = try await service.record(of: id, in: "delivered")
                    #expect(record.events.contains("rescheduled"), "\(record.events)")
                    #expect(record.dueAt == schedule.description)
                    let row = try #require(
                        try await installation.database.decisions(of: users).first { $0.id == id })
                    #expect(row.due == schedule.microseconds && row.delivered >= row.due)
                    #expect(row.delivered - row.due < 1_500_000, "an earlier time wakes the poller")
                    try await require("a reader saw it", within: .seconds(20)) { reader.sightings[id] != nil }
                    #expect(try #require(reader.sightings[id]).firstAt >= schedule)
                }
            }
            try await installation.settle(users)
            #expect(try await installation.database.countInInbox(of: users) == 2)
        }

        @Test("what is not scheduled any more is a 409 that tells the state; an unknown id is a 404")
        func conflicts() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "conflict")[0]
            let service = installation.service
            let sent = try await service.send(Outgoing(to: user, "now"))
            func expectConflict(_ id: String, _ state: String) async throws {
                _ = try await service.record(of: id, in: state)
                let answer = try await service.reschedule(id, to: .inSeconds(60))
                #expect(answer.status == 409, "\(answer.text)")
                let problem: ProblemBody = try answer.decode()
                #expect(problem.code == "not_reschedulable" && problem.state == state, "\(answer.text)")
            }
            try await expectConflict(sent.id, "delivered")
            #expect(try await installation.person(user).markRead(sent.id).status == 200)
            try await expectConflict(sent.id, "read")

            let cancelled = try await service.send(Outgoing(to: user, "cancelled", at: .inSeconds(3_600)))
            _ = try await service.record(of: cancelled.id, in: "scheduled")
            _ = try await service.cancel(cancelled.id)
            try await expectConflict(cancelled.id, "cancelled")

            #expect(try await service.reschedule(UUID().uuidString, to: .inSeconds(60)).status == 404)
            let foreign = try await service.send(Outgoing(to: user, "foreign", at: .inSeconds(3_600)))
            _ = try await service.record(of: foreign.id, in: "scheduled")
            #expect(try await installation.otherService.reschedule(foreign.id, to: .inSeconds(1)).status == 404)
            #expect(try await service.reschedule(foreign.id, to: .inSeconds(-60)).status == 422)
            let unmoved = try await service.record(of: foreign.id, in: "scheduled")
            #expect(unmoved.schedule == foreign.schedule)
            _ = try await service.cancel(foreign.id)
        }

        @Test("around the due time either the PATCH counts or the old time does, never both")
        func aroundTheDueTime() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(5, "race")
            let load = Load(users: users, immediatePerUser: 0, scheduledPerUser: 12, due: 2...4)
            let progress = Shared(Load.Progress())
            try await load.send(by: installation.service, progress)
            let due = Instant.inSeconds(8)
            let moved = try await concurrently(progress.value.accepted, atOnce: 100) { one in
                let schedule = try #require(one.schedule)
                try await sleep(until: Instant(microseconds: schedule.microseconds + .random(in: -150_000...50_000)))
                var answer = try await installation.service.reschedule(one.id, to: due)
                while answer.status == 404 {
                    // Claimed, on its way, and stored nowhere: for that there is this answer, which says to ask again.
                    try #require(answer.header("Retry-After") == "1", "\(answer.text)")
                    try await Task.sleep(for: .seconds(1))
                    answer = try await installation.service.reschedule(one.id, to: due)
                }
                #expect(answer.status == 200 || answer.status == 409, "\(answer.text)")
                return Load.Accepted(
                    id: one.id, userID: one.userID, message: one.message,
                    schedule: answer.status == 200 ? due : schedule, place: one.place)
            }
            let count = moved.count { $0.schedule == due }
            #expect(count > 0 && count < moved.count, "\(count) of \(moved.count) were moved: around means both")
            try await sleep(until: due)
            try await installation.expectArrivals(moved, to: users)
        }

        @Test("a request that is redelivered does not bring the old time back, neither before nor after delivery")
        func redeliveredRequest() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "replay")[0]
            let service = installation.service
            let sent = try await service.send(Outgoing(to: user, "moved", at: .inSeconds(30)))
            _ = try await service.record(of: sent.id, in: "scheduled")
            let request = try #require(
                try await installation.brokers.find(on: installation.topics.requests) {
                    $0.header("notifi-id") == Array(sent.id.utf8)
                }.first)
            let again = KafkaRecord(
                topic: request.topic, key: request.key, value: request.value ?? [], headers: request.headers)

            // Moved to a later time, and back: what is redelivered is older than both.
            #expect(try await service.reschedule(sent.id, to: .inSeconds(3_600)).status == 200)
            try await installation.brokers.produce([again, again])
            try await installation.untilRouted()
            #expect(try await installation.database.countInOutbox(of: [user]) == 1)
            let schedule = Instant.inSeconds(1)
            #expect(try await service.reschedule(sent.id, to: schedule).status == 200)
            _ = try await service.record(of: sent.id, in: "delivered")

            try await installation.brokers.produce([again])
            try await installation.settle([user])
            let rows = try await installation.database.decisions(of: [user])
            #expect(rows.map(\.due) == [schedule.microseconds])
        }
    }
}
