import CoreMetrics
import Metrics
import Notifications
import Operations

struct DeliveryMetrics: Sendable {
    private static let decided = Metric("delivery_decided", help: "Notifications, by what became of them.")

    let delivered = Self.decided.counter(("outcome", "delivered"))
    let expired = Self.decided.counter(("outcome", "expired"))
    let suppressedByPreference = Self.decided.counter(("outcome", "suppressed_preference"))
    let suppressedByRateLimit = Self.decided.counter(("outcome", "suppressed_rate_limit"))
    /// Redelivered, cancelled, rescheduled, or of an erased user: nothing was written.
    let unchanged = Self.decided.counter(("outcome", "unchanged"))
    let deadLettered = Self.decided.counter(("outcome", "dead_lettered"))
    let lateness = Metric(
        "delivery_lateness",
        help: "From the due time of a scheduled one to the commit of its delivery, by Postgres' clock."
    ).timer()
    let deadLettersRecorded = Metric("dead_letters_recorded", help: "Dead letters written down for people to look at.")
        .counter()

    func count(_ outcome: History.Outcome) {
        switch outcome {
        case .delivered: self.delivered.increment()
        case .expired: self.expired.increment()
        case .suppressed(reason: "preference"): self.suppressedByPreference.increment()
        case .suppressed: self.suppressedByRateLimit.increment()
        }
    }
}
