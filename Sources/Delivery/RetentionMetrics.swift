import CoreMetrics
import Metrics
import Notifications
import Operations

struct RetentionMetrics: Sendable {
    private static let partitions = Metric("retention_partitions", help: "Inbox partitions, by what was done to them.")
    private static let holds = Metric(
        "retention_holds", help: "Looks at which nothing old was removed, by the reason: clocks are not to be trusted.")
    private static let pruned = Metric("retention_pruned", help: "Old rows that were deleted, by their table.")

    let created = Self.partitions.counter(("action", "created"))
    let dropped = Self.partitions.counter(("action", "dropped"))
    let reattached = Self.partitions.counter(("action", "reattached"))
    let swept = Metric("retention_erasures_swept", help: "Sweeps of erased users that were completed.").counter()

    private let firstLook = Self.holds.counter(("reason", "first_look"))
    private let clockJumped = Self.holds.counter(("reason", "clock_jumped"))
    private let settling = Self.holds.counter(("reason", "settling"))
    private let clocksApart = Self.holds.counter(("reason", "clocks_apart"))
    private let defaultPartition = Self.holds.counter(("reason", "default_partition"))

    func held(_ hold: RetentionPlan.Hold) -> Counter {
        switch hold {
        case .firstLook: self.firstLook
        case .clockJumped: self.clockJumped
        case .settling: self.settling
        case .clocksApart: self.clocksApart
        case .defaultPartition: self.defaultPartition
        }
    }

    static func pruned(_ table: String) -> Counter { Self.pruned.counter(("table", table)) }
}
