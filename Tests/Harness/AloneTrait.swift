import Synchronization
import Testing

/// Suites that load the whole machine run one after the other, also where they are of different targets.
struct AloneTrait: SuiteTrait, TestScoping {
    private static let turn = Turn()

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.turn.wait()
        defer { Self.turn.pass() }
        try await function()
    }
}

extension Trait where Self == AloneTrait {
    static var alone: Self { Self() }
}

/// One at a time, in the order of asking.
private final class Turn: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func wait() async {
        await withCheckedContinuation { continuation in
            let isMine = self.state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isMine { continuation.resume() }
        }
    }

    func pass() {
        let next = self.state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return CheckedContinuation<Void, Never>?.none
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
