import FoundationEssentials
import Kafka
import Notifications
import SwiftProtobuf
import TestSupport
import Testing

@testable import Wire

/// Newer and older versions run side by side during an upgrade: what this one does not know it carries along.
@Suite struct FutureSchemaTests {
    @Test(arguments: [5, 99, 200, Int(Int32.max), -1, Int(Int32.min)])
    func aPriorityOfTheFutureIsShownAsNormalAndCarriedAlong(raw: Int) throws {
        var random = SeededGenerator(seed: 3)
        for field in UnknownFieldTests.fields + [[]] {
            var message = try Notifi_V1_Notification(serializedBytes: random.notification().encoded() + field)
            message.priority = .UNRECOGNIZED(raw)
            var read = try Notification(encoded: message.serializedBytes(), trace: nil)
            #expect(read.content.priority == .normal)
            // As a router, an outbox and a poller do, one after the other.
            for revision in 1...3 as ClosedRange<Int32> {
                read.claimedAt = random.instant()
                read.revision = revision
                read = try Notification(encoded: read.encoded(), trace: nil)
            }
            let carried = try Notifi_V1_Notification(serializedBytes: read.encoded())
            #expect(carried.priority == .UNRECOGNIZED(raw))
            #expect(Array(carried.unknownFields.data) == field)
            // Whoever gives it another one means it.
            read.content.priority = .high
            #expect(try Notifi_V1_Notification(serializedBytes: read.encoded()).priority == .high)
        }
    }

    /// A version that drops or retypes what this one needs is not understood, and says of what.
    @Test func aFieldThatIsGoneIsNamed() throws {
        var random = SeededGenerator(seed: 4)
        var message = try Notifi_V1_Notification(serializedBytes: random.notification().encoded())
        message.dueAt = 0
        let bytes = try message.serializedBytes() as [UInt8]
        #expect(throws: WireError.invalid(field: "due_at")) { try Notification(encoded: bytes, trace: nil) }
        // due_at as text: to this version it is a field that it does not know.
        let retyped = bytes + [0x5A, 0x02, 0x31, 0x32]
        #expect(throws: WireError.self) { try Notification(encoded: retyped, trace: nil) }
    }

    @Test func aChangeOfTheFutureIsRead() throws {
        let change = InboxChange(userID: "u", version: 7)
        for field in UnknownFieldTests.fields {
            #expect(try InboxChange(encoded: change.encoded() + field) == change)
        }
    }
}
