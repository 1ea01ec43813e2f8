import Foundation
import Notifications
import Postgres
import Store
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// Polls that are answered from memory, and what may go wrong with it. Entries hold for ten minutes here: whatever is
    /// seen sooner was told by the tail, or asked of Postgres.
    @Suite(.installation(Installation.Options(replicas: [.api: 3])))
    struct VersionCacheTests {
        /// Somebody with one notification whose ETag every replica holds in memory.
        private static func settled(
            _ name: String, on replicas: [APIReplica], in installation: Installation
        ) async throws -> (people: [PersonClient], id: String, etag: String) {
            let user = installation.users(1, name)[0]
            let sent = try await installation.service.send(Outgoing(to: user, "the first one"))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
            let session = try await installation.token(of: user)
            let people = replicas.map { $0.person(user, session: session) }
            var etags: Set<String> = []
            for person in people { etags.insert(try await person.settledETag()) }
            try #require(etags.count == 1, "\(etags)")
            return (people, sent.id, etags.first ?? "")
        }

        @Test("a change through one replica ends the 304s of the others within the tail's lag, and asks no database")
        func changesTravel() async throws {
            let installation = try await Installation.healthy
            try await installation.withReplicas { replicas in
                let (people, id, etag) = try await Self.settled("travel", on: replicas, in: installation)
                let before = try await replicas[1].lookups()
                for _ in 0..<20 { #expect(try await people[1].unread(etag: etag).status == 304) }
                #expect(try await people[0].markRead(id).status == 200)
                #expect(try await people[0].unread(etag: etag).status == 200, "the one that changed it knows at once")
                let began = ContinuousClock.now
                for person in people[1...] { try await person.waitForNews(since: etag, within: .seconds(3)) }
                print("a change was seen by both other replicas after \(ContinuousClock.now - began)")
                let after = try await replicas[1].lookups() - before
                #expect(after.memory >= 21 && after.postgres == 0, "\(after)")
            }
        }

        @Test("Postgres stopped: a poll of an unchanged inbox is a 304 all the same")
        func noDatabase() async throws {
            let installation = try await Installation.healthy
            try await installation.withReplicas { replicas in
                let (people, _, etag) = try await Self.settled("without", on: replicas, in: installation)
                try await installation.database.server.stop(.immediate)
                for _ in 0..<10 {
                    for person in people { #expect(try await person.unread(etag: etag).status == 304) }
                }
                #expect(try await people[0].unread().status == 503, "Postgres was away")
                try await installation.database.server.start()
                try await require("pages are there again", within: .seconds(20)) {
                    try await people[0].unread().status == 200
                }
            }
        }

        @Test("SIGKILL and restart of a replica: what changed meanwhile is seen, and memory serves again")
        func killedReplica() async throws {
            let installation = try await Installation.healthy
            try await installation.withReplicas { replicas in
                let (people, id, etag) = try await Self.settled("killed", on: replicas, in: installation)
                try await replicas[1].process.kill()
                #expect(try await people[0].markRead(id).status == 200)
                try await installation.restart(replicas[1].process)
                #expect(try await people[1].unread(etag: etag).status == 200)
                try await people[2].waitForNews(since: etag, within: .seconds(3))
                try await replicas[1].waitUntil(fresh: true)
                let new = try await people[1].settledETag()
                #expect(new != etag)
                let before = try await replicas[1].lookups()
                #expect(try await people[1].unread(etag: new).status == 304)
                #expect(try await people[1].unread(etag: etag).status == 200)
                let after = try await replicas[1].lookups() - before
                #expect(after.memory == 2 && after.postgres == 0, "\(after)")
            }
        }

        @Test(
            "Kafka away: polls are asked of Postgres, and what could not be announced is not forgotten when it is back",
            .disabled(if: Brokers.areExternal, "only embedded brokers can be taken away"))
        func kafkaAway() async throws {
            let installation = try await Installation.healthy
            try await installation.withReplicas { replicas in
                let (people, id, etag) = try await Self.settled("away", on: replicas, in: installation)
                try installation.brokers.set(up: false)
                for replica in replicas { try await replica.waitUntil(fresh: false, within: .seconds(10)) }
                let before = try await replicas[1].lookups()
                #expect(try await people[1].unread(etag: etag).status == 304)
                #expect(try await people[0].markRead(id).status == 200)
                #expect(try await people[1].unread(etag: etag).status == 200)
                let after = try await replicas[1].lookups() - before
                #expect(after.memory == 0 && after.postgres == 2, "\(after)")

                try installation.brokers.set(up: true)
                for replica in replicas { try await replica.waitUntil(fresh: true) }
                // The third one was not asked meanwhile, and nobody told it.
                for person in people { #expect(try await person.unread(etag: etag).status == 200) }
                let new = try await people[2].settledETag()
                let served = try await replicas[2].lookups()
                #expect(try await people[2].unread(etag: new).status == 304)
                #expect(try await replicas[2].lookups().memory == served.memory + 1)
            }
        }

        @Test("SIGKILL of a delivery between commit and publish: the redelivery announces it")
        func killedDelivery() async throws {
            let installation = try await Installation.healthy
            let pool = installation.database.pool
            try await installation.withReplicas { replicas in
                let (people, _, etag) = try await Self.settled("between", on: replicas, in: installation)
                let delivery = installation[.delivery]
                // A commit that waits for a standby that does not exist is durable, and not yet acknowledged.
                try await Self.configure("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", pool)
                do {
                    try await installation.service.send(Outgoing(to: people[0].userID, "the second one"))
                    try await require("the commit waits", within: .seconds(20)) {
                        let waiting = try await pool.query(
                            """
                            SELECT 1 FROM pg_stat_activity
                            WHERE wait_event = 'SyncRep' AND query = 'COMMIT' AND application_name = 'notifi-delivery'
                            """, [])
                        return !waiting.isEmpty
                    }
                    try await delivery.kill()
                } catch {
                    try await Self.configure("ALTER SYSTEM RESET synchronous_standby_names", pool)
                    throw error
                }
                try await Self.configure("ALTER SYSTEM RESET synchronous_standby_names", pool)
                try await require("it is committed", within: .seconds(10)) {
                    try await installation.database.countInInbox(of: [people[0].userID]) == 2
                }
                // Nobody was told: this is what the redelivery mends.
                #expect(try await people[1].unread(etag: etag).status == 304)
                try await installation.restart(delivery)
                for person in people { try await person.waitForNews(since: etag, within: .seconds(30)) }
            }
        }

        private static func configure(_ statement: String, _ pool: PostgresPool) async throws {
            _ = try await pool.query(PostgresStatement(statement, []))
            _ = try await pool.query(PostgresStatement("SELECT pg_reload_conf()", []))
        }

        @Test("a read mark that nobody announced is seen when the entry has expired")
        func neverAnnounced() async throws {
            let installation = try await Installation.healthy
            let secret = RandomText.make()
            let variables = ["NOTIFI_SESSION_JWT_SECRET": secret, "NOTIFI_HTTP_INBOX_CACHE_SECONDS": "3"]
            try await installation.withReplicas { replicas in
                let (people, id, etag) = try await Self.settled("silent", on: replicas, in: installation)
                let user = people[0].userID
                let session = try await TestSession(sub: user).signed(by: secret)
                try await withOwnAPI(beside: installation, variables) { api in
                    let brief = APIReplica(process: api.process, http: api.http)
                    try await brief.waitUntil(fresh: true)
                    let person = brief.person(user, session: session)
                    #expect(try await person.settledETag() == etag)
                    let (marked, _) = try await MarkInbox.run(
                        try #require(NotificationID(id)), of: user, InboxMarks(read: true), requestsPerMinute: 120,
                        on: installation.database.pool)
                    #expect(marked?.version != nil)
                    try await person.waitForNews(since: etag, within: .seconds(6))
                    // That it was not announced: whose entries hold for ten minutes cannot know yet.
                    #expect(try await people[1].unread(etag: etag).status == 304)
                }
            }
        }
    }
}
