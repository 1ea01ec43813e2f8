import Foundation
import Notifications
import Store
import Testing
import Wire

@testable import Notifi

extension Live {
    /// What is measured is measured on rows as production has them.
    @Suite struct OutboxFillTests {
        private let service = UUID()

        @Test(arguments: [1, 4])
        func rowsAreWhatARouterStores(shards: Int) async throws {
            try await withDatabase { database in
                let fill = OutboxFill(service: self.service, shards: shards)
                // The second part goes on where the first one ended.
                let first = Instant(microseconds: 1_750_000_000_123_456)
                let dues = [first, first.advanced(bySeconds: 60)]
                for due in dues { try await fill.add(300, firstDue: due, on: database.pool) }
                var rows: [ClaimDue.Row] = []
                for shard in 0..<shards {
                    let claimed = try await ClaimDue.run(
                        shard: Int32(shard), low: .beginning, limit: 1_000, on: database.pool)
                    #expect(claimed.count == 600 / shards)
                    rows += claimed
                }
                rows.sort { $0.place < $1.place }
                let expected = dues.flatMap { due in (0..<300).map { due.microseconds + Int64($0) } }
                #expect(rows.map(\.dueAt.microseconds) == expected)
                #expect(Set(rows.map(\.id)).count == 600)
                #expect(Set(rows.map(\.userID)).count == 600)
                for row in rows {
                    let notification = try Notification(encoded: row.payload, trace: row.trace)
                    #expect(notification.id == row.id)
                    #expect(notification.id.version == 7)
                    #expect(notification.userID == row.userID)
                    #expect(notification.service == self.service && row.service == self.service)
                    #expect(notification.dueAt == row.dueAt)
                    #expect(notification.acceptedAt == row.acceptedAt)
                    #expect(notification.revision == row.revision)
                    #expect(notification.isScheduled)
                    #expect(row.trace != nil)
                    #expect(try notification.encoded() == row.payload)
                }
            }
        }
    }
}
