import FoundationEssentials
import Notifications
import SwiftProtobuf
import TestSupport
import Testing

@testable import Wire

@Suite struct NotificationCodingTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func whatIsEncodedIsReadBack(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let notification = random.notification()
            let bytes = try notification.encoded()
            let read = try Notification(encoded: bytes, trace: notification.trace)
            #expect(read == notification)
            #expect(try read.encoded() == bytes)
        }
    }

    /// A text that is there but empty is not one that is absent.
    @Test func emptyIsNotAbsent() throws {
        var random = SeededGenerator(seed: 1)
        var notification = random.notification()
        notification.content.title = ""
        notification.content.actionURL = ""
        notification.content.data = ""
        let read = try Notification(encoded: notification.encoded(), trace: nil)
        #expect(read.content.title == "")
        #expect(read.content.actionURL == "")
        #expect(read.content.data == "")
    }

    @Test func theTraceIsNotInTheValue() throws {
        var random = SeededGenerator(seed: 2)
        var notification = random.notification()
        notification.trace = TraceContext(using: &random)
        #expect(try Notification(encoded: notification.encoded(), trace: nil).trace == nil)
    }

    /// Field numbers are for ever: records lie in topics and rows in the outbox while programs are replaced.
    @Test func theBytesAreFixed() throws {
        let notification = Notification(
            id: NotificationID(uuid: UUID(bytes: (1...16).map { $0 })), service: UUID(bytes: (17...32).map { $0 }),
            userID: "u",
            content: Notification.Content(
                eventType: "e", message: "m", title: "t", actionURL: "/", priority: .critical, data: "{}"),
            acceptedAt: Instant(microseconds: 1), dueAt: Instant(microseconds: 2), isScheduled: true,
            expiresAt: Instant(microseconds: 3), revision: 5, claimedAt: Instant(microseconds: 4),
            request: UUID(bytes: (33...48).map { $0 }))
        let expected: [UInt8] =
            [0x0A, 16] + Array(1...16) + [0x12, 16] + Array(17...32)
            + [0x1A, 1, 0x75, 0x22, 1, 0x65, 0x2A, 1, 0x6D, 0x32, 1, 0x74, 0x3A, 1, 0x2F, 0x40, 4, 0x4A, 2, 0x7B, 0x7D]
            + [0x50, 1, 0x58, 2, 0x60, 1, 0x68, 3, 0x70, 4, 0x78, 5, 0x82, 0x01, 16] + Array(33...48)
        #expect(try notification.encoded() == expected)
    }

    @Test func anUnknownPriorityIsANormalOne() throws {
        var random = SeededGenerator(seed: 3)
        var message = try Notifi_V1_Notification(serializedBytes: random.notification().encoded())
        for raw in [0, 5, 99, -1] {
            message.priority = try #require(Notifi_V1_Priority(rawValue: raw))
            #expect(try Notification(encoded: message.serializedBytes(), trace: nil).content.priority == .normal)
        }
    }
}

@Suite struct UnknownFieldTests {
    /// By hand, field 1000: a varint, a fixed64, a length-delimited one and a fixed32.
    static let fields: [[UInt8]] = [
        [0xC0, 0x3E, 0x96, 0x01], [0xC1, 0x3E, 1, 2, 3, 4, 5, 6, 7, 8], [0xC2, 0x3E, 3, 0x61, 0x62, 0x63],
        [0xC5, 0x3E, 1, 2, 3, 4], [0xC0, 0x3E, 0x96, 0x01, 0xC0, 0x3E, 0x97, 0x01],
    ]

    @Test(arguments: Self.fields)
    func surviveDecodingAndEncoding(field: [UInt8]) throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<20 {
            let notification = random.notification()
            var read = try Notification(encoded: notification.encoded() + field, trace: notification.trace)
            #expect(read.unknownFields == field)
            // As a poller does between reading and publishing.
            read.claimedAt = random.instant()
            read.revision += read.revision == .max ? 0 : 1
            let again = try Notification(encoded: read.encoded(), trace: notification.trace)
            #expect(again == read)
            #expect(try read.encoded().suffix(field.count) == field[...])
        }
    }

    @Test func surviveInFrontOfTheKnownOnes() throws {
        var random = SeededGenerator(seed: 5)
        let notification = random.notification()
        let read = try Notification(encoded: Self.fields[2] + notification.encoded(), trace: nil)
        #expect(read.userID == notification.userID)
        #expect(read.unknownFields == Self.fields[2])
    }
}

@Suite struct UnreadableNotificationTests {
    private func error(_ bytes: [UInt8]) -> WireError? {
        #expect(throws: WireError.self) { try Notification(encoded: bytes, trace: nil) }
    }

    private static let malformed = WireError.malformed(schema: "notifi.v1.Notification")

    @Test(
        arguments: [
            [0x00], [0xFF], [0x0A], [0x0A, 0x10, 1, 2], [0x1A, 0x02, 0xC3, 0x28], [0x07], Array("{\"user_id\":1}".utf8),
            [0x50, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(self.error(bytes) == Self.malformed)
    }

    @Test func nothingAtAll() {
        #expect(self.error([]) == .invalid(field: "id"))
    }

    /// Each fault alone, in an otherwise good message.
    @Test func invalidFields() throws {
        let changes: [(field: String, change: (inout Notifi_V1_Notification) -> Void)] = [
            ("id", { $0.id = Data() }), ("id", { $0.id = Data(repeating: 1, count: 15) }),
            ("id", { $0.id = Data(repeating: 1, count: 17) }), ("service_id", { $0.serviceID = Data() }),
            ("service_id", { $0.serviceID = Data(repeating: 1, count: 17) }), ("user_id", { $0.userID = "" }),
            ("user_id", { $0.userID = "a\0" }), ("user_id", { $0.userID = String(repeating: "u", count: 129) }),
            ("user_id", { $0.userID = String(repeating: "é", count: 65) }),
            ("expires_at", { $0.expiresAt = 0 }), ("expires_at", { $0.expiresAt = .max }),
            ("claimed_at", { $0.claimedAt = .min }), ("claimed_at", { $0.claimedAt = 253_402_300_800_000_000 }),
            ("accepted_at", { $0.acceptedAt = 0 }), ("accepted_at", { $0.acceptedAt = -1 }),
            ("accepted_at", { $0.acceptedAt = .min }), ("accepted_at", { $0.acceptedAt = 253_402_300_800_000_000 }),
            ("due_at", { $0.dueAt = 0 }), ("due_at", { $0.dueAt = .max }),
            ("due_at", { $0.dueAt = 253_402_300_800_000_000 }), ("request_id", { $0.requestID = Data() }),
            ("request_id", { $0.requestID = Data(repeating: 1, count: 15) }),
        ]
        var random = SeededGenerator(seed: 6)
        for (field, change) in changes {
            var message = try Notifi_V1_Notification(serializedBytes: random.notification().encoded())
            change(&message)
            #expect(self.error(try message.serializedBytes()) == .invalid(field: field))
        }
    }

    @Test func everyFaultHasASentence() {
        #expect(Self.malformed.description == "not a readable notifi.v1.Notification")
        #expect(WireError.invalid(field: "due_at").description == "the field due_at is missing or impossible")
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func cutOffAnywhere(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bytes = try random.notification().encoded()
        for length in 0..<bytes.count { try self.expectReadOrRefused(Array(bytes.prefix(length))) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func randomBytes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 { try self.expectReadOrRefused(random.bytes(.random(in: 0...80, using: &random))) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func flippedBits(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes = try random.notification().encoded()
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
            try self.expectReadOrRefused(bytes)
        }
    }

    /// Either it is refused, or what was read can be written, read again, and shown.
    private func expectReadOrRefused(_ bytes: [UInt8]) throws {
        guard let read = try? Notification(encoded: bytes, trace: nil) else { return }
        #expect(try Notification(encoded: read.encoded(), trace: nil) == read)
        #expect(!read.userID.isEmpty)
        #expect(
            !"\(read.acceptedAt) \(read.dueAt) \(read.expiresAt, default: "") \(read.claimedAt, default: "")".isEmpty)
        #expect(Week(of: read.dueAt).start <= read.dueAt)
        #expect(read.fingerprint.count == 32)
    }
}
