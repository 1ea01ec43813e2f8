import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct ListingWhatWasSent {
        private func list(
            after: ListSent.Place? = nil, user: String? = nil, status: String? = nil, withDeleted: Bool = false,
            limit: Int = 100, offset: Int = 0, of service: UUID = shop, _ database: TestDatabase
        ) async throws -> [ListSent.Row] {
            try await ListSent.run(
                ListSent.Query(
                    after: after, user: user, status: status, withDeleted: withDeleted, limit: limit, offset: offset),
                of: service, reading: reader, on: database.pool)
        }

        private func place(_ notification: Notification) -> ListSent.Place {
            ListSent.Place(acceptedAt: notification.acceptedAt, id: notification.id)
        }

        /// One in each state that a list can have; three in a row are accepted in the same millisecond.
        private func oneOfEach(in database: TestDatabase) async throws -> [String: Notification] {
            let later = try await database.now().advanced(bySeconds: 3_600)
            var number: Int64 = 0
            func next(dueAt: Instant? = nil, expiresAt: Instant? = nil, key: String? = nil) -> Notification {
                number += 1
                return sample(
                    to: number % 2 == 0 ? "bob" : "ann", "\(number)",
                    acceptedAt: sampleTime.advanced(bySeconds: number / 3), dueAt: dueAt, expiresAt: expiresAt, key: key
                )
            }
            let all = [
                "delivered": next(key: "k"), "read": next(), "expired": next(expiresAt: .distantPast),
                "suppressed:rate-limit": next(), "recalled": next(), "scheduled": next(dueAt: later),
                "cancelled": next(dueAt: later), "dead-lettered": next(),
            ]
            try await database.deliver(
                all: ["delivered", "read", "expired", "suppressed:rate-limit", "recalled"].compactMap { all[$0] })
            try await database.schedule(all: ["scheduled", "cancelled"].compactMap { all[$0] })
            let (read, suppressed) = (try #require(all["read"]), try #require(all["suppressed:rate-limit"]))
            _ = try await database.markRead(read.id, of: read.userID)
            _ = try await database.pool.query(
                "UPDATE inbox SET state = 'suppressed', reason = 'rate-limit' WHERE id = $1",
                [.uuid(suppressed.id.uuid)])
            try await database.cancel(try #require(all["recalled"]))
            try await database.cancel(try #require(all["cancelled"]))
            try await RecordDeadLetters.run(
                [try deadLetter(of: try #require(all["dead-lettered"]), offset: .random(in: 0...1_000_000_000))],
                on: database.pool)
            return all
        }

        private func newestFirst(_ notifications: some Sequence<Notification>) -> [Notification] {
            notifications.sorted {
                ($0.acceptedAt.microseconds, $0.id.description) > ($1.acceptedAt.microseconds, $1.id.description)
            }
        }

        @Test func everyStateInOrderWithItsContent() async throws {
            try await withDatabase { database async throws in
                let all = try await self.oneOfEach(in: database)
                let rows = try await self.list(withDeleted: true, database)
                #expect(rows.map(\.place.id) == self.newestFirst(all.values).map(\.id))
                for row in rows {
                    let notification = try #require(all[row.state.description])
                    #expect(row.place == self.place(notification))
                    #expect(row.userID == notification.userID)
                    #expect(row.notification?.content == notification.content)
                    #expect(row.notification?.dueAt == notification.dueAt)
                }
            }
        }

        @Test func withoutTheDeletedOnes() async throws {
            try await withDatabase { database async throws in
                var all = try await self.oneOfEach(in: database)
                (all["cancelled"], all["recalled"]) = (nil, nil)
                #expect(try await self.list(database).map(\.place.id) == self.newestFirst(all.values).map(\.id))
            }
        }

        @Test(arguments: [true, false])
        func byStatus(withDeleted: Bool) async throws {
            try await withDatabase { database async throws in
                let all = try await self.oneOfEach(in: database)
                for (status, notification) in all {
                    let rows = try await self.list(status: status, withDeleted: withDeleted, database)
                    let isHidden = !withDeleted && ["cancelled", "recalled"].contains(status)
                    #expect(rows.map(\.place.id) == (isHidden ? [] : [notification.id]), "\(status)")
                }
                for status in ["", "suppressed", "suppressed:other", "nonsense"] {
                    #expect(try await self.list(status: status, withDeleted: withDeleted, database).isEmpty)
                }
            }
        }

        @Test func byUser() async throws {
            try await withDatabase { database async throws in
                let all = try await self.oneOfEach(in: database)
                for user in ["ann", "bob", "Ann", ""] {
                    let rows = try await self.list(user: user, withDeleted: true, database)
                    #expect(rows.map(\.place.id) == self.newestFirst(all.values.filter { $0.userID == user }).map(\.id))
                }
            }
        }

        /// P6.
        @Test func anotherServiceSeesNothing() async throws {
            try await withDatabase { database async throws in
                let all = try await self.oneOfEach(in: database)
                for notification in all.values { try await database.cancel(notification, by: otherService) }
                #expect(try await self.list(withDeleted: true, of: otherService, database).isEmpty)
                #expect(try await self.list(withDeleted: true, database).count == all.count)
            }
        }

        /// Pages of every size, by cursor and by offset, have the same as one large page: no gap, nothing twice.
        @Test(arguments: [1, 2, 3, 7])
        func pageByPage(limit: Int) async throws {
            try await withDatabase { database async throws in
                var all: [Notification] = []
                for round in 0..<3 as Range<Int64> {
                    all += try await self.oneOfEach(in: database).values
                    try await database.deliver(sample(from: otherService))
                    let extra = (0..<2).map { _ in sample(acceptedAt: sampleTime.advanced(bySeconds: round)) }
                    try await database.deliver(all: extra)
                    all += extra
                }
                let whole = try await self.list(withDeleted: true, database).map(\.place)
                #expect(Set(whole.map(\.id)) == Set(all.map(\.id)))
                #expect(Set(whole).count == whole.count)

                var (byCursor, byOffset): ([ListSent.Place], [ListSent.Place]) = ([], [])
                while true {
                    let page = try await self.list(after: byCursor.last, withDeleted: true, limit: limit, database)
                    guard !page.isEmpty else { break }
                    #expect(page.count <= limit)
                    byCursor += page.map(\.place)
                }
                while true {
                    let page = try await self.list(withDeleted: true, limit: limit, offset: byOffset.count, database)
                    guard !page.isEmpty else { break }
                    byOffset += page.map(\.place)
                }
                #expect(byCursor == whole)
                #expect(byOffset == whole)
            }
        }

        /// What comes meanwhile stands before the cursor and moves nothing after it.
        @Test func theCursorHoldsItsPlace() async throws {
            try await withDatabase { database async throws in
                let old = (0..<6 as Range<Int64>).map { sample(acceptedAt: sampleTime.advanced(bySeconds: $0)) }
                try await database.deliver(all: old)
                let first = try await self.list(limit: 3, database).map(\.place)
                try await database.deliver(sample(acceptedAt: sampleTime.advanced(bySeconds: 99)))
                let second = try await self.list(after: first.last, limit: 3, database).map(\.place)
                #expect((first + second).map(\.id) == old.reversed().map(\.id))
            }
        }

        /// On its way from one table to the next a notification is in two of them, and still once in the list.
        @Test func whatIsInTwoPlacesIsListedOnce() async throws {
            try await withDatabase { database async throws in
                let (published, buried, both) = (sample(dueAt: sampleTime), sample(dueAt: sampleTime), sample())
                try await database.schedule(published, buried)
                try await database.deliver(published, both)
                for (offset, notification) in [buried, buried, both].enumerated() {
                    try await RecordDeadLetters.run(
                        [try deadLetter(of: notification, offset: Int64(offset))], on: database.pool)
                }
                let rows = try await self.list(withDeleted: true, database)
                #expect(Set(rows.map(\.place.id)) == [published.id, buried.id, both.id])
                #expect(rows.count == 3)
                // And each is in the state that its history tells.
                for (notification, state) in [(published, State.delivered), (buried, .scheduled), (both, .delivered)] {
                    #expect(rows.first { $0.place.id == notification.id }?.state == state)
                    #expect(try await database.history(of: notification).state == state)
                }
            }
        }

        /// A tombstone without an answer hides it already.
        @Test func aTombstoneWithoutAnAnswer() async throws {
            try await withDatabase { database async throws in
                let later = try await database.now().advanced(bySeconds: 3_600)
                let (delivered, scheduled) = (sample(), sample(dueAt: later))
                try await database.deliver(delivered)
                try await database.schedule(scheduled)
                for notification in [delivered, scheduled] {
                    try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                }
                #expect(try await self.list(database).isEmpty)
                #expect(try await self.list(withDeleted: true, database).map(\.state) == [.recalled])
            }
        }

        @Test func aRescheduledOneHasItsNewTime() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                let later = now.advanced(bySeconds: 7_200)
                _ = try await Reschedule.run(notification.id, of: shop, to: later, shards: 1, on: database.pool)
                let row = try #require(try await self.list(database).first)
                #expect(row.notification?.dueAt == later)
                #expect(row.notification?.revision == 1)
            }
        }

        @Test func garbageIsListedByItsPlace() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                let garbage = RecordDeadLetters.Row(
                    topic: "notifi.requests", partition: 0, offset: 0, recordedAt: sampleTime, reason: "malformed",
                    attempts: 1, id: notification.id, service: shop, userID: "ann", acceptedAt: notification.acceptedAt,
                    key: nil, value: [0xFF], trace: nil)
                try await RecordDeadLetters.run([garbage], on: database.pool)
                let row = try #require(try await self.list(database).first)
                #expect(row.state == .deadLettered)
                #expect(row.notification == nil)
                #expect(row.userID == "ann")
            }
        }
    }
}
