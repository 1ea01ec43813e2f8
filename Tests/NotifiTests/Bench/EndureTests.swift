import ArgumentParser
import Foundation
import FoundationXML
import Testing

@testable import Notifi

@Suite struct TrendTests {
    private func points(_ values: [Double]) -> [TimePoint] {
        values.enumerated().map { TimePoint(seconds: Double($0), value: $1) }
    }

    @Test func aStraightLineGrowsByWhatItGrowsAfterTheWarmUp() throws {
        let trend = try #require(Trend(self.points((0...30).map { 100 + 2 * Double($0) })))
        #expect(abs(trend.growth - 40) < 1e-9)
        #expect(!trend.isFlat(slack: 8))
        #expect(trend.isFlat(slack: 40.1))
    }

    @Test func theWarmUpDoesNotCount() throws {
        let trend = try #require(Trend(self.points((0..<30).map { $0 < 10 ? Double($0) * 10 : 100 })))
        #expect(abs(trend.growth) < 1e-9)
        #expect(trend.isFlat(slack: 0))
    }

    /// As dead rows do between two vacuums.
    @Test func sawTeethAreFlat() throws {
        let trend = try #require(Trend(self.points((0..<300).map { Double($0 % 10) * 1_000 })))
        #expect(trend.isFlat(slack: 1_000))
    }

    @Test func aSlowLeakIsFoundOnceItIsMoreThanATenth() throws {
        let leak = { (perStep: Double) in Trend(self.points((0...360).map { 50 + perStep * Double($0) })) }
        #expect(try #require(leak(0.01)).isFlat(slack: 1))
        #expect(try !#require(leak(0.05)).isFlat(slack: 8))
    }

    @Test func tooFewPointsHaveNone() {
        #expect(Trend([]) == nil)
        #expect(Trend(self.points([1, 2, 3])) == nil)
        #expect(Trend([TimePoint](repeating: TimePoint(seconds: 1, value: 1), count: 9)) == nil)
    }
}

@Suite struct ReckoningTests {
    @Test func whatArrivedUnansweredDoesNotStandInForWhatWasLost() {
        let reckoning = Reckoning(accepted: [1, 2, 3], arrived: [7, 1, 8, 3])
        #expect(reckoning.lost == 1)
        #expect(reckoning.doubled == 0)
    }

    @Test func eachCopyBeyondTheFirstCounts() {
        let reckoning = Reckoning(accepted: [1, 2], arrived: [2, 1, 2, 2, 9, 9])
        #expect(reckoning.lost == 0)
        #expect(reckoning.doubled == 3)
    }

    @Test(arguments: [0, 1, 49_999, 1_000_000])
    func aMessageTellsItsNumber(_ number: Int) {
        #expect(BenchTraffic.number(of: BenchTraffic.message(number)) == number)
    }

    @Test(arguments: ["", "Your order ", "Your order 99999999999999999999 has left", "Hello 100001"])
    func anotherTextHasNone(_ message: String) {
        #expect(BenchTraffic.number(of: message) == nil)
    }
}

@Suite struct RecoveryTimeTests {
    /// A hundred a second in these seconds.
    private func steady(_ seconds: [ClosedRange<Double>]) -> [Double] {
        seconds.flatMap { Array(stride(from: $0.lowerBound, to: $0.upperBound, by: 0.01)) }
    }

    private func seconds(_ arrivals: [Double], end: Double = 30) -> Double? {
        RecoveryTime.seconds(arrivals: arrivals, quietFrom: 1, killedAt: 10, end: end, rate: 100)
    }

    /// A thousand a second, each second by up to an eighth more or less than that, in turns of a second and a bit.
    private func noisy(_ seconds: [ClosedRange<Double>]) -> [Double] {
        var arrivals: [Double] = []
        for range in seconds {
            var at = range.lowerBound
            while at < range.upperBound {
                arrivals.append(at)
                at += 0.001 * (1 + 0.125 * sin(at * 5))
            }
        }
        return arrivals
    }

    private func secondsOfNoisy(_ seconds: [ClosedRange<Double>]) -> Double? {
        RecoveryTime.seconds(arrivals: self.noisy(seconds), quietFrom: 1, killedAt: 10, end: 30, rate: 1_000)
    }

    /// What is no less than before the kill is no loss, and no dip of later stands in for it.
    @Test func aShortGapInANoisyRate() throws {
        #expect(self.secondsOfNoisy([0...30]) == 0)
        let seconds = try #require(self.secondsOfNoisy([0...10.2, 10.35...30]))
        #expect(seconds <= 2)
    }

    @Test func aLongGapInANoisyRate() throws {
        let seconds = try #require(self.secondsOfNoisy([0...10.2, 15...30]))
        #expect(abs(seconds - 6) < 0.3)
    }

    /// Back for a second, and gone again.
    @Test func whatDoesNotStayIsNoRecovery() throws {
        let seconds = try #require(self.seconds(self.steady([0...10, 12...14, 17...30])))
        #expect(abs(seconds - 8) < 0.3)
    }

    /// Somebody else's.
    @Test func aLossOfLaterIsNotCounted() { #expect(self.seconds(self.steady([0...22, 24...30])) == 0) }

    @Test func nothingHappened() { #expect(self.seconds(self.steady([0...30])) == 0) }

    @Test func aGap() throws {
        let seconds = try #require(self.seconds(self.steady([0...10, 14...30])))
        #expect(abs(seconds - 5) < 0.2)
    }

    /// What was under way still arrives; that is no recovery.
    @Test func aGapThatBeginsLater() throws {
        let seconds = try #require(self.seconds(self.steady([0...11.5, 14...30])))
        #expect(abs(seconds - 5) < 0.2)
    }

    @Test func halfTheRateIsNotEnough() {
        let half = stride(from: 12.0, to: 30, by: 0.02)
        #expect(self.seconds(self.steady([0...10]) + half) == nil)
    }

    @Test func neverAgain() {
        #expect(self.seconds(self.steady([0...10])) == nil)
        #expect(self.seconds([]) == nil)
        #expect(self.seconds(self.steady([0...10]), end: 10.5) == nil)
    }
}

@Suite struct SoakReportTests {
    private var series: SoakSeries {
        var series = SoakSeries()
        for second in stride(from: 0.0, through: 60, by: 5) {
            series.add(.memory, "api", 30, at: second)
            series.add(.memory, "delivery & co", 30 + second, at: second)
            series.add(.lag, "requests", second.truncatingRemainder(dividingBy: 10) * 10, at: second)
        }
        return series
    }

    @Test func whatGrowsIsNamed() {
        #expect(self.series.all.map(\.isFlat) == [true, false, true])
        let lines = self.series.table.split(separator: "\n")
        #expect(
            lines.contains { $0.hasPrefix("| Resident memory | delivery & co | 90.0 |") && $0.hasSuffix("**grows** |") }
        )
        #expect(
            lines.contains { $0.hasPrefix("| Resident memory | api | 30.0 | 30.0 | 0.00 |") && $0.hasSuffix("flat |") })
    }

    @Test func eachKindIsOnePicture() throws {
        let charts = self.series.charts
        #expect(charts.map(\.file) == ["soak-resident-memory", "soak-records-not-yet-read"])
        for (_, chart) in charts { _ = try XMLDocument(xmlString: chart.svg) }
        let text = try #require(charts.first?.chart.svg)
        #expect(text.components(separatedBy: "<polyline").count == 3)
        #expect(text.contains("delivery &amp; co"))
    }

    @Test func nothingToDraw() {
        #expect(TimeChart(title: "t", unit: "", lines: []).svg.contains("nothing"))
        let one = TimeChart.Line(name: "one", points: [TimePoint(seconds: 0, value: 1)])
        #expect(TimeChart(title: "t", unit: "", lines: [one]).svg.contains("nothing"))
    }

    @Test(arguments: [(0, 1), (0.3, 0.5), (1, 1), (1.1, 2), (4.2, 5), (51, 100), (100, 100)] as [(Double, Double)])
    func axesEndAtRoundValues(_ value: Double, _ end: Double) {
        #expect(abs(TimeChart.roundUp(value) - end) < 1e-9)
    }
}

@Suite struct GrowthScriptTests {
    @Test func parametersBecomeValuesOfPgbench() {
        let page = GrowthStage.script("SELECT $1, $2, $3, $4, $5", users: 10)
        #expect(page.hasPrefix("\\set n random(0, 9)\n"))
        #expect(page.contains("SELECT ('user-' || :n), 9223372036854775807, 20, NULL, 1000000;"))
        #expect(!GrowthStage.script("SELECT $1, $2", users: 10).contains("$"))
    }

    @Test(arguments: ["0", "-1", "10081", "x"])
    func soaksOfNoLength(_ minutes: String) {
        #expect(throws: (any Error).self) { try BenchCommand.parse(["--soak-minutes", minutes]) }
        #expect(throws: (any Error).self) { try BenchCommand.parse(["--bloat-minutes", minutes]) }
    }
}
