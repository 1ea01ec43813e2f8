import CoreMetrics
import Postgres
import Store
import Synchronization

/// The version of each user's inbox: from memory while the tail of `inbox-changes` tells of every change, else from
/// Postgres.
final class InboxVersions: Sendable {
    private let map: Mutex<VersionMap>
    private let pool: PostgresPool
    private let lookUp: @Sendable (_ userID: String) async throws -> Int64
    private let gate: Gate
    private let metrics: InboxVersionMetrics

    /// - Parameters:
    ///   - lookUp: asks Postgres for the version of one user's inbox.
    ///   - gate: bounds how many wait for an answer of Postgres. What is known needs none.
    ///   - limit: at most so many users are held.
    ///   - expirySeconds: for how long an answer of Postgres holds.
    init(
        pool: PostgresPool, gate: Gate, limit: Int, expirySeconds: Int,
        lookUp: @escaping @Sendable (_ userID: String) async throws -> Int64
    ) {
        self.map = Mutex(VersionMap(limit: limit, expirySeconds: expirySeconds, origin: .now))
        self.pool = pool
        self.lookUp = lookUp
        self.gate = gate
        self.metrics = InboxVersionMetrics()
    }

    /// Never lower than what this replica committed or read itself, nor than what was announced three seconds ago.
    ///
    /// - Throws: where Postgres has to be asked and does not answer; `Problem`, 503, where too many wait for that.
    func version(of person: Person) async throws -> Int64 {
        switch self.ask(person) {
        case .known(let version):
            self.metrics.fromMemory.increment()
            return version
        case .unknown(let ticket):
            let version = try await self.gate.admit {
                self.metrics.fromPostgres.increment()
                return try await self.lookUp(person.userID)
            }
            return self.map.withLock { $0.enter(version, for: ticket) }
        }
    }

    /// What memory knows. Where it is nothing, `version(of:)` has to be asked, which may wait for Postgres.
    ///
    /// Not counted, since who is told of nothing asks again: `countKnown` does.
    func known(of person: Person) -> Int64? {
        if case .known(let version) = self.ask(person) { version } else { nil }
    }

    /// What `known(of:)` told was all that had to be asked.
    func countKnown() {
        self.metrics.fromMemory.increment()
    }

    private func ask(_ person: Person) -> VersionMap.Answer {
        self.map.withLock { $0.ask(person, at: .now) }
    }

    /// For what this replica itself has committed, or read: it never again confirms what was before.
    func changed(_ user: UserKey, version: Int64) {
        self.map.withLock { $0.apply(version, to: user) }
    }

    // MARK: The tail

    /// The tail is at the end of these partitions, and what was before may have passed by. None: it has ended.
    func restart(_ partitions: Set<Int32>) {
        self.map.withLock { $0.restart(partitions) }
    }

    func apply(_ events: [TailEvent]) {
        self.map.withLock { map in
            for event in events {
                switch event {
                case .changed(let user, let version): map.apply(version, to: user)
                case .unreadable(let user): map.forget(user)
                case .heartbeat(let number, let partition): map.returned(number, from: partition, at: .now)
                }
            }
        }
    }

    /// - Returns: the number of the heartbeat to send now, to which partitions, and whether memory is trusted.
    func beat() -> (number: UInt64, partitions: Set<Int32>, isTrusted: Bool) {
        let metrics = self.metrics
        return self.map.withLock { map in
            let now = ContinuousClock.now
            let number = map.beat(at: now)
            metrics.show(entries: map.count, isTrusted: map.isTrusted, lag: map.lag(at: now))
            return (number, map.partitions, map.isTrusted)
        }
    }

    // MARK: Refreshing

    /// Asks Postgres anew about users who poll and whose time is more than half over, in one query.
    ///
    /// - Returns: about how many; at most `limit`.
    func refresh(limit: Int) async throws -> Int {
        let due = self.map.withLock { $0.takeDue(limit, at: .now) }
        let versions = try await InboxVersionsOf.run(due.map(\.userID), on: self.pool)
        self.map.withLock { map in
            for (userID, ticket) in due { _ = map.enter(versions[Array(userID.utf8)] ?? 0, for: ticket) }
        }
        self.metrics.refreshed.increment(by: due.count)
        return due.count
    }
}
