public import FoundationEssentials

/// One value of a result as it came, in Postgres' binary format.
public struct PostgresCell: Sendable {
    /// The column's name, for errors.
    public let column: String
    /// The type's OID in `pg_type`.
    public let type: UInt32
    /// Nil for NULL.
    public let bytes: ArraySlice<UInt8>?

    init(column: String, type: UInt32, bytes: ArraySlice<UInt8>?) {
        self.column = column
        self.type = type
        self.bytes = bytes
    }

    func fault(_ wanted: String) -> PostgresError {
        let found = self.bytes == nil ? "NULL" : "a value of type OID \(self.type)"
        return PostgresError(code: .decoding, message: "column \"\(self.column)\" is \(found), not \(wanted)")
    }

    /// The value's bytes, where it is of one of these types.
    func bytes(of types: UInt32..., wanted: String) throws(PostgresError) -> ArraySlice<UInt8> {
        guard let bytes = self.bytes, types.contains(self.type) else { throw self.fault(wanted) }
        return bytes
    }

    /// A fixed-width value.
    func integer<T: FixedWidthInteger>(_ type: T.Type, _ bytes: ArraySlice<UInt8>) throws(PostgresError) -> T {
        guard bytes.count == T.bitWidth / 8 else { throw self.fault("\(T.bitWidth / 8) bytes") }
        return T(bigEndian: bytes)
    }
}

/// A type that a column can be read as.
public protocol PostgresDecodable: Sendable {
    static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self
}

/// A type that `Array` of it can be read from a column; `UInt8` stands for `bytea`, all others for Postgres arrays of
/// one dimension.
public protocol PostgresArrayElement: Sendable {
    static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension PostgresArrayElement where Self: PostgresDecodable {
    public static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Self] {
        try BinaryArray.decode(cell)
    }
}

extension Bool: PostgresDecodable, PostgresArrayElement {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Bool {
        let bytes = try cell.bytes(of: PostgresType.bool, wanted: "a Bool")
        return try cell.integer(UInt8.self, bytes) != 0
    }
}

extension Int32: PostgresDecodable, PostgresArrayElement {
    /// Reads `int4` and `int2`.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int32 {
        let bytes = try cell.bytes(of: PostgresType.int4, PostgresType.int2, wanted: "an Int32")
        if cell.type == PostgresType.int2 { return Int32(try cell.integer(Int16.self, bytes)) }
        return try cell.integer(Int32.self, bytes)
    }
}

extension Int64: PostgresDecodable, PostgresArrayElement {
    /// Reads `int8`, `int4`, `int2` and `oid`.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int64 {
        let bytes = try cell.bytes(
            of: PostgresType.int8, PostgresType.int4, PostgresType.int2, PostgresType.oid, wanted: "an Int64")
        switch cell.type {
        case PostgresType.int2: return Int64(try cell.integer(Int16.self, bytes))
        case PostgresType.int4: return Int64(try cell.integer(Int32.self, bytes))
        case PostgresType.oid: return Int64(try cell.integer(UInt32.self, bytes))
        default: return try cell.integer(Int64.self, bytes)
        }
    }
}

extension Int: PostgresDecodable, PostgresArrayElement {
    /// Reads what `Int64` reads.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int {
        Int(try Int64.decode(cell))
    }
}

extension Double: PostgresDecodable, PostgresArrayElement {
    /// Reads `float8` and `float4`. `numeric` needs a cast in the SQL.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Double {
        let bytes = try cell.bytes(of: PostgresType.float8, PostgresType.float4, wanted: "a Double")
        if cell.type == PostgresType.float4 {
            return Double(Float(bitPattern: try cell.integer(UInt32.self, bytes)))
        }
        return Double(bitPattern: try cell.integer(UInt64.self, bytes))
    }
}

extension String: PostgresDecodable, PostgresArrayElement {
    /// Reads text types, `name`, `json`, `jsonb`, and types made by `CREATE TYPE ... AS ENUM` or by extensions.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> String {
        guard var bytes = cell.bytes else { throw cell.fault("a String") }
        switch cell.type {
        case PostgresType.text, PostgresType.varchar, PostgresType.bpchar, PostgresType.name, PostgresType.unknown,
            PostgresType.json, PostgresType.firstUserDefined...:
            break
        case PostgresType.jsonb:
            // One byte, the version of the format, goes before the text.
            guard bytes.popFirst() == 1 else { throw cell.fault("jsonb of version 1") }
        default:
            throw cell.fault("a String")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UUID: PostgresDecodable, PostgresArrayElement {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> UUID {
        let b = try cell.bytes(of: PostgresType.uuid, wanted: "a UUID")
        guard b.count == 16 else { throw cell.fault("16 bytes") }
        // Where they lie: an array of their own would be one more to allocate for each id.
        let i = b.startIndex
        return UUID(
            uuid: (
                b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8], b[i + 9],
                b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15]
            ))
    }
}

extension PostgresTimestamp: PostgresDecodable, PostgresArrayElement {
    /// Reads `timestamptz`, and `timestamp` taken as UTC.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> PostgresTimestamp {
        let bytes = try cell.bytes(of: PostgresType.timestamptz, PostgresType.timestamp, wanted: "a timestamp")
        let sincePostgresEpoch = try cell.integer(Int64.self, bytes)
        guard let value = PostgresEpoch.toUnix(microseconds: sincePostgresEpoch) else {
            throw cell.fault("a timestamp that fits 64 bits from 1970 on")
        }
        return PostgresTimestamp(microsecondsSinceUnixEpoch: value)
    }
}

extension UInt8: PostgresArrayElement {
    /// Reads `bytea`.
    public static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [UInt8] {
        Array(try cell.bytes(of: PostgresType.bytea, wanted: "bytea"))
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> [Element] {
        try Element.decodeArray(cell)
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    @inlinable
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Wrapped? {
        cell.bytes == nil ? nil : try Wrapped.decode(cell)
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresDecodable & PostgresArrayElement {}
