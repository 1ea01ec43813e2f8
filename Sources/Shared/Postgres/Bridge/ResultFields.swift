import CLibpq

/// The fields of an error or notice, copied.
struct ResultFields {
    let sqlState: String?
    let severity: String?
    let message: String?
    let schema: String?
    let table: String?
    let column: String?
    let constraint: String?

    init(_ result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            unsafe CText.string(PQresultErrorField(result, Int32(code.asciiValue ?? 0)))
        }
        // The letters of the protocol, which libpq's PG_DIAG_ macros stand for (Swift does not import those).
        self.sqlState = field("C")
        self.severity = field("V")
        self.message = field("M")
        self.schema = field("s")
        self.table = field("t")
        self.column = field("c")
        self.constraint = field("n")
    }

    var isFatal: Bool { self.severity == "FATAL" || self.severity == "PANIC" }

    /// The one place that turns a server's error into ours. DETAIL, HINT and CONTEXT stay out, since they quote values.
    func error() -> PostgresError {
        let endsSession = self.isFatal || ServerErrors.endsSession(self.sqlState)
        return PostgresError(
            code: endsSession ? .connection : .server,
            sqlState: self.sqlState,
            message: ServerErrors.safeMessage(self.message, sqlState: self.sqlState),
            schema: self.schema, table: self.table, column: self.column, constraint: self.constraint)
    }
}
