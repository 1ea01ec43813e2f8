import Notifications
import TestSupport
import Testing

@testable import Wire

@Suite struct ClaimedPayloadTests {
    private static let due = Instant(microseconds: 1_700_000_000_000_000)
    private static let claimed = Instant(microseconds: 1_700_000_000_004_321)

    /// Whatever stood there, and zero as well, which is otherwise not written at all.
    @Test(arguments: 0..<20 as Range<UInt64>, [0, 1, 127, 128, 70_000, .max, -1] as [Int32])
    func whatTheRowSaysCounts(seed: UInt64, revision: Int32) throws {
        var random = SeededGenerator(seed: seed)
        var notification = random.notification()
        let payload = try notification.encoded()
        let bytes = try ClaimedPayload.encoded(
            payload, dueAt: Self.due, revision: revision, claimedAt: Self.claimed)
        #expect(bytes.starts(with: payload))
        notification.dueAt = Self.due
        notification.revision = revision
        notification.claimedAt = Self.claimed
        #expect(try Notification(encoded: bytes, trace: notification.trace) == notification)
    }

    /// Cut off anywhere, it is refused exactly where protobuf refuses it.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func theFrameIsProtobufs(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let payload = try random.notification().encoded()
        for count in 0...payload.count {
            let start = Array(payload[..<count])
            let isReadable = Self.fault(in: start) != Self.malformed
            #expect(Self.isTaken(start) == isReadable, "\(count) of \(payload.count) bytes")
        }
    }

    private static let malformed = WireError.malformed(schema: "notifi.v1.Notification")

    private static func fault(in payload: [UInt8]) -> WireError? {
        do throws(WireError) {
            _ = try Notification(encoded: payload, trace: nil)
            return nil
        } catch {
            return error
        }
    }

    /// What is well formed and yet no notification goes on: delivery tells.
    private static let good: [[UInt8]] = [
        [], [0x0A, 0], [0x0A, 1, 7], [0x88, 1, 1], [0x0D, 0, 0, 0, 0], [0x09, 0, 0, 0, 0, 0, 0, 0, 0],
    ]

    @Test(arguments: Self.good)
    func goesOn(payload: [UInt8]) {
        #expect(Self.isTaken(payload))
    }

    private static let tooLong: [UInt8] = [0x08] + [UInt8](repeating: 0x80, count: 10) + [1]
    /// A length that no memory has.
    private static let tooLarge: [UInt8] = [0x0A] + [UInt8](repeating: 0xFF, count: 9) + [1]
    private static let bad: [[UInt8]] = [
        [0xFF], [0x00], [0x00, 1], [0x08], [0x08, 0x80], [0x0A], [0x0A, 1], [0x0A, 0xFF], [0x0D, 0, 0, 0],
        [0x09, 0, 0, 0, 0, 0, 0, 0], [0x0B, 0x0C], [0x0E], [0x0F], [0x80, 0x80, 0x80, 0x80, 0x80, 1, 0],
        Self.tooLong, Self.tooLarge,
    ]

    @Test(arguments: Self.bad)
    func isRefused(payload: [UInt8]) {
        #expect(throws: Self.malformed) {
            try ClaimedPayload.encoded(payload, dueAt: Self.due, revision: 0, claimedAt: Self.claimed)
        }
    }

    private static func isTaken(_ payload: [UInt8]) -> Bool {
        (try? ClaimedPayload.encoded(payload, dueAt: self.due, revision: 0, claimedAt: self.claimed)) != nil
    }
}
