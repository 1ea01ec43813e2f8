import CoreMetrics
import Operations
import Postgres
import Store
import Synchronization

/// Asks Postgres for the newest page of what people have not read: one statement for all who ask while others are under way.
///
/// A statement for sixteen takes Postgres half as long for each as one alone, and the API a fraction of the turns between
/// threads. Who asks while nothing is under way is asked for alone, at once.
final class UnreadPages: Sendable {
    typealias Page = Result<InboxPage.Page, any Error>
    /// Called on no thread in particular, which it is not to hold up.
    typealias Reply = @Sendable (Page) -> Void
    typealias Ask =
        @Sendable (_ userIDs: [String]) async throws -> [Result<InboxPage.Page, TooManyRequests>]

    private struct State {
        var queue = PageQueue<Reply>()
        var lanes = 0
        var isClosed = false
    }

    /// Bounds what is held of Postgres' answers: a page has at most a hundred and one rows, of 8 KiB and a bit each.
    private static let batch = 16
    private static let closed = PostgresError(code: .closed, message: "pages are not asked for any more")

    private let ask: Ask
    private let mostLanes: Int
    private let state = Mutex(State())
    /// Bounded by the number of lanes.
    private let starts: AsyncStream<Void>
    private let start: AsyncStream<Void>.Continuation
    private let queries = Metric(
        "inbox_page_queries", help: "Queries for the newest pages of what is unread, each for many users."
    ).counter()

    /// - Parameters:
    ///   - lanes: so many statements are under way at once. Fewer than there are connections, since others need one too.
    ///   - ask: is given each user once, and returns their pages in that order.
    init(lanes: Int, ask: @escaping Ask) {
        self.mostLanes = max(1, lanes)
        self.ask = ask
        (self.starts, self.start) = AsyncStream.makeStream()
    }

    /// The page that a statement has read which began after this call. Works while `run()` does.
    ///
    /// - Throws: `TooManyRequests`; `PostgresError`.
    func page(of person: Person) async throws -> InboxPage.Page {
        try await withCheckedContinuation { continuation in
            self.ask(for: person) { continuation.resume(returning: $0) }
        }.get()
    }

    /// The same without a task. `reply` is called once.
    func ask(for person: Person, reply: @escaping Reply) {
        let (isClosed, isStarting) = self.state.withLock { state in
            guard !state.isClosed else { return (true, false) }
            state.queue.add(reply, for: person)
            guard state.lanes < self.mostLanes else { return (false, false) }
            state.lanes += 1
            return (false, true)
        }
        if isClosed { reply(.failure(Self.closed)) }
        if isStarting { self.start.yield() }
    }

    /// Asks until cancelled. To be called once.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await _ in self.starts { group.addTask { await self.runLane() } }
        }
        let left = self.state.withLock { state in
            state.isClosed = true
            return state.queue.takeAll()
        }
        for (_, reply) in left { reply(.failure(Self.closed)) }
    }

    private func runLane() async {
        var batch: [(person: Person, waiter: Reply)] = []
        repeat {
            batch = self.state.withLock { [batch] state in
                // Together: whoever was passed over for one of these is found by this very lane, if by no other.
                state.queue.end(batch)
                let next = state.queue.take(Self.batch)
                if next.isEmpty { state.lanes -= 1 }
                return next
            }
            await self.answer(batch)
        } while !batch.isEmpty
    }

    private func answer(_ batch: [(person: Person, waiter: Reply)]) async {
        guard !batch.isEmpty else { return }
        do {
            self.queries.increment()
            let pages = try await self.ask(batch.map(\.person.userID))
            for ((_, reply), page) in zip(batch, pages) { reply(page.mapError { $0 }) }
        } catch let error as PostgresError where error.maybeOfOne && batch.count > 1 {
            // Beside each other: one whose row is locked keeps its own statement waiting, as it would have alone.
            await withDiscardingTaskGroup { group in
                for entry in batch { group.addTask { await self.answer([entry]) } }
            }
        } catch {
            for (_, reply) in batch { reply(.failure(error)) }
            guard (error as? PostgresError)?.isUnreachable ?? false else { return }
            // Those behind would only wait as long once more.
            for (_, reply) in self.state.withLock({ $0.queue.takeAll() }) { reply(.failure(error)) }
        }
    }
}

extension PostgresError {
    /// Whether one user may be the reason, who is none to refuse the others: a name that the database cannot hold, a row
    /// that somebody else has locked; or the server may only take a statement of one (0A000: some that are spread over
    /// several machines).
    fileprivate var maybeOfOne: Bool {
        self.isPoison || self.isStatementTimeout || self.isTransactionConflict || self.sqlState == "0A000"
    }

    fileprivate var isUnreachable: Bool { self.code == .connection || self.code == .poolTimeout }
}
