/// The result of one statement, held whole in memory.
public struct PostgresRows: Sendable, RandomAccessCollection {
    public struct Column: Sendable, Hashable {
        public let name: String
        /// The type's OID in `pg_type`.
        public let type: UInt32
    }

    /// Where one value lies in `bytes`; a negative length means NULL.
    struct Span: Sendable {
        var offset: Int
        var length: Int
    }

    final class Storage: Sendable {
        let columns: [Column]
        let indices: [String: Int]
        let bytes: [UInt8]
        let spans: [Span]
        let rowCount: Int
        let affected: Int

        init(columns: [Column], bytes: [UInt8], spans: [Span], rowCount: Int, affected: Int) {
            self.columns = columns
            self.indices = Dictionary(
                columns.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
            self.bytes = bytes
            self.spans = spans
            self.rowCount = rowCount
            self.affected = affected
        }
    }

    let storage: Storage

    /// Rows inserted, updated, deleted or (for SELECT) returned, as the command's tag tells.
    public var affected: Int { self.storage.affected }
    public var columns: [Column] { self.storage.columns }
    public var startIndex: Int { 0 }
    public var endIndex: Int { self.storage.rowCount }

    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < self.storage.rowCount, "row index out of range")
        return PostgresRow(storage: self.storage, row: position)
    }
}

/// One row of a result.
public struct PostgresRow: Sendable {
    let storage: PostgresRows.Storage
    let row: Int

    public var columns: [PostgresRows.Column] { self.storage.columns }

    /// Reads a column by name (the first, if several have it).
    ///
    /// - Throws: `PostgresError` with code `.decoding` where the column is missing, is NULL though `T` is not optional,
    ///   or has another type.
    @inlinable
    public func decode<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws(PostgresError) -> T {
        try T.decode(self.cell(try self.position(of: column)))
    }

    /// Reads a column by its position from 0. Throws as `decode(_:as:)` by name does.
    @inlinable
    public func decode<T: PostgresDecodable>(_ index: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        try T.decode(self.cell(index))
    }

    /// Where a column lies (the first, if several have its name): for rows of which many are read.
    ///
    /// - Throws: `PostgresError` with code `.decoding` where the column is missing.
    public func position(of column: String) throws(PostgresError) -> Int {
        guard let index = self.storage.indices[column] else {
            throw PostgresError(code: .decoding, message: "the result has no column \"\(column)\"")
        }
        return index
    }

    /// What reads it is compiled where it is called, for the type at hand: without that, half of its time is asking for
    /// how the type is read.
    @usableFromInline
    func cell(_ index: Int) throws(PostgresError) -> PostgresCell {
        guard self.storage.columns.indices.contains(index) else {
            throw PostgresError(code: .decoding, message: "the result has no column at \(index)")
        }
        let column = self.storage.columns[index]
        let span = self.storage.spans[self.row * self.storage.columns.count + index]
        let bytes = span.length < 0 ? nil : self.storage.bytes[span.offset..<span.offset + span.length]
        return PostgresCell(column: column.name, type: column.type, bytes: bytes)
    }
}
