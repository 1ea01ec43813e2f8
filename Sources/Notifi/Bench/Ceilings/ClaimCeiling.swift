import Store

/// The claim alone, of pgbench: the poller's own statement, with the low bound following as the poller has it.
struct ClaimCeiling: Sendable {
    static let batchSize = 1_000

    /// Takes a batch and commits; `batch` is its number, from 0.
    ///
    /// - Parameter firstDue: microseconds since 1970; rows are due a microsecond apart.
    static func script(firstDue: Int64) -> String {
        let low = "to_timestamp(0) + (\(firstDue) + :batch * \(self.batchSize)) * interval '1 microsecond'"
        let sql = ClaimDue.sql.filling([
            "0", "(SELECT \(low))", "'00000000-0000-0000-0000-000000000000'::uuid", "\(self.batchSize)",
        ])
        return "\\set batch :batch + 1\n\(sql);\n"
    }

    /// Rows a second.
    ///
    /// - Parameter count: of rows, all of shard 0; a multiple of the batch.
    static func measure(_ site: BenchSite, count: Int, firstDue: Int64) async throws -> Double {
        let before = try await site.countOutbox()
        let outcome = try await Pgbench(url: site.postgresURL, folder: site.bench.folder).run(
            self.script(firstDue: firstDue), transactions: count / self.batchSize, variables: ["batch": "-1"])
        let taken = before - (try await site.countOutbox())
        guard taken == count else { throw CommandFailure("pgbench claimed \(taken) rows, not \(count)") }
        return outcome.transactionsPerSecond * Double(self.batchSize)
    }
}

extension String {
    /// A statement with its parameters, `$1` and so on, in place; the last ones first, since `$1` begins `$12` too.
    func filling(_ parameters: [String]) -> String {
        parameters.indices.reversed().reduce(self) { $0.replacing("$\($1 + 1)", with: parameters[$1]) }
    }
}
