import Metrics
import Synchronization

/// One value of a metric: what a handle writes to and the exposition reads.
protocol MetricCell: AnyObject, Sendable {
    /// Appends its lines.
    func expose(name: String, labels: [(name: String, value: String)], to text: inout String)
}

final class CounterCell: MetricCell, CounterHandler {
    private let value = Atomic<Int64>(0)

    /// Counters never fall: a negative amount is dropped.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        self.value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        self.value.store(0, ordering: .relaxed)
    }

    func expose(name: String, labels: [(name: String, value: String)], to text: inout String) {
        text += "\(name)\(MetricNames.text(of: labels)) \(self.value.load(ordering: .relaxed))\n"
    }
}

final class FloatingPointCounterCell: MetricCell, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Double) {
        guard amount > 0 else { return }
        self.value.withLock { $0 += amount }
    }

    func reset() {
        self.value.withLock { $0 = 0 }
    }

    func expose(name: String, labels: [(name: String, value: String)], to text: inout String) {
        text += "\(name)\(MetricNames.text(of: labels)) \(MetricNames.number(self.value.withLock { $0 }))\n"
    }
}

final class GaugeCell: MetricCell, RecorderHandler, MeterHandler {
    private let value = Mutex(0.0)

    func record(_ value: Int64) { self.set(Double(value)) }
    func record(_ value: Double) { self.set(value) }
    func set(_ value: Int64) { self.set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { self.value.withLock { $0 += amount } }
    func decrement(by amount: Double) { self.value.withLock { $0 -= amount } }

    func expose(name: String, labels: [(name: String, value: String)], to text: inout String) {
        text += "\(name)\(MetricNames.text(of: labels)) \(MetricNames.number(self.value.withLock { $0 }))\n"
    }
}

final class HistogramCell: MetricCell, RecorderHandler, TimerHandler {
    private struct State {
        /// One a bucket, not yet cumulative, and the infinite one at the end.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: sorted upper bounds, without the infinite one.
    init(bounds: [Double]) {
        self.bounds = bounds
        self.state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { self.record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = self.bounds.firstIndex { value <= $0 } ?? self.bounds.count
        self.state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) {
        self.record(Double(duration) / 1_000_000_000)
    }

    func expose(name: String, labels: [(name: String, value: String)], to text: inout String) {
        let (counts, sum) = self.state.withLock { ($0.counts, $0.sum) }
        var total: UInt64 = 0
        for (bound, count) in zip(self.bounds + [.infinity], counts) {
            total += count
            let bucket = labels + [(name: "le", value: MetricNames.number(bound))]
            text += "\(name)_bucket\(MetricNames.text(of: bucket)) \(total)\n"
        }
        text += "\(name)_sum\(MetricNames.text(of: labels)) \(MetricNames.number(sum))\n"
        text += "\(name)_count\(MetricNames.text(of: labels)) \(total)\n"
    }
}
