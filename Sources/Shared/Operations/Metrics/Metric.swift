public import Metrics

/// A metric with its help text. Declare it as a constant; take handles from it once, after `Daemon.run` has called
/// `build`, and keep them: a handle is cheap to use and dear to make.
/// ```swift
/// static let accepted = Metric("requests_accepted", help: "Notifications that were answered with 202.")
/// let counter = Self.accepted.counter(("event_type", "new_message"))
/// counter.increment()      // notifi_requests_accepted_total{event_type="new_message"} 1
/// ```
/// Names come without `notifi_`, `_total` and `_seconds`, which are added. Keep label values few: each combination is
/// held for ever.
public struct Metric: Sendable {
    public let name: String
    public let help: String

    public init(_ name: String, help: String) {
        self.name = name
        self.help = help
    }

    /// A number that only grows: `notifi_<name>_total`.
    public func counter(_ labels: (String, String)...) -> Counter {
        Counter(label: self.name, dimensions: labels, factory: self.factory())
    }

    /// A number that goes up and down: `notifi_<name>`. Set it by `record`.
    public func gauge(_ labels: (String, String)...) -> Gauge {
        Gauge(label: self.name, dimensions: labels, factory: self.factory())
    }

    /// Durations as a histogram in seconds: `notifi_<name>_seconds`.
    public func timer(_ labels: (String, String)...) -> Metrics.Timer {
        Metrics.Timer(label: self.name, dimensions: labels, factory: self.factory())
    }

    /// Sizes or counts as a histogram: `notifi_<name>`.
    ///
    /// - Parameter buckets: the upper bounds; sorted here, and the infinite one is added. Those of the first call for
    ///   a name hold for all.
    public func histogram(buckets: [Double], _ labels: (String, String)...) -> Recorder {
        Recorder(label: self.name, dimensions: labels, aggregate: true, factory: self.factory(buckets: buckets))
    }

    private func factory(buckets: [Double]? = nil) -> any MetricsFactory {
        let factory = MetricsSystem.factory
        (factory as? PrometheusMetrics)?.describe(self.name, help: self.help, buckets: buckets)
        return factory
    }
}
