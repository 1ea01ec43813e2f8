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

    /// The claim before was not published, or only after so long that Postgres would end this one's transaction before
    /// Kafka has answered for it as well.
    struct GivenUp: Error {}

    /// Of the 5 s after which Postgres ends an idle transaction, what the producer's 3 s leave, and some to spare.
    static let longestWait: Duration = .milliseconds(1_500)

    // Each has at most one element, and ends; without one where the claim failed.
    private let takings = AsyncStream.makeStream(of: Taken.self)
    private let publishings = AsyncStream.makeStream(of: Void.self)
    private let before: AsyncStream<Void>?

    init(after before: ClaimTurn? = nil) {
        self.before = before?.publishings.stream
    }

    // MARK: For the claim

    func took(_ taken: Taken) {
        self.takings.continuation.yield(taken)
    }

    /// Returns when it may publish.
    func begin() async throws(GivenUp) {
        guard let before else { return }
        let clock = ContinuousClock()
        let began = clock.now
        var wasPublished = false
        for await _ in before { wasPublished = true }
        guard wasPublished, clock.now - began < Self.longestWait else { throw GivenUp() }
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
