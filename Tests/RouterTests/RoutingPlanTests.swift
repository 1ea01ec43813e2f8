import FoundationEssentials
import Kafka
import Notifications
import Testing
import Wire

@testable import Router

@Suite struct RoutingPlanTests {
    private static let accepted = Instant(microseconds: 1_795_165_200_000_000)

    private func notification(_ number: UInt8, isScheduled: Bool = false, isKeyed: Bool = false) -> Notification {
        let bytes = [UInt8](repeating: 0, count: 15) + [number]
        return Notification(
            id: NotificationID(uuid: UUID(bytes: bytes)), service: UUID(bytes: [UInt8](repeating: 9, count: 16)),
            userID: "u\(number)", content: Notification.Content(eventType: "new_message", message: "Hello"),
            acceptedAt: Self.accepted, dueAt: Self.accepted, isScheduled: isScheduled,
            request: isKeyed ? UUID(bytes: bytes) : nil)
    }

    private func message(_ notification: Notification, offset: Int64) throws -> KafkaMessage {
        let record = try notification.record(on: "notifi.requests")
        return KafkaMessage(
            topic: record.topic, partition: 0, offset: offset, timestampMilliseconds: 0, key: record.key,
            value: record.value, headers: record.headers)
    }

    private func plan(_ notifications: [Notification]) throws -> RoutingPlan {
        RoutingPlan(try notifications.enumerated().map { try self.message($1, offset: Int64($0)) })
    }

    @Test func nothing() {
        let plan = RoutingPlan([])
        #expect(plan.notifications.isEmpty)
        #expect(plan.unreadable.isEmpty)
        #expect(plan.keyed.isEmpty)
    }

    @Test func eachGoesItsWayInOrder() throws {
        let sent = [
            self.notification(1), self.notification(2, isScheduled: true), self.notification(3),
            self.notification(4, isScheduled: true, isKeyed: true),
        ]
        let plan = try self.plan(sent)
        #expect(plan.notifications.map(\.notification) == sent)
        #expect(plan.notifications.map(\.message.offset) == [0, 1, 2, 3])
        #expect(plan.notifications.map(\.route) == [.now, .outbox, .now, .outbox])
        #expect(plan.keyed == [sent[3]])
    }

    /// What nobody can read is set aside with its reason, and blocks nothing.
    @Test func theUnreadable() throws {
        let garbage = { (offset: Int64, value: [UInt8]?) in
            KafkaMessage(
                topic: "notifi.requests", partition: 0, offset: offset, timestampMilliseconds: 0, key: nil, value: value
            )
        }
        let plan = RoutingPlan([
            garbage(0, [0xFF]), try self.message(self.notification(1), offset: 1), garbage(2, nil), garbage(3, []),
            try self.message(self.notification(2), offset: 4),
        ])
        #expect(plan.notifications.map(\.message.offset) == [1, 4])
        #expect(plan.unreadable.map(\.message.offset) == [0, 2, 3])
        #expect(
            plan.unreadable.map(\.reason) == [
                .malformed(schema: "notifi.v1.Notification"), .invalid(field: "id"), .invalid(field: "id"),
            ])
    }

    /// Every verdict meets its own; what has no key is kept whatever the verdicts are.
    @Test(arguments: 0..<64)
    func repeatsAreLeftOut(pattern: Int) throws {
        let isKeyed = (0..<6).map { pattern >> $0 & 1 == 1 }
        let count = isKeyed.count { $0 }
        for verdictPattern in 0..<(1 << count) {
            let verdicts = (0..<count).map { verdictPattern >> $0 & 1 == 1 }
            var plan = try self.plan(isKeyed.enumerated().map { self.notification(UInt8($0), isKeyed: $1) })
            #expect(plan.keyed.count == count)
            var rest = verdicts[...]
            let expected = isKeyed.indices.filter { !isKeyed[$0] || rest.removeFirst() }
            plan.keep(verdicts)
            #expect(plan.notifications.map(\.message.offset) == expected.map { Int64($0) })
        }
    }
}

/// What a delivery is made of.
@Suite struct DeliveryRecordTests {
    private static let notification = Notification(
        id: NotificationID(uuid: UUID(bytes: (0..<16).map { 0xA0 + $0 })),
        service: UUID(bytes: [UInt8](repeating: 9, count: 16)), userID: "someone with a long name",
        content: Notification.Content(eventType: "new_message", message: "Hello"),
        acceptedAt: Instant(microseconds: 1_795_165_200_000_000),
        dueAt: Instant(microseconds: 1_795_165_200_000_000), isScheduled: false)

    private func delivery(
        of record: KafkaRecord, key: [UInt8]? = nil, headers: [KafkaHeader]? = nil
    ) throws -> KafkaRecord {
        let message = KafkaMessage(
            topic: "notifi.requests", partition: 0, offset: 0, timestampMilliseconds: 0, key: key ?? record.key,
            value: record.value, headers: headers ?? record.headers)
        return try #require(RoutingPlan([message]).notifications.first).delivery(on: "notifi.deliveries")
    }

    @Test(
        "it is the record that an API would have written",
        arguments: [nil, TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")])
    func same(_ trace: TraceContext?) throws {
        var notification = Self.notification
        notification.trace = trace
        let record = try notification.record(on: "notifi.requests")
        var expected = record
        expected.topic = "notifi.deliveries"
        #expect(try self.delivery(of: record) == expected)
        #expect(record.headers.count == (trace == nil ? 2 : 3))
    }

    @Test("what is wrong beside its value is made anew")
    func mended() throws {
        let record = try Self.notification.record(on: "notifi.requests")
        var expected = record
        expected.topic = "notifi.deliveries"
        #expect(try self.delivery(of: record, key: [1, 2, 3]) == expected)
        #expect(try self.delivery(of: record, key: Array("someone".utf8)) == expected)
        let (id, service) = (record.headers[0], record.headers[1])
        let other = KafkaHeader(name: id.name, value: UUID(bytes: [UInt8](repeating: 7, count: 16)).uuidString)
        for headers in [
            [], [id], [service, id], [id, service, id], [other, service],
            [KafkaHeader(name: id.name, value: String(decoding: id.value, as: UTF8.self).uppercased()), service],
            [id, KafkaHeader(name: service.name, value: [])], [id, KafkaHeader(name: "x", value: service.value)],
        ] {
            #expect(try self.delivery(of: record, headers: headers) == expected, "\(headers)")
        }
    }

    @Test("a field that only a newer version knows goes on")
    func unknown() throws {
        var notification = Self.notification
        // Field 1,000, a varint.
        notification.unknownFields = [0xC0, 0x3E, 0x01]
        let record = try notification.record(on: "notifi.requests")
        #expect(try self.delivery(of: record).value == record.value)
    }
}
