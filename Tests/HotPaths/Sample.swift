import FoundationEssentials
import Kafka
import Notifications
import Wire

@testable import Postgres
@testable import Store

/// What the hot paths are run on: always the same messages, of some 200 bytes each.
struct Sample {
    static let accepted = Instant(microseconds: 1_795_165_200_000_000)
    static let version: Int64 = 1_795_165_200_000_000
    /// Who share a page's statement.
    static let readers = 2

    let service = UUID(bytes: [UInt8](repeating: 9, count: 16))
    let trace = TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    let types = ["status_change": EventType(name: "status_change", label: "Status")]
    let hosts: AllowedHosts
    let users: [String]
    let people: [Person]
    let bodies: [[UInt8]]
    let messages: [KafkaMessage]
    let scheduled: [KafkaMessage]
    let notifications: [Notification]
    let rows: [ClaimDue.Row]
    /// That knows each of the users.
    let versions: VersionMap
    /// Of these notifications, as Postgres answers it.
    let page: PostgresRows
    let now = ContinuousClock.now

    init(count: Int) throws {
        self.hosts = try AllowedHosts(["*.example.com"])
        self.users = (0..<count).map { "user-\($0)" }
        self.people = self.users.map { Person($0) }
        self.bodies = self.users.map { user in
            Array(
                """
                {"user_id":"\(user)","event_type":"status_change","title":"On its way","priority":"high",\
                "message":"\(Self.text)","action_url":"https://shop.example.com/orders/100042",\
                "data":{"order":100042,"items":["lamp","table"]}}
                """.utf8)
        }
        self.messages = try Self.messages(for: self.users, isScheduled: false, service: self.service, trace: self.trace)
        self.scheduled = try Self.messages(for: self.users, isScheduled: true, service: self.service, trace: self.trace)
        self.notifications = try self.messages.map { try Notification($0) }
        self.rows = try self.scheduled.map { message in
            let notification = try Notification(message)
            return ClaimDue.Row(
                id: notification.id, service: notification.service, userID: notification.userID,
                dueAt: notification.dueAt, revision: 0, acceptedAt: notification.acceptedAt,
                scheduledAt: notification.dueAt, traceparent: notification.trace?.description,
                payload: message.value ?? [],
                claimedAt: notification.dueAt, isCancelled: false)
        }
        var versions = VersionMap(limit: 100_000, expirySeconds: 600, origin: self.now)
        versions.restart([0])
        versions.returned(versions.beat(at: self.now), from: 0, at: self.now)
        for person in self.people {
            guard case .unknown(let ticket) = versions.ask(person, at: self.now) else { continue }
            _ = versions.enter(Self.version, for: ticket)
        }
        self.versions = versions
        self.page = try Self.page(of: self.notifications)
    }

    private static let text =
        "Your order 100042 has left the warehouse and will be with you tomorrow between nine and noon; you can follow "
        + "it on its way at any time."

    private static func page(of notifications: [Notification]) throws -> PostgresRows {
        let columns: [(name: String, value: @Sendable (Int) -> PostgresValue)] = [
            ("place", { .int8(Int64(1 + $0 * Self.readers / notifications.count)) }), ("requests", { _ in .int4(1) }),
            ("seconds_left", { _ in .int8(30) }), ("version", { _ in .int8(Self.version) }),
            ("id", { .uuid(notifications[$0].id.uuid) }), ("due_at", { .instant(notifications[$0].dueAt) }),
            ("seq", { .int8(Self.version - Int64($0)) }),
            ("event_type", { .text(notifications[$0].content.eventType) }),
            ("priority", { .text(notifications[$0].content.priority.rawValue) }),
            ("title", { .text(notifications[$0].content.title) }),
            ("message", { .text(notifications[$0].content.message) }),
            ("action_url", { .text(notifications[$0].content.actionURL) }),
            ("data", { .text(notifications[$0].content.data) }),
            ("scheduled", { .bool(notifications[$0].isScheduled) }),
            ("delivered_at", { .instant(notifications[$0].dueAt) }), ("read_at", { _ in .null }),
            ("seen_at", { .instant(notifications[$0].dueAt) }), ("archived_at", { _ in .null }),
        ]
        let cells = try EncodedParameters(
            notifications.indices.flatMap { row in columns.map { $0.value(row) } })
        return PostgresRows(
            storage: PostgresRows.Storage(
                columns: columns.enumerated().map { PostgresRows.Column(name: $1.name, type: cells.types[$0]) },
                bytes: cells.bytes,
                spans: cells.spans.map { span in
                    PostgresRows.Span(offset: span?.lowerBound ?? 0, length: span?.count ?? -1)
                }, rowCount: notifications.count, affected: notifications.count))
    }

    private static func messages(
        for users: [String], isScheduled: Bool, service: UUID, trace: TraceContext?
    ) throws -> [KafkaMessage] {
        try users.enumerated().map { number, user in
            let id = NotificationID(uuid: UUID(bytes: [UInt8](repeating: 7, count: 15) + [UInt8(number)]))
            let record = try Notification(
                id: id, service: service, userID: user,
                content: Notification.Content(
                    eventType: "status_change", message: Self.text, title: "On its way",
                    actionURL: "https://shop.example.com/orders/100042", priority: .high,
                    data: #"{"items":["lamp","table"],"order":100042}"#),
                acceptedAt: Self.accepted, dueAt: Self.accepted, isScheduled: isScheduled, trace: trace
            ).record(on: "notifi.requests")
            return KafkaMessage(
                topic: record.topic, partition: 0, offset: Int64(number), timestampMilliseconds: 0, key: record.key,
                value: record.value, headers: record.headers)
        }
    }
}
