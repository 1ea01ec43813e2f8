import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension History.Outcome {
    static let unwanted = Self.suppressed(reason: "preference")
    static let tooMany = Self.suppressed(reason: "rate-limit")
}

extension TestDatabase {
    func choose(_ isEnabled: Bool, _ eventType: String = "new_message", for userID: String = "ann") async throws {
        _ = try await self.pool.query(
            """
            INSERT INTO preferences (user_id, event_type, enabled) VALUES ($1, $2, $3)
            ON CONFLICT (user_id, event_type) DO UPDATE SET enabled = excluded.enabled
            """, [.text(userID), .text(eventType), .bool(isEnabled)])
    }

    func register(_ name: String, isOnByDefault: Bool = true, isCritical: Bool = false) async throws {
        try await PutEventType.run(
            EventType(name: name, label: name, isOnByDefault: isOnByDefault, isCritical: isCritical), on: self.pool)
    }

    /// What became of each of these in this batch, in their order; `nil` for what was not written.
    func outcomes(
        _ notifications: [Notification], limits: InsertInbox.Limits = .wide
    ) async throws -> [History.Outcome?] {
        let written = try await self.deliver(all: notifications, limits: limits)
        let outcomes = Dictionary(written.map { ($0.id, $0.outcome) }) { first, _ in first }
        #expect(outcomes.count == written.count, "decided once")
        return notifications.map { outcomes[$0.id] }
    }

    func erase(_ userID: String, at instant: Instant = sampleTime) async throws {
        _ = try await self.pool.query(
            """
            INSERT INTO erased_users (user_hash, erased_at, sweep_at)
            VALUES (sha256(convert_to($1, 'UTF8')), $2, $2)
            """, [.text(userID), .timestamptz(microsecondsSinceUnixEpoch: instant.microseconds)])
    }
}

func sample(
    type: String, to userID: String = "ann", dueAt: Instant? = nil, expiresAt: Instant? = nil,
    priority: Priority = .normal
) -> Notification {
    var notification = sample(to: userID, dueAt: dueAt, expiresAt: expiresAt)
    notification.content.eventType = type
    notification.content.priority = priority
    return notification
}

extension Live {
    /// What becomes of a notification, where the inbox is written.
    @Suite struct Deciding {
        @Test func preferences() async throws {
            try await withDatabase { database async throws in
                try await database.register("quiet", isOnByDefault: false)
                try await database.register("alarm", isOnByDefault: false, isCritical: true)
                let types = ["new_message", "quiet", "alarm", "never_registered"]
                let all = { types.map { sample(type: $0) } }
                #expect(try await database.outcomes(all()) == [.delivered, .unwanted, .delivered, .delivered])
                for type in types { try await database.choose(false, type) }
                let off = all()
                #expect(try await database.outcomes(off) == [.unwanted, .unwanted, .delivered, .unwanted])
                #expect(try await database.history(of: off[0]).state == .suppressed(reason: "preference"))
                #expect(try await database.history(of: off[2]).state == .delivered)
                for type in types { try await database.choose(true, type) }
                #expect(try await database.outcomes(all()) == [.delivered, .delivered, .delivered, .delivered])
                // What others chose is theirs.
                for type in types { try await database.choose(false, type, for: "bob") }
                #expect(try await database.outcomes(all()) == [.delivered, .delivered, .delivered, .delivered])
            }
        }

        /// What was decided stays so, whatever people choose later.
        @Test func aRedeliveryFindsThePreferenceOfBefore() async throws {
            try await withDatabase { database async throws in
                try await database.choose(false)
                let notification = sample()
                #expect(try await database.outcomes([notification]) == [.unwanted])
                try await database.choose(true)
                #expect(try await database.outcomes([notification]) == [nil])
                #expect(try await database.history(of: notification).state == .suppressed(reason: "preference"))
                #expect(try await database.unread().items.isEmpty)
            }
        }

        @Test func theLimitOfAMinute() async throws {
            try await withDatabase { database async throws in
                let batch = (0..<5).map { _ in sample() }
                let limits = InsertInbox.Limits.perMinute(3)
                #expect(
                    try await database.outcomes(batch, limits: limits)
                        == [.delivered, .delivered, .delivered, .tooMany, .tooMany])
                // The next batch finds them, at whatever second of the minute it is due.
                let lastOfMinute = Instant(microseconds: sampleTime.microseconds + 59_999_999)
                #expect(try await database.outcomes([sample(dueAt: lastOfMinute)], limits: limits) == [.tooMany])
                let neighbours = [
                    sampleTime.advanced(bySeconds: 60), Instant(microseconds: sampleTime.microseconds - 1),
                ]
                #expect(
                    try await database.outcomes(neighbours.map { sample(dueAt: $0) }, limits: limits)
                        == [.delivered, .delivered])
                #expect(try await database.outcomes([sample(to: "bob")], limits: limits) == [.delivered])
                #expect(try await database.history(of: batch[4]).state == .suppressed(reason: "rate-limit"))
                #expect(try await database.unread().items.count == 5)
            }
        }

        /// Neither critical ones nor what is not delivered is counted; critical ones pass, a priority lifts nothing.
        @Test func whatCountsInAMinute() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                try await database.register("alarm", isCritical: true)
                try await database.choose(false, "status_change")
                let batch = [
                    sample(type: "alarm"), sample(type: "status_change"), sample(expiresAt: now),
                    sample(type: "new_message", priority: .critical), sample(type: "new_message", priority: .critical),
                    sample(type: "new_message", priority: .critical), sample(type: "alarm"), sample(type: "alarm"),
                ]
                let outcomes: [History.Outcome] = [
                    .delivered, .unwanted, .expired, .delivered, .delivered, .tooMany, .delivered, .delivered,
                ]
                #expect(try await database.outcomes(batch, limits: .perMinute(2)) == outcomes)
                // The same when they are there already.
                let more = [sample(type: "alarm"), sample(), sample(type: "status_change")]
                #expect(
                    try await database.outcomes(more, limits: .perMinute(3)) == [.delivered, .delivered, .unwanted])
                // A type that is critical only later does not give back what was counted.
                try await database.register("new_message", isCritical: true)
                #expect(try await database.outcomes([sample()], limits: .perMinute(1)) == [.delivered])
                try await database.register("new_message")
                #expect(try await database.outcomes([sample()], limits: .perMinute(3)) == [.tooMany])
                #expect(try await database.outcomes([sample()], limits: .perMinute(4)) == [.delivered])
            }
        }

        /// Redelivered ones neither count twice nor push others out, and doubles in a batch count once.
        @Test func redeliveriesAreNotCounted() async throws {
            try await withDatabase { database async throws in
                let (a, b, c, d) = (sample("a"), sample("b"), sample("c"), sample("d"))
                let limits = InsertInbox.Limits.perMinute(3)
                #expect(
                    try await database.outcomes([a, a, b, a], limits: limits) == [
                        .delivered, .delivered, .delivered, .delivered,
                    ])
                #expect(
                    try await database.outcomes([b, a, c, c, d], limits: limits) == [
                        nil, nil, .delivered, .delivered, .tooMany,
                    ])
                #expect(try await database.outcomes([d, c, b, a], limits: limits) == [nil, nil, nil, nil])
                // There is room by now, but d was decided.
                #expect(try await database.outcomes([d], limits: .perMinute(100)) == [nil])
                #expect(try await database.count("inbox") == 4)
                #expect(try await database.history(of: d).state == .suppressed(reason: "rate-limit"))
            }
        }

        /// In a batch the first reason holds: an expired one is expired, though it was switched off and there are too many.
        @Test func theOrderOfReasons() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                try await database.choose(false)
                let erased = sample(to: "erased", expiresAt: now)
                try await database.erase("erased")
                let cancelled = sample(expiresAt: now)
                try await PutTombstone.run(cancelled.id, of: shop, on: database.pool)
                let batch = [
                    sample(type: "status_change"), cancelled, erased, sample(expiresAt: now), sample(),
                    sample(type: "status_change"),
                ]
                #expect(
                    try await database.outcomes(batch, limits: .perMinute(1))
                        == [.delivered, nil, nil, .expired, .unwanted, .tooMany])
            }
        }

        @Test func whatIsOlderThanTheWindowHasExpired() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let limits = InsertInbox.Limits(retentionDays: 2, perUserAndMinute: 100)
                let times = [-2 * 86_400 - 60, -2 * 86_400 + 60, -60, 60].map { now.advanced(bySeconds: $0) }
                for week in Set(times.map { Week(of: $0) }) {
                    try await CreateInboxPartition.run(week, on: database.pool)
                }
                try await database.register("alarm", isCritical: true)
                let batch = times.map { sample(dueAt: $0) } + [sample(type: "alarm", dueAt: times[0])]
                #expect(
                    try await database.outcomes(batch, limits: limits)
                        == [.expired, .delivered, .delivered, .delivered, .expired])
                #expect(try await database.history(of: batch[0]).state == .expired)
            }
        }

        /// Two deliveries at once: whoever is second waits for the first one's commit, and counts what it wrote.
        @Test(arguments: [true, false])
        func theSecondOfTwoCountsTheFirst(firstCommits: Bool) async throws {
            struct Undone: Error {}
            try await withDatabase { database async throws in
                try await database.deliver(sample(dueAt: sampleTime.advanced(bySeconds: -3_600)))
                let (one, two) = ((0..<60).map { _ in sample() }, (0..<60).map { _ in sample() })
                let limits = InsertInbox.Limits.perMinute(100)
                try await withThrowingTaskGroup(of: [History.Outcome?].self) { group async throws in
                    do {
                        try await database.pool.transaction { connection async throws in
                            let written = try await StoreTests.deliver(one, limits: limits, on: connection)
                            #expect(written.count == 60 && written.allSatisfy { $0.isDelivered })
                            group.addTask { try await database.outcomes(two, limits: limits) }
                            #expect(try await database.areBlocked(1))
                            if !firstCommits { throw Undone() }
                        }
                    } catch is Undone {}
                    let second = try #require(try await group.next())
                    #expect(second.count { $0 == .delivered } == (firstCommits ? 40 : 60))
                    #expect(second.count { $0 == .tooMany } == (firstCommits ? 20 : 0))
                }
            }
        }
    }
}
