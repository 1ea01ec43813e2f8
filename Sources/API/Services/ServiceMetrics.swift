import CoreMetrics
import Metrics
import Operations
import Synchronization

/// What each service did and asked for in vain, by its name. There are as many names as services, for only one whose token
/// was good is counted.
final class ServiceMetrics: Sendable {
    static let accepted = Metric("api_accepted", help: "Notifications that were answered with 202, by service.")
    static let rescheduled = Metric("api_rescheduled", help: "Notifications that were given another time, by service.")
    static let cancelled = Metric("api_cancelled", help: "Cancels that were answered, by service and outcome.")
    static let erased = Metric("api_erased", help: "Users that were erased, by service.")
    static let refused = Metric(
        "api_refused", help: "Requests, and items of batches, that were answered with a problem, by service and code.")

    private struct Key: Hashable {
        let metric: String
        let labels: [String]
    }

    /// Handles are dear to make.
    private let counters = Mutex<[Key: Counter]>([:])

    func count(_ metric: Metric, of service: String, by amount: Int = 1) {
        self.counter(Key(metric: metric.name, labels: [service])) { metric.counter(("service", service)) }
            .increment(by: amount)
    }

    func countCancel(_ outcome: String, of service: String) {
        let metric = Self.cancelled
        self.counter(Key(metric: metric.name, labels: [service, outcome])) {
            metric.counter(("service", service), ("outcome", outcome))
        }.increment()
    }

    func countRefusal(_ code: String, of service: String) {
        let metric = Self.refused
        self.counter(Key(metric: metric.name, labels: [service, code])) {
            metric.counter(("service", service), ("code", code))
        }.increment()
    }

    private func counter(_ key: Key, make: () -> Counter) -> Counter {
        self.counters.withLock { counters in
            if let known = counters[key] { return known }
            let made = make()
            counters[key] = made
            return made
        }
    }
}
