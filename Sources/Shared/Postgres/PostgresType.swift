/// OIDs of built-in types, fixed in Postgres' catalog.
enum PostgresType {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let name: UInt32 = 19
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let oid: UInt32 = 26
    static let json: UInt32 = 114
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let unknown: UInt32 = 705
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let timestamp: UInt32 = 1114
    static let timestamptz: UInt32 = 1184
    static let uuid: UInt32 = 2950
    static let jsonb: UInt32 = 3802
    static let firstUserDefined: UInt32 = 16384

    static let boolArray: UInt32 = 1000
    static let byteaArray: UInt32 = 1001
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let int8Array: UInt32 = 1016
    static let float8Array: UInt32 = 1022
    static let timestamptzArray: UInt32 = 1185
    static let uuidArray: UInt32 = 2951
}

/// Postgres counts from 2000-01-01, Unix from 1970-01-01, both in UTC; the extremes are the infinities in both.
enum PostgresEpoch {
    static let offset: Int64 = 946_684_800_000_000

    /// Nil where the sum does not fit: the last thirty years of Postgres' range, which ends in the year 294276.
    static func toUnix(microseconds: Int64) -> Int64? {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (value, overflow) = microseconds.addingReportingOverflow(Self.offset)
        return overflow ? nil : value
    }

    /// Nil where the difference does not fit.
    static func fromUnix(microseconds: Int64) -> Int64? {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (value, overflow) = microseconds.subtractingReportingOverflow(Self.offset)
        return overflow ? nil : value
    }
}

extension FixedWidthInteger {
    /// `bytes` must be exactly as long as the type.
    init(bigEndian bytes: ArraySlice<UInt8>) {
        self = bytes.reduce(0) { ($0 << 8) | Self(truncatingIfNeeded: $1) }
    }
}

extension [UInt8] {
    mutating func appendBigEndian<T: FixedWidthInteger>(_ value: T) {
        for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) {
            self.append(UInt8(truncatingIfNeeded: value >> T(shift)))
        }
    }
}
