import CLibpq

/// What is sent to the server in one go.
enum Request {
    /// Statements without parameters, by the simple protocol.
    case script(String)
    case prepare(name: String, sql: String, types: [UInt32])
    case execute(name: String, EncodedParameters)

    /// False where libpq refused; the reason is in the connection's error message.
    func send(on connection: OpaquePointer) -> Bool {
        switch self {
        case .script(let script):
            return unsafe PQsendQuery(connection, script) == 1
        case .prepare(let name, let sql, let types):
            return unsafe PQsendPrepare(connection, name, sql, Int32(types.count), types) == 1
        case .execute(let name, let parameters):
            let count = Int32(parameters.types.count)
            return unsafe parameters.withPointers { values, lengths, formats in
                unsafe PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) == 1
            }
        }
    }
}
