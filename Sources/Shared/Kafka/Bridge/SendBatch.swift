import CRdKafka
import Synchronization

/// The reports of records that were handed over together: one promise for all of them.
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

    private struct State {
        var outcomes: [Outcome?]
        var remaining: Int
        var waiter: CheckedContinuation<[Outcome], Never>?
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let state: Mutex<State>
    let count: Int
    /// When even librdkafka's own timeouts must have brought every report.
    let deadline: ContinuousClock.Instant

    init(count: Int, deadline: ContinuousClock.Instant) {
        self.count = count
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

    /// Returns true if this was the last outcome that was missing. Only the first outcome of a record counts.
    func settle(_ index: Int, _ outcome: Outcome) -> Bool {
        self.settle(index..<index + 1) { _ in outcome }
    }

    /// Settles whatever of `range` is still open.
    func settle(_ range: Range<Int>, _ outcome: (Int) -> Outcome) -> Bool {
        let (isDone, waiter, outcomes) = self.state.withLock { state in
            let before = state.remaining
            for index in range where state.outcomes[index] == nil {
                state.outcomes[index] = outcome(index)
                state.remaining -= 1
            }
            guard state.remaining == 0, before > 0 else {
                return (false, CheckedContinuation<[Outcome], Never>?.none, [Outcome]())
            }
            defer { state.waiter = nil }
            return (true, state.waiter, state.waiter == nil ? [] : state.outcomes.compactMap(\.self))
        }
        waiter?.resume(returning: outcomes)
        return isDone
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
