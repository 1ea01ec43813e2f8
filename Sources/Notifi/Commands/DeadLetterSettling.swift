import Kafka
import Notifications
import Operations
import Postgres
import Store
import Synchronization

/// Settles chosen dead letters some at a time, and writes down each of them.
struct DeadLetterSettling: Sendable {
    /// One transaction's worth: the brokers take so many well within the time that it may be idle.
    static let batch = 100

    let settlement: Settlement
    let audit: AuditStream

    /// - Returns: what to tell people.
    /// - Throws: what `act` failed with for one of them; those before it are settled, and the rest is left alone.
    func run(
        _ rows: [ListDeadLetters.Row], on pool: PostgresPool,
        acting act: @escaping @Sendable ([FindDeadLetters.Letter]) async -> [Result<Void, any Error>] = {
            $0.map { _ in .success(()) }
        }
    ) async throws -> Int {
        var count = 0
        var refused: [any Error] = []
        var rest = rows[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(Self.batch))
            rest = rest.dropFirst(part.count)
            let outcome = try await self.settle(part, on: pool, acting: act)
            count += outcome.settled.count
            // One that can never be sent is in nobody's way: the others are not its fault.
            let failures = outcome.failed.map(\.reason)
            refused += failures.filter(\.isHopeless)
            if let failure = failures.first(where: { !$0.isHopeless }) {
                throw self.end(failure, count, of: rows.count)
            }
        }
        if let failure = refused.first { throw self.end(failure, count, of: rows.count) }
        return count
    }

    private func end(_ failure: any Error, _ count: Int, of chosen: Int) -> CommandFailure {
        CommandFailure("\(failure); \(self.settlement.rawValue) \(count) of \(chosen), the others are as they were")
    }

    private func settle(
        _ rows: [ListDeadLetters.Row], on pool: PostgresPool,
        acting act: @escaping @Sendable ([FindDeadLetters.Letter]) async -> [Result<Void, any Error>]
    ) async throws -> SettleDeadLetters.Outcome {
        let acted = Mutex<[ListDeadLetters.Row]>([])
        do {
            let outcome = try await SettleDeadLetters.run(
                rows, as: self.settlement, by: Surroundings.userName, on: pool
            ) { letters in
                let results = await act(letters)
                acted.withLock { $0 = zip(letters, results).compactMap { (try? $1.get()) == nil ? nil : $0.row } }
                return results
            }
            self.write(outcome.settled, outcome: self.settlement.rawValue)
            return outcome
        } catch {
            // They were acted upon, perhaps, and are open for all that: whoever does it again does no harm.
            self.write(acted.withLock { $0 }, outcome: "unfinished")
            throw error
        }
    }

    private func write(_ rows: [ListDeadLetters.Row], outcome: String) {
        let action: AuditLine.Action = self.settlement == .replayed ? .replayDeadLetter : .discardDeadLetter
        self.audit.write(
            rows.map { row in
                AuditLine(
                    action, by: Surroundings.actor, outcome: outcome, notificationID: row.id?.description,
                    userID: row.userID, origin: "\(row.origin)")
            })
    }
}

extension Error {
    fileprivate var isHopeless: Bool { (self as? KafkaError)?.isHopeless ?? false }
}
