/// One line of a report: a stage, the ceiling that was measured beside it, and the goal.
struct Figure: Sendable, Equatable {
    enum Unit: String, Sendable, Equatable {
        case perSecond = "/s"
        case milliseconds = "ms"
        case mebibytes = "MiB"
        case percent = "%"
    }

    struct Ceiling: Sendable, Equatable {
        let name: String
        let series: Series
    }

    let name: String
    let unit: Unit
    let series: Series
    var ceiling: Ceiling?
    var goal: Goal?
    /// Cores that others used while it was measured; `nil` where nobody looked.
    var others: Series?

    /// Whether others took so much that the figure is not to be trusted: a compiler beside a benchmark was seen to cost it
    /// a factor of 2 to 3.
    var isDisturbed: Bool { self.others.map { $0.max > 0.2 } ?? false }

    enum Goal: Sendable, Equatable {
        /// At least so much of the ceiling.
        case share(Double)
        case atLeast(Double)
        case atMost(Double)
    }

    /// Run by run; `nil` without a ceiling.
    var share: Series? { self.ceiling.flatMap { self.series.ratio(to: $0.series) } }

    /// Whether the median reaches the goal; `nil` where there is none, or nothing to hold it against.
    var isReached: Bool? {
        switch self.goal {
        case .share(let share): self.share.map { $0.median >= share }
        case .atLeast(let value): self.series.median >= value
        case .atMost(let value): self.series.median <= value
        case nil: nil
        }
    }
}
