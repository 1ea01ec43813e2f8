public import FoundationEssentials

/// A parameter of a statement, sent in binary with an explicit type.
///
/// Text with U+0000 is sent whole and refused by the server (SQLSTATE 22021). For `json`, `jsonb` and enum columns pass
/// `.text` and cast in the SQL (`$1::jsonb`).
public enum PostgresValue: Sendable, Hashable {
    /// NULL of the type that the statement implies.
    case null
    case bool(Bool)
    case int4(Int32)
    case int8(Int64)
    case float8(Double)
    case text(String)
    case bytea([UInt8])
    case uuid(UUID)
    /// `Int64.max` is `infinity`, `Int64.min` is `-infinity`.
    case timestamptz(microsecondsSinceUnixEpoch: Int64)
    case boolArray([Bool?])
    case int4Array([Int32?])
    case int8Array([Int64?])
    case float8Array([Double?])
    case textArray([String?])
    case byteaArray([[UInt8]?])
    case uuidArray([UUID?])
    /// Microseconds since the Unix epoch, as in `timestamptz`.
    case timestamptzArray([Int64?])
}

extension PostgresValue {
    /// `.text`, or `.null` for nil.
    public static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    /// `.int4`, or `.null` for nil.
    public static func int4(_ value: Int32?) -> PostgresValue { value.map { .int4($0) } ?? .null }
    /// `.int8`, or `.null` for nil.
    public static func int8(_ value: Int64?) -> PostgresValue { value.map { .int8($0) } ?? .null }
    /// `.bool`, or `.null` for nil.
    public static func bool(_ value: Bool?) -> PostgresValue { value.map { .bool($0) } ?? .null }
    /// `.uuid`, or `.null` for nil.
    public static func uuid(_ value: UUID?) -> PostgresValue { value.map { .uuid($0) } ?? .null }
    /// `.bytea`, or `.null` for nil.
    public static func bytea(_ value: [UInt8]?) -> PostgresValue { value.map { .bytea($0) } ?? .null }
    /// `.timestamptz`, or `.null` for nil.
    public static func timestamptz(microsecondsSinceUnixEpoch value: Int64?) -> PostgresValue {
        value.map { .timestamptz(microsecondsSinceUnixEpoch: $0) } ?? .null
    }
}

/// One SQL statement with its parameters (`$1`, `$2`, ...). It is prepared once a connection, by its text and the types
/// of its parameters, so build the text from constants, never from data.
public struct PostgresStatement: Sendable, Hashable, ExpressibleByStringLiteral {
    public var sql: String
    public var parameters: [PostgresValue]

    public init(_ sql: String, _ parameters: [PostgresValue] = []) {
        self.sql = sql
        self.parameters = parameters
    }

    public init(sql: String, parameters: [PostgresValue] = []) {
        self.init(sql, parameters)
    }

    public init(stringLiteral sql: String) {
        self.init(sql, [])
    }
}

/// A point in time as Postgres keeps it.
public struct PostgresTimestamp: Sendable, Hashable, Comparable {
    /// `Int64.max` is `infinity`, `Int64.min` is `-infinity`.
    public var microsecondsSinceUnixEpoch: Int64

    public init(microsecondsSinceUnixEpoch: Int64) {
        self.microsecondsSinceUnixEpoch = microsecondsSinceUnixEpoch
    }

    public static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.microsecondsSinceUnixEpoch < right.microsecondsSinceUnixEpoch
    }
}
