import Metrics
import Operations

struct RouterMetrics: Sendable {
    private static let routed = Metric("router_routed", help: "Notifications, by where they were sent.")

    let now = Self.routed.counter(("route", "now"))
    let outbox = Self.routed.counter(("route", "outbox"))
    let repeats = Self.routed.counter(("route", "dropped_repeat"))
    let deadLetters = Self.routed.counter(("route", "dead_letter"))
}
