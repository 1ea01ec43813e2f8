/// What a run of the benchmarks found, as a page.
struct MarkdownReport: Sendable {
    let title: String
    /// What it was measured on, and how to do it again, a line each.
    let circumstances: [String]
    let figures: [Figure]
    /// What a reader has to know before trusting a figure.
    let warnings: [String]

    var text: String {
        var lines = ["# \(self.title)", ""]
        lines += self.circumstances.map { "- \($0)" }
        lines.append("")
        if !self.warnings.isEmpty { lines += self.warnings.map { "> **Mind:** \($0)" } + [""] }
        lines += [
            "| stage | median | min - max | ceiling | share | goal | | others |",
            "|---|---:|---:|---|---:|---|---|---:|",
        ]
        lines += self.figures.map(Self.row)
        lines += [
            "", "Others: the cores that others used meanwhile, most of the runs; from 0.2 on a figure is marked.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ figure: Figure) -> String {
        let unit = figure.unit
        let ceiling = figure.ceiling.map { "\($0.name): \(self.number($0.series.median, unit))" } ?? ""
        let cells = [
            figure.name, self.number(figure.series.median, unit),
            "\(self.number(figure.series.min, unit)) - \(self.number(figure.series.max, unit))", ceiling,
            figure.share.map { self.digits($0.median) } ?? "", self.goal(figure),
            figure.isReached.map { $0 ? "reached" : "**missed**" } ?? "",
            figure.others.map { self.digits($0.max) + (figure.isDisturbed ? " (!)" : "") } ?? "",
        ]
        return "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
    }

    private static func goal(_ figure: Figure) -> String {
        switch figure.goal {
        case .share(let share): "at least \(self.digits(share)) of it"
        case .atLeast(let value): "at least \(self.number(value, figure.unit))"
        case .atMost(let value): "at most \(self.number(value, figure.unit))"
        case nil: ""
        }
    }

    /// `12.3k/s`, `4.56 ms`: three digits that count.
    static func number(_ value: Double, _ unit: Figure.Unit) -> String {
        switch unit {
        case .perSecond: (value >= 1_000 ? self.digits(value / 1_000) + "k" : self.digits(value)) + unit.rawValue
        case .milliseconds, .mebibytes, .percent: "\(self.digits(value)) \(unit.rawValue)"
        }
    }

    /// Three digits that count, without an exponent; above 100 without a fraction.
    static func digits(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let places = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : 2
        let scale = [1.0, 10, 100][places]
        let whole = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && whole > 0 ? "-" : ""
        if places == 0 { return sign + String(whole) }
        let fraction = String(whole % Int64(scale))
        return sign + String(whole / Int64(scale)) + "."
            + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
