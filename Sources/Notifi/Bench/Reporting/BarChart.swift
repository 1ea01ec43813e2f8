/// Each stage as a share of the ceiling that was measured beside it, with its goal as a mark.
struct BarChart: Sendable {
    let title: String
    /// Those without a ceiling are left out.
    let figures: [Figure]

    private static let width = 940
    private static let row = 46.0
    /// Where 0% is, and 100%.
    private static let left = 380.0
    private static let right = 720.0
    private static let top = 64.0
    /// What is beyond is cut: a stage cannot be much faster than its ceiling.
    private static let most = 1.2
    private static let numbers = 800.0

    var svg: String {
        let figures = self.figures.filter { $0.share != nil }
        let end = Self.top + Self.row * Double(figures.count)
        var body = [Drawing.text(self.title, x: 16, y: 28, weight: 600)]
        for share in [0.0, 0.25, 0.5, 0.75, 1] {
            let x = Self.x(share)
            body.append(Drawing.line(from: (x, Self.top - 8), to: (x, end), stroke: Drawing.faint))
            body.append(Drawing.text("\(Int(share * 100))%", x: x, y: end + 16, .middle))
        }
        for (number, figure) in figures.enumerated() {
            body += Self.bar(figure, y: Self.top + Self.row * Double(number))
        }
        body += Self.legend(y: end + 34)
        return Drawing.page(width: Self.width, height: Int(end) + 56, title: self.title, body)
    }

    private static func bar(_ figure: Figure, y: Double) -> [String] {
        guard let share = figure.share, let ceiling = figure.ceiling else { return [] }
        let ends = (Self.x(min(Self.most, share.min)), Self.x(min(Self.most, share.max)))
        var parts = [
            Drawing.text(figure.name, x: Self.left - 10, y: y + 13, .end),
            Drawing.text(
                "of \(ceiling.name), \(MarkdownReport.number(ceiling.series.median, figure.unit))", x: Self.left - 10,
                y: y + 28, .end, size: 10.5),
            Drawing.rectangle(
                x: Self.left, y: y + 4, width: Self.x(min(Self.most, share.median)) - Self.left, height: 20,
                fill: Drawing.colours[0]),
            // From the worst run to the best.
            Drawing.line(from: (ends.0, y + 29), to: (ends.1, y + 29), stroke: Drawing.ink),
            Drawing.line(from: (ends.0, y + 26), to: (ends.0, y + 32), stroke: Drawing.ink),
            Drawing.line(from: (ends.1, y + 26), to: (ends.1, y + 32), stroke: Drawing.ink),
            // In a column of their own, where no bar, line or mark crosses them.
            Drawing.text("\(MarkdownReport.digits(share.median * 100))%", x: Self.numbers + 46, y: y + 19, .end),
            Drawing.text(
                MarkdownReport.number(figure.series.median, figure.unit), x: Self.numbers + 124, y: y + 19, .end),
        ]
        if case .share(let goal) = figure.goal {
            parts.append(Drawing.rectangle(x: Self.x(goal) - 2, y: y, width: 4, height: 28, fill: Drawing.colours[1]))
        }
        return parts
    }

    private static func legend(y: Double) -> [String] {
        [
            Drawing.rectangle(x: Self.left, y: y, width: 20, height: 10, fill: Drawing.colours[0]),
            Drawing.text("median", x: Self.left + 26, y: y + 10),
            Drawing.line(from: (Self.left + 92, y + 5), to: (Self.left + 112, y + 5), stroke: Drawing.ink),
            Drawing.text("worst to best run", x: Self.left + 118, y: y + 10),
            Drawing.rectangle(x: Self.left + 246, y: y - 3, width: 4, height: 16, fill: Drawing.colours[1]),
            Drawing.text("goal", x: Self.left + 256, y: y + 10),
        ]
    }

    private static func x(_ share: Double) -> Double { Self.left + (Self.right - Self.left) * share }
}
