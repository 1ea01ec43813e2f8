import Notifications
import Postgres
import ServiceLifecycle
import Store

/// Claims of one shard, one after the other for as long as they come back full, so that Postgres and Kafka do not wait for
/// each other.
struct ClaimRun: Sendable {
    /// Makes one claim: with rows from this place on, at most so many.
    typealias Claim =
        @Sendable (_ low: OutboxPlace, _ limit: Int32, _ turn: ClaimTurn) async throws -> Claiming.Outcome

    /// How many are under way at most.
    let atOnce: Int
    let claim: Claim
    /// The earliest due time that somebody named since the last call.
    let woken: @Sendable () -> Instant?

    /// One that is being published and one that is being made, where there are connections for all shards and one to
    /// spare: a claim that waits for its turn must not hold up another shard.
    static func atOnce(connections: Int, shards: Int) -> Int { connections > 2 * shards ? 2 : 1 }

    private struct Ended: Sendable {
        let low: OutboxPlace
        let onward: OutboxPlace
        let result: Result<Claiming.Outcome, any Error>
    }

    /// Returns when none is under way any more. After one that came to nothing none is begun; what was rolled back is
    /// claimed again by the next run, whose first claim waits for nobody.
    ///
    /// - Parameter isSingle: makes only one.
    func run(
        _ start: ClaimPace, isSingle: Bool = false
    ) async -> (pace: ClaimPace, next: Result<ClaimPace.Next, any Error>) {
        await withTaskGroup(of: Ended.self) { group in
            var (pace, next) = (start, ClaimPace.Next.claimAgain)
            var outcome = Outcome.published
            var underWay = 0
            var turn: ClaimTurn?
            repeat {
                if let woken = self.woken() { pace.woken(for: woken) }
                pace.willClaim(at: .now)
                let (current, low, limit, onward) = (ClaimTurn(after: turn), pace.low, pace.limit, pace.onward)
                group.addTask {
                    defer { current.end() }
                    do {
                        return Ended(
                            low: low, onward: onward, result: .success(try await self.claim(low, limit, current)))
                    } catch {
                        return Ended(low: low, onward: onward, result: .failure(error))
                    }
                }
                underWay += 1
                turn = current
                guard let taken = await current.taken else { break }
                next = pace.claimed(count: taken.count, last: taken.last, took: taken.took)
                if underWay == self.atOnce, let ended = await group.next() {
                    underWay -= 1
                    outcome = Self.settle(ended, &pace)
                }
            } while !isSingle && next == .claimAgain && outcome.isPublished && !Task.isShuttingDownGracefully
            for await ended in group { outcome = outcome.and(Self.settle(ended, &pace)) }
            return (pace, outcome.next(after: next))
        }
    }

    private enum Outcome {
        case published
        /// Only for the sake of another one.
        case givenUp
        case failed(any Error)

        var isPublished: Bool { if case .published = self { true } else { false } }

        /// The worse of two.
        func and(_ other: Outcome) -> Outcome {
            switch (self, other) {
            case (.failed, _), (.givenUp, .published), (.givenUp, .givenUp): self
            default: other
            }
        }

        func next(after next: ClaimPace.Next) -> Result<ClaimPace.Next, any Error> {
            switch self {
            case .published: .success(next)
            case .givenUp: .success(.claimAgain)
            case .failed(let error): .failure(error)
            }
        }
    }

    private static func settle(_ ended: Ended, _ pace: inout ClaimPace) -> Outcome {
        switch ended.result {
        case .success(let outcome):
            pace.published(givenBackAt: outcome.givenBack > 0 ? .now : nil)
            return .published
        case .failure(let error):
            pace.rolledBack(to: ended.low, onward: ended.onward)
            if error is ClaimTurn.GivenUp { return .givenUp }
            pace.failed(isTimeout: (error as? PostgresError)?.isStatementTimeout ?? false)
            return .failed(error)
        }
    }
}
