import Metrics
import Operations

struct PollerMetrics: Sendable {
    let published = Metric("poller_published", help: "Due notifications that were handed to delivery.").counter()
    let dropped = Metric("poller_dropped", help: "Due notifications that had been cancelled.").counter()
    let deadLetters = Metric("poller_dead_letters", help: "Outbox rows that nobody could read.").counter()
    let claimLateness = Metric("poller_claim_lateness", help: "From the due time to the claim, by Postgres' clock.")
        .timer()
}
