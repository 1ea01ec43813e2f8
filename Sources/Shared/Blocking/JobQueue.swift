import Foundation

/// Jobs in the order of their arrival, for one thread that waits for them.
///
/// `@unchecked Sendable`: `arriving` and `isEnded` are touched only with `condition` locked, `taken` only by the one
/// thread that calls `next()`. The standard library's `Mutex` has no condition to wait on, hence Foundation's.
final class JobQueue: @unchecked Sendable {
    /// A job together with its executor, which thereby outlives it.
    struct Entry {
        let job: UnownedJob
        let executor: BlockingExecutor
    }

    private let condition = NSCondition()
    private var arriving: [Entry] = []
    /// All that the thread took at one time, last first, so that the lock is taken once for many jobs.
    private var taken: [Entry] = []
    private var isEnded = false

    func append(_ entry: Entry) {
        self.condition.lock()
        self.arriving.append(entry)
        self.condition.signal()
        self.condition.unlock()
    }

    /// Lets `next()` return nil as soon as nothing is left.
    func end() {
        self.condition.lock()
        self.isEnded = true
        self.condition.signal()
        self.condition.unlock()
    }

    /// Waits for the next job; nil once `end()` was called and all jobs are taken.
    func next() -> Entry? {
        if let entry = self.taken.popLast() { return entry }
        self.condition.lock()
        while self.arriving.isEmpty && !self.isEnded { self.condition.wait() }
        self.taken = self.arriving.reversed()
        self.arriving.removeAll(keepingCapacity: true)
        self.condition.unlock()
        return self.taken.popLast()
    }
}
