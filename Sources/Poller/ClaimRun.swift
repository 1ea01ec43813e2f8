import Postgres
import ServiceLifecycle
import Store

/// Claims of one shard, one after the other for as long as they come back full, so that Postgres and Kafka do not wait for
/// each other.
struct ClaimRun: Sendable {
    /// One that is being published and one that is being made.
    static let mostAtOnce = 2

    let claiming: Claiming
    let wakeUps: WakeUps

    private struct Ended: Sendable {
        let low: OutboxPlace
        let result: Result<Claiming.Outcome, any Error>
    }

    /// Returns when none is under way any more. After a failure none is begun; what was rolled back is claimed again.
    ///
    /// - Parameter isSingle: makes only one.
    func run(
        _ shard: Int32, _ start: ClaimPace, isSingle: Bool
    ) async -> (pace: ClaimPace, next: Result<ClaimPace.Next, any Error>) {
        await withTaskGroup(of: Ended.self) { group in
            var (pace, next) = (start, ClaimPace.Next.claimAgain)
            var failure: (any Error)?
            var underWay = 0
            var turn: ClaimTurn?
            repeat {
                if let woken = self.wakeUps.take(shard) { pace.woken(for: woken) }
                pace.willClaim(at: .now)
                let (current, low, limit) = (ClaimTurn(after: turn), pace.low, pace.limit)
                group.addTask {
                    defer { current.end() }
                    do {
                        let outcome = try await self.claiming.claim(
                            shard: shard, low: low, limit: limit, turn: current)
                        return Ended(low: low, result: .success(outcome))
                    } catch {
                        return Ended(low: low, result: .failure(error))
                    }
                }
                underWay += 1
                turn = current
                guard let taken = await current.taken else { break }
                next = pace.claimed(count: taken.count, last: taken.last, took: taken.took)
                if underWay == Self.mostAtOnce, let ended = await group.next() {
                    underWay -= 1
                    failure = Self.settle(ended, &pace)
                }
            } while !isSingle && next == .claimAgain && failure == nil && !Task.isShuttingDownGracefully
            for await ended in group {
                let other = Self.settle(ended, &pace)
                failure = failure ?? other
            }
            return (pace, failure.map { .failure($0) } ?? .success(next))
        }
    }

    /// - Returns: why it failed, unless that was only for the sake of another one.
    private static func settle(_ ended: Ended, _ pace: inout ClaimPace) -> (any Error)? {
        switch ended.result {
        case .success(let outcome):
            pace.published(givenBackAt: outcome.givenBack > 0 ? .now : nil)
            return nil
        case .failure(let error):
            pace.rolledBack(to: ended.low)
            if error is ClaimTurn.GivenUp { return nil }
            pace.failed(isTimeout: (error as? PostgresError)?.isStatementTimeout ?? false)
            return error
        }
    }
}
