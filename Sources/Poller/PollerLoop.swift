import Logging
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store

/// Claims what is due in every shard, as soon as it is due, until it is stopped.
struct PollerLoop: Service {
    let claiming: Claiming
    let listening: PostgresConfiguration
    let shards: Int32
    let batchSize: Int
    /// Of one shard.
    let claimsAtOnce: Int
    let logger: Logger
    private let wakeUps = WakeUps()

    init(
        claiming: Claiming, listening: PostgresConfiguration, shards: Int32, batchSize: Int, claimsAtOnce: Int,
        logger: Logger
    ) {
        self.claiming = claiming
        self.listening = listening
        self.shards = shards
        self.batchSize = batchSize
        self.claimsAtOnce = claimsAtOnce
        self.logger = logger
    }

    /// Returns after a graceful shutdown, when the claims in hand are committed.
    func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { await self.listen() }
            try await withThrowingTaskGroup { loops in
                for shard in 0..<self.shards { loops.addTask { try await self.run(shard) } }
                try await loops.waitForAll()
            }
            group.cancelAll()
        }
    }

    /// Wake-ups are a shortcut: without them a row is found by the safety net.
    private func listen() async {
        let listener = PostgresListener(
            configuration: self.listening, channels: [WakePollers.channel], logger: self.logger)
        await listener.run(
            // What was sent while nobody listened is lost: look at everything.
            onConnect: { for shard in 0..<self.shards { self.wakeUps.wake(shard, for: OutboxPlace.beginning.dueAt) } },
            onNotification: { notification in
                guard let wake = Wake(notification.payload) else {
                    self.logger.warning(
                        "a wake-up that nobody can read", metadata: ["payload": "\(notification.payload)"])
                    return
                }
                for (shard, dueAt) in wake.earliest { self.wakeUps.wake(shard, for: dueAt) }
            })
    }

    /// A claim that fails while the daemon stops is rolled back, and another poller's.
    private func run(_ shard: Int32) async throws {
        do {
            try await self.poll(shard)
        } catch  where Task.isShuttingDownGracefully && !Task.isCancelled {
            self.logger.warning("stopped with a claim unfinished", error: error)
        }
    }

    private func poll(_ shard: Int32) async throws {
        var pace = ClaimPace(batchSize: Int32(self.batchSize))
        let clock = ContinuousClock()
        // Only where something should be due; else one statement asks when the next is, which costs less than a claim.
        var isDue = true
        while !Task.isShuttingDownGracefully {
            if let woken = self.wakeUps.take(shard) { pace.woken(for: woken) }
            if isDue {
                let next = try await self.claim(shard, &pace)
                guard next == .wait, !Task.isShuttingDownGracefully else { continue }
            }
            let due = try await self.nextDue(shard, &pace)
            switch pace.wait(untilDue: due?.waitMicroseconds, jitter: .random(in: 0...1)) {
            case .none: isDue = true
            case .until(let microseconds):
                let woken = await self.sleep(shard, microseconds: microseconds)
                if let woken { pace.woken(for: woken) }
                isDue = woken == nil
            case .safetyNet(let microseconds):
                isDue = false
                if let woken = await self.sleep(shard, microseconds: microseconds) {
                    pace.woken(for: woken)
                } else {
                    pace.sweep(at: clock.now)
                }
            }
        }
    }

    /// Claims until less came than might have, however often it has to be tried.
    private func claim(_ shard: Int32, _ pace: inout ClaimPace) async throws -> ClaimPace.Next {
        var attempt = pace
        var hasFailed = false
        let run = ClaimRun(atOnce: self.claimsAtOnce) { low, limit, turn in
            try await self.claiming.claim(shard: shard, low: low, limit: limit, turn: turn)
        } woken: {
            self.wakeUps.take(shard)
        }
        let next = try await retryForever(
            "claiming what is due", logger: self.logger, isRetriable: { _ in true }
        ) {
            // After a failure only one at a time: the first that succeeds ends the backing off.
            let (after, next) = await run.run(attempt, isSingle: hasFailed)
            (attempt, hasFailed) = (after, true)
            return try next.get()
        }
        pace = attempt
        return next
    }

    private func nextDue(
        _ shard: Int32, _ pace: inout ClaimPace
    ) async throws -> (dueAt: Instant, waitMicroseconds: Int64)? {
        var attempt = pace
        let due = try await retryForever(
            "asking what is due next", logger: self.logger, isRetriable: { _ in true }
        ) {
            do {
                return try await NextDue.run(shard: shard, low: attempt.low, on: self.claiming.pool)
            } catch {
                // It walks where the claim would, and takes nothing.
                if (error as? PostgresError)?.isStatementTimeout ?? false { attempt.failed(isTimeout: true) }
                throw error
            }
        }
        pace = attempt
        return due
    }

    private func sleep(_ shard: Int32, microseconds: Int64) async -> Instant? {
        await cancelWhenGracefulShutdown { await self.wakeUps.wait(shard, microseconds: microseconds) }
    }
}
