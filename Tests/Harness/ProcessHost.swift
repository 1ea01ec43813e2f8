import Testing

/// Where child processes live: `run()` holds one task for each, and ends them all, by SIGKILL, when it is cancelled.
final class ProcessHost: Sendable {
    typealias Work = @Sendable () async -> Void

    let watchman = Watchman()
    private let starts: AsyncStream<Work>
    private let input: AsyncStream<Work>.Continuation

    init() {
        (self.starts, self.input) = AsyncStream.makeStream()
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                do {
                    try await self.watchman.run()
                } catch {
                    if !Task.isCancelled { Issue.record(error, "the watchman") }
                }
            }
            for await work in self.starts { group.addTask { await work() } }
            group.cancelAll()
        }
    }

    func add(_ work: @escaping Work) {
        self.input.yield(work)
    }
}
