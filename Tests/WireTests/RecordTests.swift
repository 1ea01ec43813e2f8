import FoundationEssentials
import Kafka
import Notifications
import TestSupport
import Testing

@testable import Wire

@Suite struct NotificationRecordTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func aRecordIsReadBack(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let notification = random.notification()
        let record = try notification.record(on: "notifi.requests")
        #expect(record.topic == "notifi.requests")
        #expect(record.key == Array(notification.userID.utf8))
        #expect(text("notifi-id", of: record) == notification.id.description)
        #expect(text("notifi-service", of: record) == notification.service.uuidString.lowercased())
        #expect(text("traceparent", of: record) == notification.trace?.description)
        #expect(record.headers.count == (notification.trace == nil ? 2 : 3))
        #expect(try Notification(message(record)) == notification)
    }

    @Test(arguments: ["", "nonsense", "00-0-0-0", "\u{0}"])
    func aBadTraceIsLeftOut(header: String) throws {
        var random = SeededGenerator(seed: 1)
        var record = try random.notification().record(on: "t")
        record.headers = [KafkaHeader(name: "traceparent", value: header)]
        #expect(try Notification(message(record)).trace == nil)
    }

    @Test func aTraceThatIsNoTextIsLeftOut() throws {
        var random = SeededGenerator(seed: 1)
        var record = try random.notification().record(on: "t")
        record.headers = [KafkaHeader(name: "traceparent", value: [0xFF, 0xFE] as [UInt8])]
        #expect(try Notification(message(record)).trace == nil)
    }

    @Test func theLastTraceCounts() throws {
        var random = SeededGenerator(seed: 2)
        let traces = (0..<2).map { _ in TraceContext(using: &random) }
        var record = try random.notification().record(on: "t")
        record.headers = traces.map { KafkaHeader(name: "traceparent", value: $0.description) }
        #expect(try Notification(message(record)).trace == traces[1])
    }

    @Test func aRecordWithoutAValueIsUnreadable() {
        let tombstone = KafkaMessage(
            topic: "t", partition: 0, offset: 0, timestampMilliseconds: 0, key: nil, value: nil)
        #expect(throws: WireError.invalid(field: "id")) { try Notification(tombstone) }
    }
}

@Suite struct DeadLetterTests {
    @Test func keepsTheRecordAndItsOrigin() throws {
        var random = SeededGenerator(seed: 1)
        var notification = random.notification()
        notification.trace = TraceContext(using: &random)
        let original = message(try notification.record(on: "notifi.requests"))
        let record = DeadLetter.record(of: original, reason: "näh", attempts: 4, on: "notifi.dead-letters")
        #expect(record.topic == "notifi.dead-letters")

        let letter = DeadLetter(message(record, partition: 9, offset: 99, timestamp: 999))
        #expect(letter.topic == "notifi.requests")
        #expect(letter.partition == 3)
        #expect(letter.offset == 17)
        #expect(letter.timestampMilliseconds == 1_795_165_200_123)
        #expect(letter.reason == "näh")
        #expect(letter.attempts == 4)
        #expect(letter.key == original.key)
        #expect(letter.value == original.value)
        #expect(letter.notification == notification.id)
        #expect(letter.service == notification.service)
        #expect(letter.trace == notification.trace)
    }

    @Test func foreignHeadersStay() {
        let original = KafkaMessage(
            topic: "t", partition: 0, offset: 0, timestampMilliseconds: 0, key: nil, value: [1, 2],
            headers: [KafkaHeader(name: "x", value: [0xFF] as [UInt8]), KafkaHeader(name: "x", value: "2")])
        let record = DeadLetter.record(of: original, reason: "r", attempts: 1, on: "d")
        #expect(record.headers.prefix(2) == original.headers[...])
        #expect(record.key == nil)
        #expect(record.value == [1, 2])
    }

    /// Whatever brokers took is sent on: they take a million bytes of each, headers included.
    @Test(arguments: [(10, 10, 1), (999_000, 4, 0), (1, 990_000, 0), (1, 1, 30), (500_000, 4, 14), (0, 0, 30_000)])
    func whatIsTooLargeIsCut(value: Int, key: Int, headers: Int) {
        let original = KafkaMessage(
            topic: "t", partition: 1, offset: 2, timestampMilliseconds: 3, key: [UInt8](repeating: 1, count: key),
            value: [UInt8](repeating: 2, count: value),
            headers: (0..<headers).map {
                KafkaHeader(name: "h\($0)", value: [UInt8](repeating: 3, count: headers > 100 ? 20 : 33_000))
            })
        let record = DeadLetter.record(of: original, reason: "r", attempts: 1, on: "d")
        let size =
            record.value.count + (record.key?.count ?? 0)
            + record.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.count + 10 }
        #expect(size < 900_000)
        let letter = DeadLetter(message(record))
        #expect(letter.topic == "t" && letter.partition == 1 && letter.offset == 2 && letter.timestampMilliseconds == 3)
        let isWhole =
            record.value == original.value && record.key == original.key && record.headers.count == headers + 6
        #expect(letter.reason == (isWhole ? "r" : "r; too large to be kept whole"))
        #expect(isWhole == (value <= 10 && key <= 10 && headers <= 1))
        #expect(original.value?.starts(with: record.value) == true)
        #expect(original.key?.starts(with: record.key ?? []) == true)
    }

    /// A dead letter that dies again has one origin, its last.
    @Test func anOriginIsReplacedAndNotRepeated() {
        let first = DeadLetter.record(
            of: KafkaMessage(topic: "a", partition: 1, offset: 2, timestampMilliseconds: 3, key: nil, value: nil),
            reason: "first", attempts: 1, on: "d")
        let second = DeadLetter.record(
            of: message(first, partition: 5, offset: 6), reason: "second", attempts: 2, on: "d")
        #expect(Set(second.headers.map(\.name)).count == second.headers.count)
        let letter = DeadLetter(message(second))
        #expect(letter.topic == "d")
        #expect(letter.partition == 5)
        #expect(letter.offset == 6)
        #expect(letter.reason == "second")
    }

    @Test func withoutAnOriginItIsItsOwn() {
        let letter = DeadLetter(
            KafkaMessage(topic: "d", partition: 1, offset: 2, timestampMilliseconds: 3, key: [4], value: nil))
        #expect(letter.topic == "d")
        #expect(letter.partition == 1)
        #expect(letter.offset == 2)
        #expect(letter.timestampMilliseconds == 3)
        #expect(letter.reason == "no reason given")
        #expect(letter.attempts == 1)
        #expect(letter.key == [4])
        #expect(letter.value == nil)
        #expect(letter.notification == nil)
        #expect(letter.service == nil)
        #expect(letter.trace == nil)
    }

    @Test(arguments: ["", "x", "1.5", "99999999999999999999999", "\u{0}", "-", "٣"])
    func headersThatCannotBeReadCountAsAbsent(value: String) {
        let names = [
            "notifi-origin-partition", "notifi-origin-offset", "notifi-origin-timestamp", "notifi-attempts",
            "notifi-id", "notifi-service", "traceparent",
        ]
        let letter = DeadLetter(
            KafkaMessage(
                topic: "d", partition: 1, offset: 2, timestampMilliseconds: 3, key: nil, value: nil,
                headers: names.map { KafkaHeader(name: $0, value: value) }))
        #expect(letter.partition == 1)
        #expect(letter.offset == 2)
        #expect(letter.timestampMilliseconds == 3)
        #expect(letter.attempts == 1)
        #expect(letter.notification == nil)
        #expect(letter.service == nil)
        #expect(letter.trace == nil)
    }
}

@Suite struct InboxChangeTests {
    @Test(
        arguments: [("ann", 1), ("é漢😀", Int64.max), ("a\nb", 0), (String(repeating: "u", count: 128), -1)]
            as [(String, Int64)])
    func isReadBack(userID: String, version: Int64) throws {
        let change = InboxChange(userID: userID, version: version)
        #expect(try InboxChange(encoded: change.encoded()) == change)
    }

    @Test func theBytesAreFixed() throws {
        #expect(try InboxChange(userID: "u", version: 5).encoded() == [0x0A, 1, 0x75, 0x10, 5])
    }

    @Test func aLaterVersionMayHaveMore() throws {
        let read = try InboxChange(encoded: [0xC0, 0x3E, 0x96, 0x01, 0x0A, 1, 0x75, 0x10, 5])
        #expect(read == InboxChange(userID: "u", version: 5))
    }

    @Test func refuses() {
        #expect(throws: WireError.invalid(field: "user_id")) { try InboxChange(encoded: []) }
        #expect(throws: WireError.invalid(field: "user_id")) { try InboxChange(encoded: [0x10, 5]) }
        #expect(throws: WireError.malformed(schema: "notifi.v1.InboxChange")) {
            try InboxChange(encoded: [0x0A, 9, 1])
        }
        #expect(throws: WireError.malformed(schema: "notifi.v1.InboxChange")) {
            try InboxChange(encoded: [0x0A, 1, 0xFF])
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func noBytesCrash(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            guard let read = try? InboxChange(encoded: random.bytes(.random(in: 0...12, using: &random))) else {
                continue
            }
            #expect(try InboxChange(encoded: read.encoded()) == read)
        }
    }
}

@Suite struct InboxHeartbeatTests {
    private static let replica = UUID()

    @Test(arguments: [0, 1, UInt64.max])
    func isReadBack(number: UInt64) throws {
        let heartbeat = InboxHeartbeat(replica: Self.replica, number: number)
        let record = heartbeat.record(on: KafkaTopicPartition(topic: "t", partition: 7))
        #expect(record.topic == "t" && record.partition == 7 && record.key == nil && record.value.isEmpty)
        #expect(InboxHeartbeat(message(record)) == heartbeat)
        #expect(
            text("notifi-heartbeat", of: record) == "\(Self.replica.uuidString.lowercased())/\(number)",
            "other versions read it too")
    }

    @Test(arguments: [
        "", "/", "x/1", "\(Self.replica)", "\(Self.replica)/", "\(Self.replica)/-1", "\(Self.replica)/x",
        "\(Self.replica)/1/2", "\(Self.replica)/18446744073709551616", "/1", "\(Self.replica)/ 1",
    ])
    func refuses(header: String) {
        var record = InboxHeartbeat(replica: Self.replica, number: 1).record(
            on: KafkaTopicPartition(topic: "t", partition: 0))
        record.headers = [KafkaHeader(name: "notifi-heartbeat", value: header)]
        #expect(InboxHeartbeat(message(record)) == nil)
        record.headers = []
        #expect(InboxHeartbeat(message(record)) == nil)
    }
}

@Suite struct TopicTests {
    @Test func names() {
        let topics = Topics(prefix: "notifi")
        #expect(
            topics.all == ["notifi.requests", "notifi.deliveries", "notifi.inbox-changes", "notifi.dead-letters"])
        #expect(topics.routerGroup == "notifi.router")
        #expect(topics.deliveryGroup == "notifi.delivery")
        #expect(topics.deadLettersGroup == "notifi.dead-letters")
    }

    @Test func installationsDoNotMeet() {
        let names = ["a", "b"].map { Topics(prefix: $0) }
            .flatMap { $0.all + [$0.routerGroup, $0.deliveryGroup].map { "group \($0)" } }
        #expect(Set(names).count == 12)
    }
}
