import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    /// Whatever the batches, the redeliveries and the deliveries that run beside each other: each notification is decided
    /// once, and each user gets exactly as many a minute as they may.
    @Suite struct DecidingProperty {
        private static let limit = 7
        private static let users = ["ann", "bob", "cy"]
        private static let minutes = (0..<3).map { sampleTime.advanced(bySeconds: $0 * 60) }
        private static let types = ["new_message", "new_message", "new_message", "quiet", "alarm"]

        private static func notification(_ dice: inout PureGenerator) -> Notification {
            let minute = Self.minutes.randomElement(using: &dice) ?? sampleTime
            return sample(
                type: Self.types.randomElement(using: &dice) ?? "",
                to: Self.users.randomElement(using: &dice) ?? "",
                dueAt: Instant(microseconds: minute.microseconds + .random(in: 0..<60_000_000, using: &dice)))
        }

        /// For each of several deliveries its batches: all of the notifications, many of them several times.
        private static func batches(of all: [Notification], _ dice: inout PureGenerator) -> [[[Notification]]] {
            let stream = (all + all + all.prefix(all.count / 2)).shuffled(using: &dice)
            var deliveries = [[[Notification]]](repeating: [], count: 4)
            var rest = stream[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...40, using: &dice)
                deliveries[Int.random(in: 0..<4, using: &dice)].append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            return deliveries
        }

        @Test(arguments: 1...6 as ClosedRange<UInt64>)
        func exactlyTheLimit(seed: UInt64) async throws {
            struct Undone: Error {}
            try await withDatabase { database async throws in
                try await database.register("alarm", isCritical: true)
                for user in Self.users { try await database.choose(false, "quiet", for: user) }
                var dice = PureGenerator(seed: seed)
                // About 17 that count for each user and minute: more than the limit nearly everywhere.
                let all = (0..<260).map { _ in Self.notification(&dice) }
                let deliveries = Self.batches(of: all, &dice)
                let reported = try await withThrowingTaskGroup(of: [InsertInbox.Written].self) { group async throws in
                    for (number, batches) in deliveries.enumerated() {
                        var dice = PureGenerator(seed: seed &* 100 &+ UInt64(number))
                        group.addTask {
                            var written: [InsertInbox.Written] = []
                            for batch in batches {
                                // A crash before the commit: everything comes again.
                                if Int.random(in: 0..<5, using: &dice) == 0 {
                                    await #expect(throws: Undone.self) {
                                        try await database.pool.transaction { connection async throws in
                                            _ = try await StoreTests.deliver(
                                                batch, limits: .perMinute(Int64(Self.limit)), on: connection)
                                            throw Undone()
                                        }
                                    }
                                }
                                written += try await database.deliver(
                                    all: batch, limits: .perMinute(Int64(Self.limit)))
                            }
                            return written
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(reported.count == all.count, "each was decided once")
                #expect(try await database.count("inbox") == all.count)
                let outcomes = Dictionary(reported.map { ($0.id, $0.outcome) }) { first, _ in first }
                try Self.expectDecisions(of: all, outcomes)
            }
        }

        private static func expectDecisions(
            of all: [Notification], _ outcomes: [NotificationID: History.Outcome]
        ) throws {
            var wanted: [String: [History.Outcome]] = [:]
            for notification in all {
                let outcome = try #require(outcomes[notification.id])
                switch notification.content.eventType {
                case "alarm": #expect(outcome == .delivered)
                case "quiet": #expect(outcome == .unwanted)
                default:
                    let minute = notification.dueAt.microseconds / 60_000_000
                    wanted["\(notification.userID) \(minute)", default: []].append(outcome)
                }
            }
            #expect(wanted.values.contains { $0.count > Self.limit }, "there is something to limit")
            for (place, outcomes) in wanted {
                #expect(outcomes.count { $0 == .delivered } == min(Self.limit, outcomes.count), "\(place)")
                #expect(outcomes.count { $0 == .tooMany } == max(0, outcomes.count - Self.limit), "\(place)")
            }
        }
    }
}
