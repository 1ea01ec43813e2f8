import CRdKafka
import Synchronization

/// The reports of records that were handed over together: one promise for all of them, or a listener who is told of each.
///
/// `@unchecked Sendable`: `slots` is written by `init` alone, everything else is behind a lock.
@safe
final class SendBatch: @unchecked Sendable {
    enum Outcome: Sendable {
        case stored(partition: Int32, offset: Int64)
        case failed(KafkaError)
    }

    /// What librdkafka carries for each record and gives back with its report.
    private struct Slot {
        unowned(unsafe) let batch: SendBatch
        let index: Int
    }

    typealias Listener = @Sendable ([(index: Int, outcome: Outcome)]) -> Void

    private struct State {
        var outcomes: [Outcome?]
        var remaining: Int
        var waiter: CheckedContinuation<[Outcome], Never>?
        /// What the listener was not told yet.
        var untold: [(index: Int, outcome: Outcome)] = []
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let state: Mutex<State>
    private let listener: Listener?
    let count: Int
    /// When even librdkafka's own timeouts must have brought every report.
    let deadline: ContinuousClock.Instant

    /// - Parameter listener: is told of every outcome once, of several at a time where they came together.
    init(count: Int, deadline: ContinuousClock.Instant, listener: Listener? = nil) {
        self.count = count
        self.listener = listener
        self.deadline = deadline
        unsafe self.slots = .allocate(capacity: count)
        self.state = Mutex(State(outcomes: Array(repeating: nil, count: count), remaining: count))
        for index in 0..<count { unsafe (self.slots + index).initialize(to: Slot(batch: self, index: index)) }
    }

    deinit {
        unsafe self.slots.deinitialize(count: self.count)
        unsafe self.slots.deallocate()
    }

    /// For the record at `index`. Valid as long as the batch lives, which its client sees to until the report is there.
    func opaque(_ index: Int) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(self.slots + index)
    }

    /// The batch and the place in it that a report is for.
    static func place(of opaque: UnsafeMutableRawPointer) -> (batch: SendBatch, index: Int) {
        let slot = unsafe opaque.assumingMemoryBound(to: Slot.self).pointee
        return unsafe (slot.batch, slot.index)
    }

    /// Returns true if this was the last outcome that was missing. Only the first outcome of a record counts. Whoever waits
    /// learns of it by `deliver`.
    func settle(_ index: Int, _ outcome: Outcome) -> Bool {
        self.settle(index..<index + 1) { _ in outcome }
    }

    /// Settles whatever of `range` is still open.
    func settle(_ range: Range<Int>, _ outcome: (Int) -> Outcome) -> Bool {
        self.state.withLock { state in
            let before = state.remaining
            for index in range where state.outcomes[index] == nil {
                let outcome = outcome(index)
                state.outcomes[index] = outcome
                state.remaining -= 1
                if self.listener != nil { state.untold.append((index, outcome)) }
            }
            return state.remaining == 0 && before > 0
        }
    }

    /// Tells whoever waits what was settled. Not from within a lock.
    func deliver() {
        let (waiter, outcomes, untold) = self.state.withLock { state in
            let untold = state.untold
            state.untold = []
            guard state.remaining == 0, let waiter = state.waiter else {
                return (CheckedContinuation<[Outcome], Never>?.none, [Outcome](), untold)
            }
            state.waiter = nil
            return (waiter, state.outcomes.compactMap(\.self), untold)
        }
        waiter?.resume(returning: outcomes)
        if !untold.isEmpty { self.listener?(untold) }
    }

    /// All outcomes, in the order of the records. To be called once.
    func outcomes() async -> [Outcome] {
        await withCheckedContinuation { continuation in
            let done: [Outcome]? = self.state.withLock { state in
                if state.remaining == 0 { return state.outcomes.compactMap(\.self) }
                state.waiter = continuation
                return nil
            }
            if let done { continuation.resume(returning: done) }
        }
    }
}
