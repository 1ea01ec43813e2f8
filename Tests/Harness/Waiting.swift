import Synchronization
import Testing

/// Looks at something that gives no event until it is so.
///
/// - Returns: whether it became so before the deadline.
func eventually(
    within limit: Duration, every pause: Duration = .milliseconds(20), _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: pause)
    }
}

/// As `eventually`, but a test that waits in vain ends there.
func require(
    _ what: @autoclosure () -> String, within limit: Duration, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let isSo = try await eventually(within: limit, condition)
    try #require(isSo, "not within \(limit): \(what())", sourceLocation: sourceLocation)
}

/// Something that happens once, and can be awaited by many.
final class Once<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [AsyncStream<Value>.Continuation] = []
    }

    private let state = Mutex(State())

    var value: Value? { self.state.withLock { $0.value } }

    /// Without effect the second time.
    func happen(_ value: Value) {
        let waiting = self.state.withLock { state in
            guard state.value == nil else { return [AsyncStream<Value>.Continuation]() }
            state.value = value
            defer { state.waiting = [] }
            return state.waiting
        }
        for each in waiting {
            each.yield(value)
            each.finish()
        }
    }

    /// - Returns: `nil` where it did not happen within the limit, or the task was cancelled.
    func value(within limit: Duration) async -> Value? {
        let (stream, continuation) = AsyncStream.makeStream(of: Value.self)
        let known = self.state.withLock { state in
            if state.value == nil { state.waiting.append(continuation) }
            return state.value
        }
        if let known { return known }
        return await withTaskGroup(of: Value?.self) { group in
            group.addTask { await stream.first { _ in true } }
            group.addTask {
                // Cancelled as soon as it has happened; then this result is not looked at.
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

/// A value that several tasks change.
final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) {
        self.state = Mutex(value)
    }

    var value: Value { self.state.withLock { $0 } }

    func change(_ body: (inout Value) -> Void) {
        self.state.withLock { body(&$0) }
    }
}

/// Runs both at once. What one throws ends the other.
func together(
    _ first: @escaping @Sendable () async throws -> Void, _ second: @escaping @Sendable () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await first() }
        group.addTask { try await second() }
        // Not `waitForAll()`, which lets the other go on to its end.
        for try await _ in group {}
    }
}

/// Runs something beside `body`, and ends it with it.
func withBackground<Success: Sendable>(
    _ background: @escaping @Sendable () async throws -> Void, _ body: @escaping @Sendable () async throws -> Success
) async throws -> Success {
    try await withThrowingTaskGroup(of: Success?.self) { group in
        group.addTask {
            try await background()
            return nil
        }
        group.addTask { try await body() }
        defer { group.cancelAll() }
        while let result = try await group.next() {
            if let result { return result }
        }
        throw CancellationError()
    }
}

/// Runs `body` for each item, so many at once, and returns the results in the order of the items.
func concurrently<Item: Sendable, Success: Sendable>(
    _ items: [Item], atOnce width: Int, _ body: @escaping @Sendable (Item) async throws -> Success
) async throws -> [Success] {
    try await withThrowingTaskGroup(of: (Int, Success).self) { group in
        var results = [Success?](repeating: nil, count: items.count)
        for (index, item) in items.enumerated() {
            if index >= width, let (place, result) = try await group.next() { results[place] = result }
            group.addTask { (index, try await body(item)) }
        }
        for try await (place, result) in group { results[place] = result }
        return results.compactMap { $0 }
    }
}
