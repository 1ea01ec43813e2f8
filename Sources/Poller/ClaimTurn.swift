import Store

/// The place of a claim in a row of claims that overlap: each is made while the one before is being published.
///
/// They are published one after the other all the same, so that what is due first goes first. One whose predecessor was
/// not published is given up.
struct ClaimTurn: Sendable {
    /// Rows that have left the outbox, if the transaction commits.
    struct Taken: Sendable {
        let count: Int
        let last: OutboxPlace?
        /// By Postgres, to find and lock them.
        let took: Duration
    }

    /// The claim before was not published, or not within ``longestWait``.
    struct GivenUp: Error {}

    /// Postgres ends an idle transaction after 5 s, and a claim's own reports may take 4 s: the producer's 3 s, and one
    /// more until librdkafka looks. Meanwhile it holds a connection that other shards wait for.
    static let longestWait: Duration = .milliseconds(500)

    // Each has at most one element, and ends; without one where the claim failed.
    private let takings = AsyncStream.makeStream(of: Taken.self)
    private let publishings = AsyncStream.makeStream(of: Void.self)
    private let before: AsyncStream<Void>?
    private let longestWait: Duration

    init(after before: ClaimTurn? = nil, longestWait: Duration = Self.longestWait) {
        self.before = before?.publishings.stream
        self.longestWait = longestWait
    }

    // MARK: For the claim

    func took(_ taken: Taken) {
        self.takings.continuation.yield(taken)
    }

    /// Returns when it may publish.
    func begin() async throws(GivenUp) {
        guard let before else { return }
        let longestWait = self.longestWait
        let wasPublished = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in before { return true }
                return false
            }
            group.addTask {
                // Where it is cancelled, so is the wait.
                try? await Task.sleep(for: longestWait)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        guard wasPublished else { throw GivenUp() }
    }

    /// Every report has come.
    func published() {
        self.publishings.continuation.yield()
        self.publishings.continuation.finish()
    }

    /// However it ended.
    func end() {
        self.takings.continuation.finish()
        self.publishings.continuation.finish()
    }

    // MARK: For who made it

    /// What it took out; `nil` where it failed, or this task was cancelled.
    var taken: Taken? {
        get async {
            for await taken in self.takings.stream { return taken }
            return nil
        }
    }
}
