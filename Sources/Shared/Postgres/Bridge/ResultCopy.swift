import CLibpq

/// Copies a result out of libpq's memory.
enum ResultCopy {
    static func rows(_ result: OpaquePointer) -> PostgresRows {
        let columnCount = unsafe PQnfields(result)
        let rowCount = unsafe PQntuples(result)
        let columns = (0..<columnCount).map { index in
            PostgresRows.Column(
                name: unsafe CText.string(PQfname(result, index)) ?? "", type: unsafe PQftype(result, index))
        }
        var bytes: [UInt8] = []
        var spans: [PostgresRows.Span] = []
        spans.reserveCapacity(Int(columnCount) * Int(rowCount))
        for row in 0..<rowCount {
            for column in 0..<columnCount {
                if unsafe PQgetisnull(result, row, column) == 1 {
                    spans.append(PostgresRows.Span(offset: 0, length: -1))
                    continue
                }
                let length = Int(unsafe PQgetlength(result, row, column))
                spans.append(PostgresRows.Span(offset: bytes.count, length: length))
                let value = unsafe UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length)
                unsafe bytes.append(contentsOf: value)
            }
        }
        let affected = unsafe CText.string(PQcmdTuples(result)).flatMap { Int($0) } ?? 0
        return PostgresRows(
            storage: PostgresRows.Storage(
                columns: columns, bytes: bytes, spans: spans, rowCount: Int(rowCount), affected: affected))
    }
}
