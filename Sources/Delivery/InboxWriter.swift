import Logging
import Notifications
import Operations
import Postgres
import Store

/// Writes batches into the inbox, each part of one in a transaction, and keeps at it until Postgres has them.
struct InboxWriter: Sendable {
    let pool: PostgresPool
    let lanes: Lanes
    let limits: InsertInbox.Limits
    let logger: Logger

    /// One to write, with what it came as.
    struct Item: Sendable {
        let place: Int
        let notification: Notification
        let payload: [UInt8]
    }

    struct Result: Sendable {
        /// What is new, and how long after the decision its transaction was committed, by a clock that nobody sets.
        var written: [(row: InsertInbox.Written, committing: Duration)] = []
        /// What has expired without a row: its partition is just leaving the inbox.
        var retired: [Item] = []
        /// By the user's bytes, the version that each inbox has now, also where nothing was new: a crash between commit and publish
        /// must not lose the change.
        var versions: [[UInt8]: Int64] = [:]
        /// What Postgres will never take.
        var poison: [(item: Item, reason: PostgresError)] = []

        /// - Parameter other: of other users.
        fileprivate mutating func merge(_ other: Result) {
            self.written += other.written
            self.retired += other.retired
            self.versions.merge(other.versions) { max($0, $1) }
            self.poison += other.poison
        }
    }

    /// A user's are written together: the locks on users' heads are never waited for crosswise, and the order stays.
    func write(_ items: [Item]) async throws -> Result {
        try await self.lanes.write(items, by: \.notification.userID) { try await self.writePart($0) }
            .reduce(into: Result()) { $0.merge($1) }
    }

    private func writePart(_ items: [Item]) async throws -> Result {
        var result = Result()
        result.poison = try await storeBisecting(items) { part in
            let (committed, retired): (Committed, [Item]) = try await retryForever(
                "writing the inbox", logger: self.logger,
                isRetriable: { !(($0 as? PostgresError)?.asksForFewer(than: part.count) ?? false) }
            ) {
                do {
                    return (try await self.writeOnce(part), [])
                } catch let error as PostgresError where error.isMissingPartition {
                    return try await self.writeWithPartitions(part)
                }
            }
            result.written += committed.written.map { ($0, committed.committing) }
            result.retired += retired
            result.versions.merge(committed.versions) { max($0, $1) }
        }
        return result
    }

    private typealias Committed = (written: [InsertInbox.Written], committing: Duration, versions: [[UInt8]: Int64])

    /// Makes the partitions that are missing. What is due in one that waits to be detached, for as long as somebody's
    /// transaction lasts, does not wait with it: it has expired.
    private func writeWithPartitions(_ items: [Item]) async throws -> (Committed, [Item]) {
        for week in Set(items.map { Week(of: $0.notification.dueAt) }).sorted() {
            try await CreateInboxPartition.run(week, on: self.pool)
        }
        let retiring = try await FindRetiring.run(
            items.map(\.notification), retentionDays: self.limits.retentionDays, on: self.pool)
        let retired = items.indices.filter(retiring.contains).map { items[$0] }
        let rest = items.indices.filter { !retiring.contains($0) }.map { items[$0] }
        guard !rest.isEmpty else { return (([], .zero, [:]), retired) }
        return (try await self.writeOnce(rest), retired)
    }

    private func writeOnce(_ items: [Item]) async throws -> Committed {
        var hasMetAnother = false
        while true {
            do {
                return try await self.transact(items)
            } catch is ErasedMeanwhile {
                // Seldom, and found at once the next time.
                continue
            } catch let error as PostgresError where error.isUniqueViolation && !hasMetAnother {
                // A row that somebody wrote without the lock of its user's head is no poison: the next look finds it.
                hasMetAnother = true
            }
        }
    }

    /// - Throws: `ErasedMeanwhile`, and then nothing is left of it: not even a head of the user's.
    private func transact(_ items: [Item]) async throws -> Committed {
        let clock = ContinuousClock()
        let (written, decided, versions) = try await self.pool.transaction { connection in
            let taken = try await TakeSeqs.run(items.map(\.notification), on: connection)
            let versions = taken.versions
            let items = items.indices.filter { !taken.erased.contains($0) }.map { items[$0] }
            let written = try await InsertInbox.run(
                numbered(items.map(\.notification), upTo: versions), limits: self.limits, on: connection)
            let decided = clock.now
            if written.count < items.count {
                let isWritten = Set(written.map(\.id))
                let rest = items.filter { !isWritten.contains($0.notification.id) }
                guard try await FindErased.run(rest.map(\.notification), on: connection).isEmpty else {
                    throw ErasedMeanwhile()
                }
                try await RecordCancelled.run(rest.map { ($0.notification, $0.payload) }, on: connection)
            }
            FailPoint.deliveryWritten.pass()
            return (written, decided, versions)
        }
        return (written, clock.now - decided, versions)
    }

    /// Somebody was erased between the look for the erased and the lock on their head.
    private struct ErasedMeanwhile: Error {}
}

/// Gives each user's notifications, in their order, the last numbers up to the user's new version.
func numbered(
    _ notifications: [Notification], upTo versions: [[UInt8]: Int64]
) -> [(notification: Notification, seq: Int64)] {
    var next = notifications.reduce(into: versions) { $0[Array($1.userID.utf8), default: 0] -= 1 }
    return notifications.map { notification in
        let user = Array(notification.userID.utf8)
        next[user, default: 0] += 1
        return (notification, next[user, default: 0])
    }
}
