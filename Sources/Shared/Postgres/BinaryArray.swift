/// The binary form of arrays: dimensions, has-null flag, element type, then for each dimension its length and lower
/// bound, then for each element its length (-1 for NULL) and bytes.
enum BinaryArray {
    /// Each element goes straight behind the one before; its length is put in front of it afterwards.
    static func append<Element>(
        _ elements: [Element?], type: UInt32, to bytes: inout [UInt8],
        _ append: (Element, inout [UInt8]) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        guard !elements.isEmpty else {
            bytes.appendBigEndian(Int32(0))
            bytes.appendBigEndian(Int32(0))
            bytes.appendBigEndian(type)
            return
        }
        guard let count = Int32(exactly: elements.count) else {
            throw PostgresError(code: .invalidParameter, message: "an array parameter has too many elements")
        }
        bytes.appendBigEndian(Int32(1))
        bytes.appendBigEndian(Int32(elements.contains { $0 == nil } ? 1 : 0))
        bytes.appendBigEndian(type)
        bytes.appendBigEndian(count)
        bytes.appendBigEndian(Int32(1))
        for element in elements {
            let place = bytes.count
            bytes.appendBigEndian(Int32(-1))
            guard let element else { continue }
            try append(element, &bytes)
            guard let length = Int32(exactly: bytes.count - place - 4) else {
                throw PostgresError(code: .invalidParameter, message: "an element of an array parameter is too long")
            }
            for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: length >> Int32(24 - 8 * byte)) }
        }
    }

    static func decode<Element: PostgresDecodable>(_ cell: PostgresCell) throws(PostgresError) -> [Element] {
        let fault = cell.fault("an array of one dimension")
        guard var rest = cell.bytes else { throw fault }
        func take(_ count: Int) throws(PostgresError) -> ArraySlice<UInt8> {
            guard count >= 0, rest.count >= count else { throw fault }
            let taken = rest.prefix(count)
            rest = rest.dropFirst(count)
            return taken
        }
        let dimensions = Int32(bigEndian: try take(4))
        let flags = Int32(bigEndian: try take(4))
        let type = UInt32(bigEndian: try take(4))
        guard flags == 0 || flags == 1 else { throw fault }
        if dimensions == 0 { return [] }
        guard dimensions == 1 else { throw fault }
        let count = Int32(bigEndian: try take(4))
        _ = try take(4)
        guard count >= 0 else { throw fault }
        var elements: [Element] = []
        elements.reserveCapacity(min(Int(count), rest.count / 4))
        for _ in 0..<count {
            let length = Int32(bigEndian: try take(4))
            let bytes = length < 0 ? nil : try take(Int(length))
            elements.append(try Element.decode(PostgresCell(column: cell.column, type: type, bytes: bytes)))
        }
        return elements
    }
}
