import CLibpq

/// What is sent to the server in one go.
indirect enum Request {
    /// Statements without parameters, by the simple protocol.
    case script(String)
    case prepare(name: String, sql: String, types: [UInt32])
    case execute(name: String, EncodedParameters)
    /// BEGIN and what comes first in the transaction: a pipeline, which takes no script.
    case beginning(Request)

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
        case .beginning(let first):
            return unsafe PQenterPipelineMode(connection) == 1
                && PQsendQueryParams(connection, "BEGIN", 0, nil, nil, nil, nil, 1) == 1
                && first.send(on: connection) && PQpipelineSync(connection) == 1
        }
    }
}
