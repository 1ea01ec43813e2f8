import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct RequestCounts {
        private static func tries(
            _ number: Int, limit: Int, on pool: PostgresPool, _ ask: @escaping @Sendable () async throws -> Void
        ) async throws -> Int {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<number {
                    group.addTask {
                        do {
                            try await ask()
                            return 1
                        } catch is TooManyRequests {
                            return 0
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
        }

        /// Repeats what a minute that began meanwhile has spoiled.
        private static func withinOneMinute<Outcome: Sendable>(
            _ database: TestDatabase, _ body: () async throws -> Outcome
        ) async throws -> Outcome {
            while true {
                _ = try await database.pool.query("TRUNCATE inbox_requests")
                let before = try await database.now().microseconds / 60_000_000
                let outcome = try await body()
                if try await database.now().microseconds / 60_000_000 == before { return outcome }
            }
        }

        @Test func exactlyTheLimitPassesHoweverManyAskAtOnce() async throws {
            try await withDatabase { database async throws in
                try await database.deliver(all: (0..<3).map { sample("\($0)") })
                let item = try #require(try await database.unread().items.first)
                let passed = try await Self.withinOneMinute(database) {
                    try await withPool(database.configuration) { other in
                        // Two pools, as two replicas have; and every kind of request counts alike.
                        async let one = Self.tries(40, limit: 50, on: database.pool) {
                            _ = try await InboxPage.run(
                                InboxPage.Query(limit: 5), of: "ann", requestsPerMinute: 50, on: database.pool)
                            _ = try await MarkInbox.run(
                                item.id, of: "ann", InboxMarks(seen: true), requestsPerMinute: 50,
                                on: database.pool)
                        }
                        async let two = Self.tries(40, limit: 50, on: other) {
                            _ = try await InboxCounts.run("ann", requestsPerMinute: 50, on: other)
                        }
                        _ = try await (one, two)
                        return try await database.pool.query("SELECT requests FROM inbox_requests")[0]
                            .decode(0, as: Int32.self)
                    }
                }
                #expect(passed == 50, "not one more is written")
                let exact = try await Self.withinOneMinute(database) {
                    try await Self.tries(90, limit: 50, on: database.pool) {
                        _ = try await CountRequest.run("ann", limit: 50, on: database.pool)
                    }
                }
                #expect(exact == 50)
            }
        }

        @Test func itTellsWhatIsLeftAndWhenTheMinuteEnds() async throws {
            try await withDatabase { database async throws in
                let told = try await Self.withinOneMinute(database) {
                    var told: [RequestAllowance?] = []
                    for _ in 0..<3 { told.append(try await CountRequest.run("ann", limit: 3, on: database.pool)) }
                    do {
                        _ = try await CountRequest.run("ann", limit: 3, on: database.pool)
                        told.append(nil)
                    } catch let refused as TooManyRequests {
                        told.append(refused.allowance)
                    }
                    // Others have their own.
                    told.append(try await CountRequest.run("bob", limit: 3, on: database.pool))
                    return told
                }
                #expect(told.map { $0?.left } == [2, 1, 0, 0, 2], "the fourth is refused")
                for allowance in told { #expect((1...60).contains(allowance?.secondsLeft ?? 0)) }
            }
        }

        @Test(arguments: [
            ("an hour ago", "- interval '1 hour'", 1), ("in the last minute", "- interval '1 minute'", 1),
            ("in an hour, by a clock that was put back", "+ interval '1 hour'", 1),
        ])
        func aMinuteEndsTheCount(_ what: String, _ offset: String, _ requests: Int) async throws {
            try await withDatabase { database async throws in
                let counted = try await Self.withinOneMinute(database) {
                    _ = try await database.pool.query(
                        PostgresStatement(
                            "INSERT INTO inbox_requests "
                                + "VALUES ('ann', date_trunc('minute', clock_timestamp()) \(offset), 120)"))
                    return try await CountRequest.run("ann", limit: 120, on: database.pool).left
                }
                #expect(counted == 120 - requests, "\(what)")
            }
        }

        /// One that waited over the end of a minute counts in the one that another has begun.
        @Test func theNextMinuteThatHasBegunIsKept() async throws {
            try await withDatabase { database async throws in
                let left = try await Self.withinOneMinute(database) {
                    _ = try await database.pool.query(
                        """
                        INSERT INTO inbox_requests
                        VALUES ('ann', date_trunc('minute', clock_timestamp()) + interval '1 minute', 20)
                        """)
                    return try await CountRequest.run("ann", limit: 120, on: database.pool).left
                }
                #expect(left == 99)
            }
        }

        /// Over the limit no work is done, and nothing changes.
        @Test func overTheLimitNothingHappens() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                // As though a minute had just begun for another request, so that it does not end meanwhile.
                _ = try await database.pool.query(
                    """
                    INSERT INTO inbox_requests
                    VALUES ('ann', date_trunc('minute', clock_timestamp()) + interval '1 minute', 1)
                    """)
                await #expect(throws: TooManyRequests.self) {
                    try await InboxPage.run(
                        InboxPage.Query(limit: 1), of: "ann", requestsPerMinute: 1, on: database.pool)
                }
                await #expect(throws: TooManyRequests.self) {
                    try await InboxCounts.run("ann", requestsPerMinute: 1, on: database.pool)
                }
                await #expect(throws: TooManyRequests.self) {
                    _ = try await MarkInbox.run(
                        notification.id, of: "ann", InboxMarks(read: true), requestsPerMinute: 1, on: database.pool)
                }
                await #expect(throws: TooManyRequests.self) {
                    _ = try await MarkAll.next(
                        MarkAll.Progress(upTo: 1), .read, of: "ann", requestsPerMinute: 1, on: database.pool)
                }
                await #expect(throws: TooManyRequests.self) {
                    _ = try await LoadPreferences.run("ann", requestsPerMinute: 1, on: database.pool)
                }
                await #expect(throws: TooManyRequests.self) {
                    _ = try await PutPreferences.run(
                        PreferenceChanges([PreferenceChanges.Change(eventType: "new_message", isEnabled: false)]),
                        of: "ann", requestsPerMinute: 1, on: database.pool)
                }
                #expect(try await database.history(of: notification).state == .delivered)
                #expect(try await database.count("preferences") == 0)
                #expect(try await database.version(of: "ann") == 1)
            }
        }
    }
}
