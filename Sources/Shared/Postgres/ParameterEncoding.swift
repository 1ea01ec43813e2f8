import FoundationEssentials

/// Parameters in the form that goes to the server: types, and bytes one after the other.
struct EncodedParameters {
    private(set) var types: [UInt32] = []
    private(set) var bytes: [UInt8] = []
    /// Nil for NULL.
    private(set) var spans: [Range<Int>?] = []

    init(_ values: [PostgresValue]) throws(PostgresError) {
        guard values.count <= Int(UInt16.max) else {
            throw PostgresError(code: .invalidParameter, message: "more than 65,535 parameters")
        }
        for value in values {
            let start = self.bytes.count
            self.types.append(try value.append(to: &self.bytes))
            let length = self.bytes.count - start
            guard Int32(exactly: length) != nil else {
                throw PostgresError(code: .invalidParameter, message: "a parameter is too long")
            }
            self.spans.append(value == .null ? nil : start..<self.bytes.count)
        }
    }
}

extension PostgresValue {
    /// Appends the binary form and returns the type's OID, 0 for NULL.
    func append(to bytes: inout [UInt8]) throws(PostgresError) -> UInt32 {
        switch self {
        case .null:
            return 0
        case .bool(let value):
            bytes.append(value ? 1 : 0)
            return PostgresType.bool
        case .int4(let value):
            bytes.appendBigEndian(value)
            return PostgresType.int4
        case .int8(let value):
            bytes.appendBigEndian(value)
            return PostgresType.int8
        case .float8(let value):
            bytes.appendBigEndian(value.bitPattern)
            return PostgresType.float8
        case .text(let value):
            bytes.append(contentsOf: value.utf8)
            return PostgresType.text
        case .bytea(let value):
            bytes.append(contentsOf: value)
            return PostgresType.bytea
        case .uuid(let value):
            Self.append(value, to: &bytes)
            return PostgresType.uuid
        case .timestamptz(let value):
            try Self.append(timestamp: value, to: &bytes)
            return PostgresType.timestamptz
        case .boolArray, .int4Array, .int8Array, .float8Array, .textArray, .byteaArray, .uuidArray, .timestamptzArray:
            return try self.appendArray(to: &bytes)
        }
    }

    private func appendArray(to bytes: inout [UInt8]) throws(PostgresError) -> UInt32 {
        switch self {
        case .boolArray(let values):
            try BinaryArray.append(values, type: PostgresType.bool, to: &bytes) { $1.append($0 ? 1 : 0) }
            return PostgresType.boolArray
        case .int4Array(let values):
            try BinaryArray.append(values, type: PostgresType.int4, to: &bytes) { $1.appendBigEndian($0) }
            return PostgresType.int4Array
        case .int8Array(let values):
            try BinaryArray.append(values, type: PostgresType.int8, to: &bytes) { $1.appendBigEndian($0) }
            return PostgresType.int8Array
        case .float8Array(let values):
            try BinaryArray.append(values, type: PostgresType.float8, to: &bytes) { $1.appendBigEndian($0.bitPattern) }
            return PostgresType.float8Array
        case .textArray(let values):
            try BinaryArray.append(values, type: PostgresType.text, to: &bytes) { $1.append(contentsOf: $0.utf8) }
            return PostgresType.textArray
        case .byteaArray(let values):
            try BinaryArray.append(values, type: PostgresType.bytea, to: &bytes) { $1.append(contentsOf: $0) }
            return PostgresType.byteaArray
        case .uuidArray(let values):
            try BinaryArray.append(values, type: PostgresType.uuid, to: &bytes) { Self.append($0, to: &$1) }
            return PostgresType.uuidArray
        case .timestamptzArray(let values):
            try BinaryArray.append(
                values, type: PostgresType.timestamptz, to: &bytes
            ) { (value, bytes) throws(PostgresError) in
                try Self.append(timestamp: value, to: &bytes)
            }
            return PostgresType.timestamptzArray
        case .null, .bool, .int4, .int8, .float8, .text, .bytea, .uuid, .timestamptz:
            return 0
        }
    }

    private static func append(_ value: UUID, to bytes: inout [UInt8]) {
        let u = value.uuid
        bytes += [
            u.0, u.1, u.2, u.3, u.4, u.5, u.6, u.7, u.8, u.9, u.10, u.11, u.12, u.13, u.14, u.15,
        ]
    }

    private static func append(timestamp value: Int64, to bytes: inout [UInt8]) throws(PostgresError) {
        guard let value = PostgresEpoch.fromUnix(microseconds: value) else {
            throw PostgresError(code: .invalidParameter, message: "a timestamp is out of range")
        }
        bytes.appendBigEndian(value)
    }
}
