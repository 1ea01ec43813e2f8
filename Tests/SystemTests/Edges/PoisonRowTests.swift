import Foundation
import Kafka
import Notifications
import Postgres
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// P1: what Postgres will never take is found by halving, and costs the others nothing.
    @Suite(.installation(Installation.Options(environment: ["NOTIFI_DELIVERY_BATCH_SIZE": "1000"])))
    struct PoisonRowTests {
        @Test("one poison row among 1,000: 999 are delivered in their order, one is a dead letter, in few statements")
        func oneInAThousand() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "thousand")[0]
            let delivery = installation[.delivery]
            // All wait for it, in one partition.
            try await delivery.stop()
            var random = SystemRandomNumberGenerator()
            let poisoned = Int.random(in: 0..<1_000, using: &random)
            let all = (0..<1_000).map { place in
                let now = Instant.current.flooredToMilliseconds
                return Notifications.Notification(
                    id: .fresh(at: now, using: &random), service: installation.service.id, userID: user,
                    content: .init(eventType: "new_message", message: place == poisoned ? "a\0b" : "\(place)"),
                    acceptedAt: now, dueAt: now, isScheduled: false)
            }
            let receipts = try await installation.brokers.produce(
                try all.map { try $0.record(on: installation.topics.deliveries) })
            let before = try await installation.database.rollbacks()
            try await installation.restart(delivery)
            let rows = try await installation.decisions(of: [user], count: 999)
            #expect(
                rows.sorted { $0.seq < $1.seq }.map(\.id)
                    == all.indices.filter { $0 != poisoned }.map { all[$0].id.description })
            #expect(rows.allSatisfy { $0.state == "delivered" })

            let origin = receipts[poisoned]
            try await require("it is in the table", within: .seconds(30)) {
                try await installation.database.countDeadLetters(from: origin) == 1
            }
            let record = try await installation.service.record(of: all[poisoned].id.description, in: "dead-lettered")
            let detail = try #require(record.step("dead-lettered")?.detail)
            #expect(detail.contains("22021"), "\(detail)")
            for good in receipts where good.offset != origin.offset {
                #expect(try await installation.database.countDeadLetters(from: good) == 0)
                break
            }
            // Ten halvings of 1,000, should it have come as one batch; a few more where the batch was cut in two.
            try await require("the statistics tell of it", within: .seconds(30)) {
                try await installation.database.rollbacks() > before
            }
            let attempts = try await installation.database.rollbacks() - before
            #expect((1...12).contains(attempts), "\(attempts) transactions were rolled back")
        }

        /// P2 needs the unique key, and P1 that meeting it once is no reason to bury what is good.
        @Test("a row that meets the unique key once is written by the next look, and is no dead letter")
        func aKeyThatIsMetOnce() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "met-once")[0]
            // A sequence is not taken back by a rollback, so only the first attempt fails.
            try await installation.database.pool.withConnection { connection in
                try await connection.execute(
                    script: """
                        CREATE SEQUENCE met_once;
                        CREATE FUNCTION meet_once() RETURNS trigger LANGUAGE plpgsql AS $body$
                        BEGIN
                            IF new.user_id = '\(user)' AND nextval('met_once') = 1 THEN
                                RAISE unique_violation USING MESSAGE = 'met once';
                            END IF;
                            RETURN new;
                        END $body$;
                        CREATE TRIGGER met_once BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION meet_once();
                        """)
            }
            let record = try await installation.service.send(Outgoing(to: user, "written at the second look"))
            _ = try await installation.service.record(of: record.id, in: "delivered", within: .seconds(40))
            let met: Int64 = try #require(
                await installation.database.pool.query("SELECT last_value FROM met_once").first
            ).decode("last_value")
            #expect(met == 2)
            try await installation.database.pool.withConnection { connection in
                try await connection.execute(
                    script: "DROP TRIGGER met_once ON inbox; DROP FUNCTION meet_once; DROP SEQUENCE met_once")
            }
        }
    }
}

extension Database {
    /// Transactions that ended in vain, as far as sessions have told.
    fileprivate func rollbacks() async throws -> Int64 {
        try #require(
            await self.pool.query("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()").first
        ).decode("xact_rollback")
    }
}
