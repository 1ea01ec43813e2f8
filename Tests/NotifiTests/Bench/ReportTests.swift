import FoundationXML
import Testing

@testable import Notifi

@Suite
struct ReportTests {
    @Test(
        "three digits count",
        arguments: [
            (0, "0.00"), (1.005, "1.00"), (9.999, "10.00"), (12.34, "12.3"), (99.96, "100.0"), (123.4, "123"),
            (-0.001, "0.00"), (-2.5, "-2.50"), (.nan, "-"), (.infinity, "-"), (1_234_567, "1234567"),
        ] as [(Double, String)])
    func digits(_ value: Double, _ text: String) {
        #expect(MarkdownReport.digits(value) == text)
    }

    @Test("medians, spreads and ratios")
    func series() throws {
        #expect(Series([3, 1, 2]).median == 2)
        #expect(Series([4, 1, 2, 3]).median == 2.5)
        #expect(Series([90, 100, 120]).spread == 0.3)
        #expect(Series([1, 2, 3]).ratio(to: Series([2, 4, 4])) == Series([0.5, 0.5, 0.75]))
        #expect(Series([1, 2]).ratio(to: Series([1])) == nil)
        #expect(Series([1]).ratio(to: Series([0])) == nil)
    }

    static let figures = [
        Figure(
            name: "router | now", unit: .perSecond, series: Series([60_000, 50_000, 55_000]),
            ceiling: Figure.Ceiling(name: "raw", series: Series([100_000, 100_000, 100_000])), goal: .share(0.5)),
        Figure(name: "p99 < wanted", unit: .milliseconds, series: Series([80]), goal: .atMost(75)),
        Figure(name: "without a ceiling", unit: .perSecond, series: Series([900]), goal: .share(0.5)),
    ]

    @Test("what is reached and what is missed")
    func reached() {
        #expect(Self.figures.map(\.isReached) == [true, false, nil])
    }

    @Test("the page has a row a figure")
    func page() {
        let text = MarkdownReport(
            title: "Figures", circumstances: ["two cores"], figures: Self.figures, warnings: ["it was busy"]
        ).text
        #expect(
            text.contains(
                "| router \\| now | 55.0k/s | 50.0k/s - 60.0k/s | raw: 100k/s | 0.55 | at least 0.50 of it | reached |"
            ))
        #expect(text.contains("| p99 < wanted | 80.0 ms | 80.0 ms - 80.0 ms |  |  | at most 75.0 ms | **missed** |"))
        #expect(text.contains("> **Mind:** it was busy"))
    }

    @Test("the pictures are well-formed")
    func pictures() throws {
        let curve = CurveChart.Curve(
            name: "p99", points: [.init(load: 100, milliseconds: 2), .init(load: 10_000, milliseconds: 90)])
        for svg in [
            BarChart(title: "Shares & \"more\" <b>", figures: Self.figures).svg,
            CurveChart(title: "Latency", curves: [curve]).svg, CurveChart(title: "None", curves: []).svg,
        ] {
            let document = try XMLDocument(xmlString: svg)
            #expect(document.rootElement()?.name == "svg")
            #expect(!svg.contains("nan") && !svg.contains("inf\""))
        }
    }

    @Test("an open load is due by the clock alone")
    func arrivals() {
        let arrivals = Arrivals(rate: 1_000, duration: .seconds(2))
        #expect(arrivals.count == 2_000)
        #expect(arrivals.due(1_500) == .milliseconds(1_500))
        #expect(arrivals.dueCount(at: .milliseconds(-1)) == 0)
        #expect(arrivals.dueCount(at: .zero) == 1)
        #expect(arrivals.dueCount(at: .seconds(1)) == 1_001)
        #expect(arrivals.dueCount(at: .seconds(60)) == 2_000)
    }

    @Test("a generator that was late says so")
    func bottleneck() {
        var outcome = LoadOutcome()
        #expect(!outcome.isGeneratorTheBottleneck)
        outcome.latency.record(20_000, times: 100)
        outcome.delay.record(100, times: 100)
        #expect(!outcome.isGeneratorTheBottleneck)
        outcome.delay.record(15_000, times: 100)
        #expect(outcome.isGeneratorTheBottleneck)
    }
}
