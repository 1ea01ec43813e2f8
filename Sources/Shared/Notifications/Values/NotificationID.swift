internal import Crypto
public import FoundationEssentials

/// The id of a notification: a UUID (RFC 9562).
///
/// Without an `Idempotency-Key` it is a UUIDv7, whose first 48 bits are the acceptance time in milliseconds. With one it
/// is a UUIDv8 made of (service, key, user), so that a repeat gives the same id without a look-up.
public struct NotificationID: Sendable, Hashable, CustomStringConvertible {
    public let uuid: UUID

    public init(uuid: UUID) {
        self.uuid = uuid
    }

    /// Reads the 36-character form in either case; `nil` for anything else.
    public init?(_ text: String) {
        // Foundation also reads blanks, signs and `0x` where digits belong.
        guard text.utf8.count == 36, let uuid = UUID(uuidString: text), uuid.uuidString == text.uppercased() else {
            return nil
        }
        self.uuid = uuid
    }

    /// - Parameter bytes: exactly 16, else `nil`.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.uuid = UUID(bytes: bytes)
    }

    /// Lower case, as RFC 9562 section 4 asks of what is written.
    public var description: String { self.uuid.lowercasedText }

    public var bytes: [UInt8] { self.uuid.bytes }

    public var version: UInt8 { self.bytes[6] >> 4 }

    /// When a UUIDv7 was made, to the millisecond; `nil` for every other version.
    public var acceptedAt: Instant? {
        guard self.version == 7 else { return nil }
        return Instant(microseconds: self.bytes.prefix(6).reduce(0) { $0 << 8 | Int64($1) } * 1_000)
    }

    /// A UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits.
    public static func fresh(at instant: Instant, using random: inout some RandomNumberGenerator) -> NotificationID {
        let time = UInt64(clamping: instant.milliseconds)
        // A draw may be a system call.
        let (high, low) = (random.next() as UInt64, random.next() as UInt64)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for shift in [40, 32, 24, 16, 8, 0] as [UInt64] { bytes.append(UInt8(truncatingIfNeeded: time >> shift)) }
        for shift in [8, 0] as [UInt64] { bytes.append(UInt8(truncatingIfNeeded: high >> shift)) }
        for shift in [56, 48, 40, 32, 24, 16, 8, 0] as [UInt64] {
            bytes.append(UInt8(truncatingIfNeeded: low >> shift))
        }
        return NotificationID(uuid: UUID(bytes: stamped(bytes, version: 7)))
    }

    /// A UUIDv8 (RFC 9562 section 5.8): the first 128 bits of SHA-256 over the three parts, each with its length in
    /// front so that no two triples read alike.
    public static func derived(service: UUID, key: String, user: String) -> NotificationID {
        var hash = SHA256()
        for part in [service.bytes, Array(key.utf8), Array(user.utf8)] {
            let length = UInt64(part.count)
            hash.update(data: (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(56 - 8 * $0)) })
            hash.update(data: part)
        }
        return NotificationID(uuid: UUID(bytes: stamped(Array(hash.finalize().prefix(16)), version: 8)))
    }

    private static func stamped(_ bytes: [UInt8], version: UInt8) -> [UInt8] {
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0F | version << 4
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes
    }
}

extension UUID {
    /// - Parameter bytes: exactly 16.
    public init(bytes b: [UInt8]) {
        precondition(b.count == 16)
        self.init(
            uuid: (b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15])
        )
    }

    public var bytes: [UInt8] {
        let u = self.uuid
        return [u.0, u.1, u.2, u.3, u.4, u.5, u.6, u.7, u.8, u.9, u.10, u.11, u.12, u.13, u.14, u.15]
    }
}
