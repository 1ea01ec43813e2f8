public import Metrics
import Synchronization

/// Holds the metrics of a process and writes them in Prometheus' text format 0.0.4.
///
/// A name belongs to the kind that used it first. A handle that asks for the same name with another kind works, but is
/// not shown: two types under one name would make the whole page unreadable to Prometheus.
public final class PrometheusMetrics: MetricsFactory {
    /// The upper bounds for durations, and for recorders that declare none. Seconds.
    public static let defaultBuckets: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    enum Kind: String {
        case counter, gauge, histogram
    }

    private struct Family {
        let kind: Kind
        var cells: [String: (labels: [(name: String, value: String)], cell: any MetricCell)] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var helps: [String: String] = [:]
        var buckets: [String: [Double]] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    /// Gives a metric its help text and, if it is a histogram, its buckets. The first call for a name holds.
    public func describe(_ label: String, help: String, buckets: [Double]? = nil) {
        let name = MetricNames.metric(label)
        self.state.withLock { state in
            if state.helps[name] == nil {
                state.helps[name] = help
            }
            if let buckets, state.buckets[name] == nil {
                state.buckets[name] = Set(buckets.filter { $0.isFinite }).sorted()
            }
        }
    }

    /// All metrics, by name.
    public func exposition() -> String {
        let (families, helps) = self.state.withLock { ($0.families, $0.helps) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.cells.isEmpty {
            let help = Self.help(for: name, in: helps)
            text += "# HELP \(name) \(MetricNames.escaped(help, quotes: false))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (_, entry) in family.cells.sorted(by: { $0.key < $1.key }) {
                entry.cell.expose(name: name, labels: entry.labels, to: &text)
            }
        }
        return text
    }

    private static func help(for name: String, in helps: [String: String]) -> String {
        for suffix in ["", "_total", "_seconds"] where name.hasSuffix(suffix) {
            if let help = helps[String(name.dropLast(suffix.count))] {
                return help
            }
        }
        return "No description."
    }

    /// The cell of a name and its labels, made where there is none yet.
    private func cell<Cell: MetricCell>(
        _ label: String, suffix: String = "", kind: Kind, dimensions: [(String, String)],
        make: (_ buckets: [Double]) -> Cell
    ) -> Cell {
        let name = MetricNames.metric(label, suffix: suffix)
        let labels = MetricNames.labels(dimensions, reserved: kind == .histogram ? "le" : nil)
        let key = MetricNames.text(of: labels)
        return self.state.withLock { state in
            let buckets = state.buckets[MetricNames.metric(label)] ?? Self.defaultBuckets
            var family = state.families[name] ?? Family(kind: kind)
            if let known = family.cells[key]?.cell as? Cell, family.kind == kind {
                return known
            }
            let cell = make(buckets)
            if family.kind == kind, family.cells[key] == nil {
                family.cells[key] = (labels, cell)
                state.families[name] = family
            }
            return cell
        }
    }

    private func forget(_ cell: AnyObject) {
        self.state.withLock { state in
            for (name, family) in state.families {
                state.families[name]?.cells = family.cells.filter { $0.value.cell !== cell }
            }
        }
    }
}

extension PrometheusMetrics {
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.cell(label, suffix: "_total", kind: .counter, dimensions: dimensions) { _ in CounterCell() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        self.cell(label, suffix: "_total", kind: .counter, dimensions: dimensions) { _ in FloatingPointCounterCell() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.cell(label, kind: .gauge, dimensions: dimensions) { _ in GaugeCell() }
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return self.cell(label, kind: .gauge, dimensions: dimensions) { _ in GaugeCell() }
        }
        return self.cell(label, kind: .histogram, dimensions: dimensions) { HistogramCell(bounds: $0) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.cell(label, suffix: "_seconds", kind: .histogram, dimensions: dimensions) { HistogramCell(bounds: $0) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { self.forget(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { self.forget(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { self.forget(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { self.forget(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { self.forget(handler) }
}
