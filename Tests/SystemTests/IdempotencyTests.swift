import Notifications
import Testing

@testable import Harness

extension EndToEnd.Undisturbed {
    /// An `Idempotency-Key` makes repeats harmless.
    @Suite
    struct IdempotencyTests {
        @Test("a repeat under the same key has the same id, and there is one row")
        func repeats() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "key")[0]
            let service = installation.service
            let ids = try await concurrently(Array(0..<10), atOnce: 5) { _ in
                try await service.send(Outgoing(to: user, "once"), key: "k-\(user)").id
            }
            #expect(Set(ids).count == 1)
            _ = try await service.record(of: ids[0], in: "delivered")
            let repeated = try await service.send(Outgoing(to: user, "once"), key: "k-\(user)")
            #expect(repeated.id == ids[0])
            try await installation.settle([user])
            #expect(try await installation.person(user).inbox().map(\.id) == [ids[0]])
            #expect(try await installation.database.countInInbox(of: [user]) == 1)
            let record = try await service.record(of: ids[0], in: "delivered")
            #expect(record.events == ["accepted", "delivered"], "a true repeat is no news")

            // Neither another service nor another user shares the key.
            let foreign = try await installation.otherService.send(Outgoing(to: user, "foreign"), key: "k-\(user)")
            let other = try await service.send(Outgoing(to: "\(user)-b", "other"), key: "k-\(user)")
            #expect(Set([ids[0], foreign.id, other.id]).count == 3)
            _ = try await installation.otherService.record(of: foreign.id, in: "delivered")
        }

        @Test("with another body the first wins, and the trail says so")
        func otherBody() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "body")[0]
            let service = installation.service
            let first = try await service.send(Outgoing(to: user, "first"), key: "body")
            let second = try await service.send(Outgoing(to: user, "second"), key: "body")
            #expect(first.id == second.id)
            _ = try await service.record(of: first.id, in: "delivered")
            try await installation.settle([user])
            #expect(try await installation.person(user).inbox().map(\.message) == ["first"])
            let record = try await service.record(of: first.id, in: "delivered")
            #expect(record.events.contains("repeated"), "\(record.events)")
            #expect(record.step("repeated")?.detail?.contains("another body") == true)
        }

        @Test("scheduled first, then an immediate repeat: the schedule stays")
        func scheduledFirst() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "sched")[0]
            let service = installation.service
            // Far enough that it is still scheduled when it is looked at.
            let schedule = Instant.inSeconds(8)
            let first = try await service.send(Outgoing(to: user, "later", at: schedule), key: "sched")
            let second = try await service.send(Outgoing(to: user, "now"), key: "sched")
            #expect(first.id == second.id)
            try await installation.untilRouted()
            #expect(try await service.record(of: first.id, in: "scheduled").events.contains("repeated"))
            #expect(try await installation.person(user).inbox().isEmpty)
            _ = try await service.record(of: first.id, in: "delivered")
            try await installation.settle([user])
            let rows = try await installation.database.decisions(of: [user])
            #expect(rows.map(\.due) == [schedule.microseconds])
            #expect(try await installation.person(user).inbox().map(\.message) == ["later"])
        }

        @Test("immediate first, then a scheduled repeat: it is there once, now")
        func immediateFirst() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "imm")[0]
            let service = installation.service
            let first = try await service.send(Outgoing(to: user, "now"), key: "imm")
            let second = try await service.send(Outgoing(to: user, "later", at: .inSeconds(1)), key: "imm")
            #expect(first.id == second.id)
            _ = try await service.record(of: first.id, in: "delivered")
            try await sleep(until: .inSeconds(1))
            try await installation.settle([user])
            #expect(try await installation.database.countInInbox(of: [user]) == 1)
            #expect(try await installation.person(user).inbox().map(\.message) == ["now"])
        }

        @Test("a repeat after the cancel stays cancelled")
        func afterCancel() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "gone")[0]
            let service = installation.service
            let first = try await service.send(Outgoing(to: user, "gone", at: .inSeconds(3_600)), key: "gone")
            _ = try await service.record(of: first.id, in: "scheduled")
            #expect(try await service.cancel(first.id).state == "cancelled")
            #expect(try await service.send(Outgoing(to: user, "gone"), key: "gone").id == first.id)
            try await installation.settle([user])
            #expect(try await installation.person(user).inbox().isEmpty)
            _ = try await service.record(of: first.id, in: "cancelled")
        }

        @Test("each item of a batch has a key of its own")
        func batch() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "items")[0]
            let service = installation.service
            let batch = (0..<12).map { Outgoing(to: user, "item \($0 % 4)", key: $0 < 8 ? "item-\($0 % 4)" : nil) }
            let first = try await service.sendBatch(batch).compactMap(\.notification?.id)
            let second = try await service.sendBatch(batch).compactMap(\.notification?.id)
            try #require(first.count == 12 && second.count == 12)
            #expect(Array(first[0..<4]) == Array(first[4..<8]))
            #expect(first[0..<8] == second[0..<8])
            #expect(Set(first + second).count == 4 + 8, "those without a key are all different")
            let single = try await service.send(Outgoing(to: user, "item 0"), key: "item-0")
            #expect(single.id == first[0], "the header and the member mean the same")
            try await require("12 arrived", within: .seconds(20)) {
                try await installation.database.countInInbox(of: [user]) >= 12
            }
            try await installation.settle([user])
            #expect(try await installation.database.countInInbox(of: [user]) == 12)
        }
    }
}
