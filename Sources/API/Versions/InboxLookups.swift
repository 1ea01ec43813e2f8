import CoreMetrics
import Operations
import Postgres
import Store
import Synchronization

/// Asks Postgres for versions of inboxes, for many users in one query, and one query at a time: after an outage, when
/// everybody polls at once and memory is empty, ten thousand polls are a dozen queries.
final class InboxLookups: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Int64, any Error>, Never>

    private struct State {
        var queue = LookupQueue<Waiter>()
        var isClosed = false
    }

    private static let batch = 1_000
    private static let closed = PostgresError(code: .closed, message: "versions are not looked up any more")

    private let pool: PostgresPool
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let queries = Metric(
        "inbox_version_queries", help: "Queries for the versions that polls asked Postgres for, each for many."
    ).counter()

    init(pool: PostgresPool) {
        self.pool = pool
        (self.signals, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What a query that began after this call has told; 0 for who never got anything. Works while `run()` does.
    ///
    /// - Throws: where Postgres does not answer.
    func version(of userID: String) async throws -> Int64 {
        let result = await withCheckedContinuation { (waiter: Waiter) in
            let isClosed = self.state.withLock { state in
                if !state.isClosed { state.queue.add(waiter, for: userID) }
                return state.isClosed
            }
            if isClosed { waiter.resume(returning: .failure(Self.closed)) } else { self.signal.yield() }
        }
        return try result.get()
    }

    /// Asks until cancelled. To be called once.
    func run() async {
        for await _ in self.signals {
            while case let batch = self.state.withLock({ $0.queue.take(Self.batch) }), !batch.isEmpty {
                await self.answer(batch)
            }
        }
        let left = self.state.withLock { state in
            state.isClosed = true
            return state.queue.take(.max)
        }
        Self.resume(left) { _ in .failure(Self.closed) }
    }

    private func answer(_ batch: [(userID: String, waiters: [Waiter])]) async {
        do {
            let versions = try await self.ask(batch.map(\.userID))
            Self.resume(batch) { .success(versions[Array($0.utf8)] ?? 0) }
        } catch {
            // Those behind would only wait as long once more, each batch for the one before it.
            let behind = self.state.withLock { $0.queue.take(.max) }
            Self.resume(batch + behind) { _ in .failure(error) }
        }
    }

    private func ask(_ users: [String]) async throws -> [[UInt8]: Int64] {
        self.queries.increment()
        return try await InboxVersionsOf.run(users, on: self.pool)
    }

    private static func resume(
        _ batch: [(userID: String, waiters: [Waiter])], with result: (String) -> Result<Int64, any Error>
    ) {
        for (userID, waiters) in batch {
            let result = result(userID)
            for waiter in waiters { waiter.resume(returning: result) }
        }
    }
}
