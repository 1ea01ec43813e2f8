import Synchronization

/// An answer that is given once and awaited by one, in either order.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Result<Value, PostgresError>, Never>)
        case done(Result<Value, PostgresError>)
    }

    private let state = Mutex<State>(.empty)

    /// Nil as long as there is none.
    var answer: Result<Value, PostgresError>? {
        self.state.withLock { state in
            if case .done(let answer) = state { answer } else { nil }
        }
    }

    var value: Result<Value, PostgresError> {
        get async {
            await withCheckedContinuation { continuation in
                let answer = self.state.withLock { state -> Result<Value, PostgresError>? in
                    if case .done(let answer) = state { return answer }
                    state = .waiting(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        }
    }

    /// The first answer counts.
    func resolve(_ answer: Result<Value, PostgresError>) {
        let continuation = self.state.withLock { state -> CheckedContinuation<Result<Value, PostgresError>, Never>? in
            switch state {
            case .empty:
                state = .done(answer)
                return nil
            case .waiting(let continuation):
                state = .done(answer)
                return continuation
            case .done:
                return nil
            }
        }
        continuation?.resume(returning: answer)
    }
}
