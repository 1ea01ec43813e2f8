import Foundation
import Notifications
import Operations
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// P1 and P2: a member of a group loses its partitions in the middle of a batch, and goes on as though nothing were.
    @Suite(.installation(Installation.Options(replicas: [.router: 2, .delivery: 2])))
    struct RevokeTests {
        @Test(
            "one stands still within its batch until another has done it: each is in the inbox once, in order",
            arguments: [
                FailPoint.routerKeysClaimed, .routerOutboxWritten, .routerRouted, .deliveryTaken, .deliveryWritten,
                .deliveryCommitted,
            ])
        func revoke(_ point: FailPoint) async throws {
            let installation = try await Installation.healthy
            let daemon = try point.process
            let (first, second) = (installation.daemons(daemon)[0], installation.daemons(daemon)[1])
            let users = installation.users(6, "revoke")
            try await first.stop()
            try await second.stop()
            let due = Instant.inSeconds(2)
            let batch = (0..<5).flatMap { place in
                users.map { Outgoing(to: $0, "\(place)", key: "\(place)") }
                    + users.map { Outgoing(to: $0, "later \(place)", at: due) }
            }
            let results = try await installation.service.sendBatch(batch)
            let ids = try results.map { try #require($0.notification).id }
            if daemon == .delivery {
                try await installation.untilRouted()
                try await sleep(until: due)
            }

            first.arm(point, .stop)
            try await first.start()
            try await first.waitUntilStopped()
            first.disarm()
            let before = first.log
            // Its session ends while it stands still, and all of its partitions are the other's.
            try await installation.restart(second)
            for id in ids { _ = try await installation.service.record(of: id, in: "delivered", within: .seconds(60)) }
            try await installation.settle(users)
            let rows = try await installation.database.decisions(of: users)

            first.signal(SIGCONT)
            try await require("it learns that they are gone\n\(first.logTail())", within: .seconds(40)) {
                let since = first.log.dropFirst(before.count)
                return since.contains("partitions lost") || since.contains("not committed, since given away")
            }
            try await first.waitUntilReady()
            // What it had begun to send again is through when this, sent through both, has arrived.
            for user in users {
                let last = try await installation.service.send(Outgoing(to: user, "last"))
                _ = try await installation.service.record(of: last.id, in: "delivered", within: .seconds(40))
            }
            try await installation.settle(users)
            let after = try await installation.database.decisions(of: users)
            #expect(after.count == ids.count + users.count)
            let isKept = Dictionary(uniqueKeysWithValues: after.map { ($0.id, $0.seq) })
            #expect(rows.allSatisfy { isKept[$0.id] == $0.seq }, "what was decided stays as it was")
            #expect(Set(rows.map(\.id)) == Set(ids))
            try await Self.expectShown(to: users, in: installation)
        }

        /// Each once, the immediate ones in the order in which they were sent.
        private static func expectShown(to users: [String], in installation: Installation) async throws {
            for user in users {
                let shown = try await installation.person(user).inbox().sorted { $0.seq < $1.seq }
                let places = shown.filter { !$0.scheduled }.map(\.message)
                #expect(places == ["0", "1", "2", "3", "4", "last"], "\(user)")
                #expect(shown.count == 11 && Set(shown.map(\.id)).count == 11)
            }
        }
    }
}
