import TestSupport
import Testing

@testable import Notifi

@Suite
struct HdrHistogramTests {
    @Test("an index is never off by more than a thousandth, and indexes go up with values")
    func precision() {
        var random = SeededGenerator(seed: 1)
        var last = (value: Int64(-1), index: -1)
        let values = (0..<62).flatMap { bits in
            (0..<50).map { _ in Int64.random(in: 0...(Int64(1) << Int64(bits)), using: &random) }
        }
        for value in ([0, 1, 2_047, 2_048, 4_095, 4_096, Int64.max] + values).sorted() {
            let index = HdrHistogram.index(of: value)
            let highest = HdrHistogram.highest(at: index)
            #expect(highest >= value && Double(highest - value) <= Double(value) / 1_000, "\(value): \(highest)")
            if value > last.value { #expect(index >= last.index) }
            last = (value, index)
        }
    }

    @Test("indexes have no gaps")
    func dense() {
        var next: Int64 = 0
        for index in 0..<20_000 {
            #expect(HdrHistogram.index(of: next) == index)
            next = HdrHistogram.highest(at: index) + 1
        }
    }

    @Test("quantiles are those of the sorted values, to a thousandth", arguments: [1, 2, 3, 99, 100, 10_000])
    func quantiles(_ count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        var values = (0..<count).map { _ in Int64.random(in: 0...60_000_000, using: &random) }
        var histogram = HdrHistogram()
        for value in values { histogram.record(value) }
        values.sort()
        for share in [0, 0.001, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = values[max(1, Int((Double(count) * share).rounded(.up))) - 1]
            let found = try #require(histogram.quantile(share))
            #expect(found >= exact && Double(found - exact) <= Double(exact) / 1_000, "\(share)")
        }
        #expect(histogram.max == values.last && histogram.min == values.first && histogram.count == UInt64(count))
    }

    @Test("several merged are one")
    func merging() {
        var random = SeededGenerator(seed: 7)
        var parts = [HdrHistogram(), HdrHistogram(), HdrHistogram()]
        var all = HdrHistogram()
        for number in 0..<3_000 {
            let value = Int64.random(in: 0...5_000_000, using: &random)
            parts[number % 3].record(value)
            all.record(value)
        }
        var merged = HdrHistogram()
        for part in parts { merged.merge(part) }
        #expect(merged.count == all.count && merged.max == all.max && merged.min == all.min)
        for share in [0.01, 0.5, 0.99] { #expect(merged.quantile(share) == all.quantile(share)) }
    }

    @Test("nothing has no quantile")
    func empty() {
        #expect(HdrHistogram().quantile(0.5) == nil)
        #expect(HdrHistogram().mean == nil)
    }
}
