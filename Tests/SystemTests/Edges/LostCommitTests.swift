import Foundation
import Glibc
import Kafka
import Notifications
import Postgres
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// P1 and P2: a poller does not wait until its commit is on Postgres' disk. What a crash of Postgres takes back is
    /// published again.
    @Suite(.installation)
    struct LostCommitTests {
        private static let count = 20

        @Test("a claim that was committed, and lost by Postgres in a crash: published twice, in the inbox once")
        func lost() async throws {
            let installation = try await Installation.healthy
            let database = installation.database
            let (poller, delivery) = (installation[.poller], installation[.delivery])
            // Nobody else's commit is to take the poller's along to the disk.
            try await delivery.stop()
            var wasLost = false
            // Some process of Postgres may be about to write just then; not every time.
            for round in 0..<5 where !wasLost {
                let users = installation.users(Self.count, "lost-\(round)")
                let due = Instant.inSeconds(3)
                let batch = users.map { Outgoing(to: $0, "lost", at: due) }
                let ids = Set(try await installation.service.sendBatch(batch).compactMap { $0.notification?.id })
                try await installation.untilRouted()
                try #require(await database.countInOutbox(of: users) == Self.count)
                try await Self.stopWriters(of: database)
                try await require("what is due is claimed", within: .seconds(20)) {
                    try await database.countInOutbox(of: users) == 0
                }
                try await poller.kill()
                try await database.server.restart(.immediate)
                wasLost = try await database.countInOutbox(of: users) > 0
                try await installation.restart(poller)
                try await installation.restart(delivery)
                let decisions = try await installation.decisions(of: users, count: Self.count)
                #expect(Set(decisions.map(\.id)) == ids)
                #expect(decisions.allSatisfy { $0.state == "delivered" && $0.delivered >= due.microseconds })
                if !wasLost { try await delivery.stop() }
            }
            #expect(wasLost, "no claim was lost")
        }

        /// They write what others have committed to the disk. The crash ends them, stopped or not.
        private static func stopWriters(of database: Database) async throws {
            let writers = try await database.pool.query(
                """
                SELECT pid FROM pg_stat_activity
                WHERE backend_type IN ('walwriter', 'background writer', 'checkpointer', 'autovacuum launcher')
                """)
            try #require(writers.count == 4)
            for writer in writers { try #require(Glibc.kill(try writer.decode("pid", as: Int32.self), SIGSTOP) == 0) }
        }
    }
}
