/// Counts values with three significant digits, whatever their size, in little memory.
///
/// Source: Gil Tene, HdrHistogram (hdrhistogram.org): buckets that double, each of so many equal sub-buckets that no value
/// is off by more than one in a thousand.
struct HdrHistogram: Sendable, Equatable {
    /// 2 * 10^3 rounded up to a power of two: what three digits take.
    private static let subBuckets = 2_048
    private static let half = Self.subBuckets / 2
    private static let halfBits = Self.half.trailingZeroBitCount

    private var counts: [UInt64] = []
    private(set) var count: UInt64 = 0
    private(set) var max: Int64 = 0
    private(set) var min = Int64.max
    private var sum = 0.0

    init() {}

    /// - Parameter value: microseconds, say; what is below 0 counts as 0.
    mutating func record(_ value: Int64, times: UInt64 = 1) {
        if times == 0 { return }
        let value = Swift.max(0, value)
        let index = Self.index(of: value)
        if index >= self.counts.count {
            self.counts.append(contentsOf: repeatElement(0, count: index + 1 - self.counts.count))
        }
        self.counts[index] += times
        self.count += times
        self.max = Swift.max(self.max, value)
        self.min = Swift.min(self.min, value)
        self.sum += Double(value) * Double(times)
    }

    mutating func merge(_ other: HdrHistogram) {
        if other.counts.count > self.counts.count {
            self.counts.append(contentsOf: repeatElement(0, count: other.counts.count - self.counts.count))
        }
        for (index, count) in other.counts.enumerated() { self.counts[index] += count }
        self.count += other.count
        self.max = Swift.max(self.max, other.max)
        self.min = Swift.min(self.min, other.min)
        self.sum += other.sum
    }

    /// `nil` where nothing was recorded.
    var mean: Double? { self.count == 0 ? nil : self.sum / Double(self.count) }

    /// The smallest value that at least this share of all is not above, to three digits and never above ``max``; `nil`
    /// where nothing was recorded.
    ///
    /// - Parameter share: 0 to 1.
    func quantile(_ share: Double) -> Int64? {
        if self.count == 0 { return nil }
        let wanted = Swift.max(1, UInt64((Double(self.count) * Swift.min(1, Swift.max(0, share))).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in self.counts.enumerated() {
            seen += count
            if seen >= wanted { return Swift.min(Self.highest(at: index), self.max) }
        }
        return self.max
    }

    // MARK: Indexes

    /// The first bucket has all sub-buckets, each further one the upper half of them, twice as wide.
    static func index(of value: Int64) -> Int {
        let bits = Int64.bitWidth - (value | Int64(Self.subBuckets - 1)).leadingZeroBitCount
        let bucket = bits - (Self.halfBits + 1)
        return (bucket << Self.halfBits) + Int(value >> Int64(bucket))
    }

    /// The highest value that is counted at this index.
    static func highest(at index: Int) -> Int64 {
        if index < Self.subBuckets { return Int64(index) }
        let bucket = (index >> Self.halfBits) - 1
        let sub = Int64(index - (bucket << Self.halfBits))
        // Of the last index of all, one more would be too much for 64 bits.
        let next = (sub + 1).multipliedReportingOverflow(by: Int64(1) << Int64(bucket))
        return next.overflow ? Int64.max : next.partialValue - 1
    }
}
