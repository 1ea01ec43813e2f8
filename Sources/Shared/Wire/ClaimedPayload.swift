public import Notifications

/// What a poller publishes: the payload as it was stored, and behind it what by now its row knows better. Of a field that
/// comes twice the last one counts, so what was rescheduled goes the same way, and nothing is read and written again.
public enum ClaimedPayload {
    /// - Parameter payload: an encoded notification, of which only the frame is looked at: what stands in its fields is
    ///   for whoever reads them. Cut off, it would take what is put behind it for its own.
    /// - Throws: `WireError.malformed` where its fields do not end where it does.
    public static func encoded(
        _ payload: [UInt8], dueAt: Instant, revision: Int32, claimedAt: Instant
    ) throws(WireError) -> [UInt8] {
        var frame = ProtobufFrame(payload)
        guard frame.isWhole() else { throw .malformed(schema: "notifi.v1.Notification") }
        var value: [UInt8] = []
        value.reserveCapacity(payload.count + Self.most)
        value += payload
        value.append(field: Field.dueAt, dueAt.microseconds)
        value.append(field: Field.claimedAt, claimedAt.microseconds)
        value.append(field: Field.revision, Int64(revision))
        return value
    }

    /// Their numbers in `notifi.v1.Notification`.
    private enum Field {
        static let dueAt: UInt8 = 11
        static let claimedAt: UInt8 = 14
        static let revision: UInt8 = 15
    }

    /// Three fields of a byte and a number each.
    private static let most = 3 * (1 + 10)
}

extension [UInt8] {
    /// A field of the type `int64` or `int32`, also where it is zero: it may have been something else before.
    fileprivate mutating func append(field: UInt8, _ number: Int64) {
        self.append(field << 3)
        var rest = UInt64(bitPattern: number)
        while rest > 0x7F {
            self.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.append(UInt8(rest))
    }
}

/// The fields of a message of protobuf, one behind the other (https://protobuf.dev/programming-guides/encoding/).
private struct ProtobufFrame {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether the last one ends where the bytes do. Groups, which proto3 does not have, count as broken.
    mutating func isWhole() -> Bool {
        while self.place < self.bytes.count {
            guard let tag = self.varint(), (8...UInt64(UInt32.max)).contains(tag), self.skipValue(tag & 7) else {
                return false
            }
        }
        return true
    }

    private mutating func skipValue(_ wireType: UInt64) -> Bool {
        switch wireType {
        case 0: self.varint() != nil
        case 1: self.skip(8)
        case 2: self.varint().map { self.skip($0) } ?? false
        case 5: self.skip(4)
        default: false
        }
    }

    private mutating func skip(_ count: UInt64) -> Bool {
        guard count <= UInt64(self.bytes.count - self.place) else { return false }
        self.place += Int(count)
        return true
    }

    /// - Returns: `nil` where it is cut off or longer than ten bytes.
    private mutating func varint() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: 0 as UInt64, to: 70, by: 7) {
            guard self.place < self.bytes.count else { return nil }
            let byte = self.bytes[self.place]
            self.place += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }
}
