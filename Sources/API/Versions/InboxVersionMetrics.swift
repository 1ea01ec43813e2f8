import CoreMetrics
import Operations

/// What the metrics tell of how polls are answered.
struct InboxVersionMetrics: Sendable {
    let fromMemory: Counter
    let fromPostgres: Counter
    let refreshed: Counter
    private let entries: Gauge
    private let isTrusted: Gauge
    private let lag: Gauge

    init() {
        let lookups = Metric(
            "inbox_version_lookups", help: "Versions of inboxes that polls asked for, by who answered.")
        self.fromMemory = lookups.counter(("from", "memory"))
        self.fromPostgres = lookups.counter(("from", "postgres"))
        self.refreshed = Metric("inbox_versions_refreshed", help: "Versions that were asked for again beforehand.")
            .counter()
        self.entries = Metric("inbox_version_entries", help: "Users whose inbox' version is held in memory.").gauge()
        self.isTrusted = Metric("inbox_tail_fresh", help: "1 while versions are answered from memory, else 0.").gauge()
        self.lag = Metric(
            "inbox_tail_lag_seconds",
            help: "By how much the reading of inbox-changes may be behind; +Inf where nothing came back yet."
        ).gauge()
    }

    func show(entries: Int, isTrusted: Bool, lag: Duration?) {
        self.entries.record(entries)
        self.isTrusted.record(isTrusted ? 1 : 0)
        self.lag.record(lag.map { $0 / .seconds(1) } ?? .infinity)
    }
}
