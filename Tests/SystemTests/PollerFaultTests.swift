import Glibc
import Kafka
import Notifications
import Postgres
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// One of two pollers hangs, or dies, with rows claimed: caught in the act, between its claim and its commit.
    @Suite(.disabled(if: Brokers.areExternal, "slows the embedded brokers"))
    struct PollerFaultTests {
        private static let options = Installation.Options(replicas: [.poller: 2])

        /// 40 for each of these moments, which begin in so many seconds.
        private static func schedule(
            _ seconds: [Double], by installation: Installation
        ) async throws -> [(users: [String], accepted: [Load.Accepted])] {
            var groups: [(users: [String], accepted: [Load.Accepted])] = []
            for (number, seconds) in seconds.enumerated() {
                let users = installation.users(8, "group-\(number)")
                let at = Instant.inSeconds(seconds)
                let batch = (0..<40).map { Outgoing(to: users[$0 % 8], "\($0)", at: at) }
                let results = try await installation.service.sendBatch(batch)
                let accepted = try zip(batch, results).enumerated().map { place, pair in
                    let id = try #require(pair.1.notification?.id)
                    return Load.Accepted(
                        id: id, userID: pair.0.userID, message: pair.0.message, schedule: at, place: place)
                }
                groups.append((users, accepted))
            }
            try await require("all are in the outbox", within: .seconds(5)) {
                try await installation.database.countInOutbox(of: groups.flatMap(\.users)) == 40 * seconds.count
            }
            return groups
        }

        /// Freezes the first poller as soon as it has claimed rows, while the second one is frozen and the brokers take a
        /// second to answer; then they answer at once again, and the second one goes on.
        private static func freezeTheFirst(holding users: [String], in installation: Installation) async throws {
            let embedded = try #require(installation.brokers.embedded)
            try embedded.setRoundTripTime(.seconds(1))
            try await require("a poller holds rows", within: .seconds(10)) {
                try await installation.database.pool.query(
                    """
                    SELECT FROM pg_stat_activity
                    WHERE application_name = 'notifi-poller' AND state = 'idle in transaction'
                        AND query LIKE '%DELETE FROM outbox%'
                    """
                ).count == 1
            }
            installation.daemons(.poller)[0].signal(SIGSTOP)
            try embedded.setRoundTripTime(.zero)
            installation.daemons(.poller)[1].signal(SIGCONT)
            #expect(try await installation.database.countInOutbox(of: users) == 40, "not committed")
        }

        @Test("one that hangs with rows claimed delays no others; its rows are free after 5 s, and come once")
        func oneHangs() async throws {
            try await withInstallation(Self.options) { installation in
                let pollers = installation.daemons(.poller)
                let groups = try await Self.schedule([2.5, 4, 5], by: installation)
                pollers[1].signal(SIGSTOP)
                defer { pollers[1].signal(SIGCONT) }
                try await Self.freezeTheFirst(holding: groups[0].users, in: installation)
                let frozen = ContinuousClock.now
                defer { pollers[0].signal(SIGCONT) }

                let others = groups[1].users + groups[2].users
                let rows = try await installation.decisions(of: others, count: 80)
                let late = rows.map { $0.delivered - $0.due }.sorted()
                #expect(late[0] >= 0)
                #expect(late[76] < 1_000_000, "others' p95 lateness of \(late[76]) µs")
                #expect(try await installation.database.countInOutbox(of: groups[0].users) == 40, "still held")

                try await require("the other one has taken the rows", within: .seconds(12)) {
                    try await installation.database.countInOutbox(of: groups[0].users) == 0
                }
                let took = ContinuousClock.now - frozen
                print("others' lateness: median \(late[40]) µs, largest \(late[79]) µs; held rows gone after \(took)")
                #expect(took < .seconds(7.5), "5 s of idle_in_transaction_session_timeout, and a look a second")
                pollers[0].signal(SIGCONT)
                try await pollers[0].waitUntilReady()
                try await installation.expectArrivals(
                    groups.flatMap(\.accepted), to: groups.flatMap(\.users), inOrder: false)
            }
        }

        @Test("one that is killed with rows claimed frees them within a second")
        func oneDies() async throws {
            try await withInstallation(Self.options) { installation in
                let pollers = installation.daemons(.poller)
                let groups = try await Self.schedule([2.5, 3.2], by: installation)
                pollers[1].signal(SIGSTOP)
                defer { pollers[1].signal(SIGCONT) }
                try await Self.freezeTheFirst(holding: groups[0].users, in: installation)
                // It goes on behind what the first one holds, and has to come back for it.
                try await require("the second one has gone on", within: .seconds(5)) {
                    try await installation.database.countInOutbox(of: groups[1].users) == 0
                }
                try #require(try await installation.database.countInOutbox(of: groups[0].users) == 40, "still held")
                try await pollers[0].kill()
                let killed = ContinuousClock.now
                try await require("the other one has taken the rows", within: .seconds(10)) {
                    try await installation.database.countInOutbox(of: groups[0].users) == 0
                }
                let took = ContinuousClock.now - killed
                print("the rows of the killed one were gone from the outbox after \(took)")
                #expect(took < .seconds(2.5), "free at once, and found by a look a second")
                try await installation.expectArrivals(
                    groups.flatMap(\.accepted), to: groups.flatMap(\.users), inOrder: false)
            }
        }
    }
}
