/// The same figure of several runs.
struct Series: Sendable, Equatable {
    /// In the order of the runs; at least one.
    let values: [Double]

    /// - Precondition: `values` is not empty.
    init(_ values: [Double]) {
        precondition(!values.isEmpty, "a series of no runs")
        self.values = values
    }

    var min: Double { self.values.min() ?? .nan }
    var max: Double { self.values.max() ?? .nan }

    /// Of an even number of runs, the mean of the two in the middle.
    var median: Double {
        let sorted = self.values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// How far apart the runs lie: (max - min) / median.
    var spread: Double { self.median == 0 ? 0 : (self.max - self.min) / self.median }

    /// Run by run against another, which was measured beside it.
    /// - Returns: `nil` where their numbers of runs differ, or the other one is 0 somewhere.
    func ratio(to other: Series) -> Series? {
        guard self.values.count == other.values.count, other.values.allSatisfy({ $0 != 0 }) else { return nil }
        return Series(zip(self.values, other.values).map { $0 / $1 })
    }
}
