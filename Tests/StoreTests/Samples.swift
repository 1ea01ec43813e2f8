import FoundationEssentials
import Notifications
import Postgres
import Store
import Wire

/// A Friday, 2026-11-20T09:00:00Z; the databases have the inbox partitions of its week and the next.
let sampleTime = Instant(microseconds: 1_795_165_200_000_000)

let shop = UUID(bytes: [UInt8](repeating: 1, count: 16))
let otherService = UUID(bytes: [UInt8](repeating: 2, count: 16))

let reader: PayloadReader = { try Notification(encoded: $0, trace: $1) }

/// - Parameters:
///   - dueAt: what the sender scheduled; else it is due when it was accepted.
///   - key: an `Idempotency-Key`.
func sample(
    to userID: String = "ann", from service: UUID = shop, _ message: String = "Hello",
    acceptedAt: Instant = sampleTime, dueAt: Instant? = nil, expiresAt: Instant? = nil, key: String? = nil
) -> Notification {
    var random = SystemRandomNumberGenerator()
    let fresh = NotificationID.fresh(at: acceptedAt, using: &random)
    return Notification(
        id: key.map { .derived(service: service, key: $0, user: userID) } ?? fresh, service: service, userID: userID,
        content: Notification.Content(eventType: "new_message", message: message), acceptedAt: acceptedAt,
        dueAt: dueAt ?? acceptedAt, isScheduled: dueAt != nil, expiresAt: expiresAt,
        request: key.map { _ in fresh.uuid })
}

extension InboxItem {
    /// What the recipient is shown of a decision.
    init(_ decision: History.Decision) {
        let notification = decision.notification
        self.init(
            id: notification.id, content: notification.content, dueAt: notification.dueAt,
            isScheduled: notification.isScheduled, deliveredAt: decision.decidedAt, seq: decision.seq,
            readAt: decision.readAt, seenAt: decision.seenAt, archivedAt: decision.archivedAt)
    }
}

extension InsertInbox.Limits {
    /// `sampleTime` does not move: the window is a hundred years.
    static let wide = Self(retentionDays: 36_500, perUserAndMinute: 1_000_000)

    static func perMinute(_ count: Int64) -> Self { Self(retentionDays: 36_500, perUserAndMinute: count) }
}

/// Users' inboxes, as delivery writes them: numbers are taken and used in one transaction.
@discardableResult
func deliver(
    _ notifications: [Notification], limits: InsertInbox.Limits = .wide, on connection: PostgresConnection
) async throws -> [InsertInbox.Written] {
    // From 0, so that tests can tell the numbers.
    var next = try await TakeSeqs.run(notifications, at: .distantPast, on: connection).versions
    for notification in notifications { next[Array(notification.userID.utf8), default: 0] -= 1 }
    var rows: [(notification: Notification, seq: Int64)] = []
    for notification in notifications {
        let user = Array(notification.userID.utf8)
        next[user, default: 0] += 1
        rows.append((notification, next[user, default: 0]))
    }
    return try await InsertInbox.run(rows, limits: limits, on: connection)
}

func outboxRow(_ notification: Notification, shards: Int32 = 1) throws -> InsertOutbox.Row {
    InsertOutbox.Row(
        notification: notification, payload: try notification.encoded(), shard: notification.id.shard(of: shards))
}

extension TestDatabase {
    @discardableResult
    func deliver(_ notifications: Notification...) async throws -> [InsertInbox.Written] {
        try await self.deliver(all: notifications)
    }

    @discardableResult
    func deliver(
        all notifications: [Notification], limits: InsertInbox.Limits = .wide
    ) async throws -> [InsertInbox.Written] {
        try await self.pool.transaction { connection in
            try await StoreTests.deliver(notifications, limits: limits, on: connection)
        }
    }

    @discardableResult
    func schedule(_ notifications: Notification..., shards: Int32 = 1) async throws -> Int {
        try await self.schedule(all: notifications, shards: shards)
    }

    @discardableResult
    func schedule(all notifications: [Notification], shards: Int32 = 1) async throws -> Int {
        try await InsertOutbox.run(notifications.map { try outboxRow($0, shards: shards) }, on: self.pool).count
    }

    /// Both halves of a cancel, as the API does it.
    @discardableResult
    func cancel(_ notification: Notification, by service: UUID? = nil) async throws -> DecideCancel.Answer? {
        let service = service ?? notification.service
        try await PutTombstone.run(notification.id, of: service, on: self.pool)
        return try await DecideCancel.run(notification.id, of: service, shards: 1, on: self.pool)
    }

    func history(of notification: Notification, for service: UUID? = nil) async throws -> History {
        try await FindHistory.run(
            notification.id, of: service ?? notification.service, shards: 1, reading: reader, on: self.pool)
    }

    func unread(_ userID: String = "ann", before: Int64? = nil, limit: Int = 100) async throws -> InboxPage.Page {
        try await self.page(.unread, of: userID, before: before, limit: limit)
    }

    func page(
        _ filter: InboxPage.Filter?, of userID: String = "ann", eventType: String? = nil, before: Int64? = nil,
        limit: Int = 100
    ) async throws -> InboxPage.Page {
        try await InboxPage.run(
            InboxPage.Query(filter: filter, eventType: eventType, before: before, limit: limit), of: userID,
            requestsPerMinute: .max, on: self.pool)
    }

    func counts(_ userID: String = "ann") async throws -> [Int] {
        let counts = try await InboxCounts.run(userID, requestsPerMinute: .max, on: self.pool)
        return [counts.unread, counts.unseen]
    }

    @discardableResult
    func mark(
        _ notification: Notification, _ marks: InboxMarks, of userID: String = "ann"
    ) async throws -> MarkInbox.Marked? {
        try await MarkInbox.run(notification.id, of: userID, marks, requestsPerMinute: .max, on: self.pool).marked
    }

    @discardableResult
    func markRead(_ id: NotificationID, of userID: String) async throws -> MarkInbox.Marked? {
        try await MarkInbox.run(id, of: userID, InboxMarks(read: true), requestsPerMinute: .max, on: self.pool).marked
    }

    /// All of it, chunk by chunk.
    @discardableResult
    func markAll(
        _ mark: MarkAll.Mark, of userID: String = "ann", upTo seq: Int64, chunkSize: Int = MarkAll.chunkSize
    ) async throws -> MarkAll.Progress {
        var progress = MarkAll.Progress(upTo: seq)
        while progress.next != nil {
            progress = try await MarkAll.next(
                progress, mark, of: userID, requestsPerMinute: .max, chunkSize: chunkSize, on: self.pool)
        }
        return progress
    }

    /// The version of one inbox; 0 for who never got anything.
    func version(of userID: String) async throws -> Int64 {
        try await InboxVersionsOf.run([userID], on: self.pool)[Array(userID.utf8)] ?? 0
    }

    func claim(limit: Int32 = 100, low: Instant = .distantPast, shard: Int32 = 0) async throws -> [ClaimDue.Row] {
        try await ClaimDue.run(shard: shard, low: OutboxPlace(before: low), limit: limit, on: self.pool)
    }
}

extension Instant {
    static let distantPast = Instant(microseconds: 0)
}

/// What happens elsewhere, in order, for a test to await.
struct Arrivals<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>
    private let input: AsyncStream<Element>.Continuation

    init() {
        (self.stream, self.input) = AsyncStream.makeStream()
    }

    func add(_ element: Element) { self.input.yield(element) }

    /// Nil after `timeout`.
    func next(within timeout: Duration = .seconds(20)) async -> Element? {
        await withTaskGroup(of: Element?.self) { group in
            group.addTask {
                for await element in self.stream { return element }
                return nil
            }
            group.addTask {
                // Cancelled when something came.
                try? await Task.sleep(for: timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
