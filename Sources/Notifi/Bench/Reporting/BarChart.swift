/// Each stage as a share of the ceiling that was measured beside it, with its goal as a mark.
struct BarChart: Sendable {
    let title: String
    /// Those without a ceiling are left out.
    let figures: [Figure]

    private static let row = 44.0
    private static let left = 240.0
    private static let right = 640.0
    private static let top = 56.0

    var svg: String {
        let figures = self.figures.filter { $0.share != nil }
        var body = [Drawing.text(self.title, x: 16, y: 28, weight: 600)]
        for share in [0.0, 0.25, 0.5, 0.75, 1] {
            let x = Self.x(share)
            let end = Self.top + Self.row * Double(figures.count)
            body.append(Drawing.line(from: (x, Self.top - 8), to: (x, end), stroke: Drawing.faint))
            body.append(Drawing.text("\(Int(share * 100))%", x: x, y: end + 16, .middle))
        }
        for (number, figure) in figures.enumerated() {
            body += Self.bar(figure, y: Self.top + Self.row * Double(number))
        }
        return Drawing.page(
            width: 780, height: Int(Self.top + Self.row * Double(figures.count)) + 32, title: self.title, body)
    }

    private static func bar(_ figure: Figure, y: Double) -> [String] {
        guard let share = figure.share else { return [] }
        var parts = [
            Drawing.text(figure.name, x: Self.left - 12, y: y + 19, .end),
            Drawing.rectangle(
                x: Self.left, y: y + 4, width: Self.x(min(1.2, share.median)) - Self.left, height: 22,
                fill: Drawing.colours[0]),
            // From the worst run to the best.
            Drawing.line(
                from: (Self.x(min(1.2, share.min)), y + 31), to: (Self.x(min(1.2, share.max)), y + 31),
                stroke: Drawing.ink),
            Drawing.text(
                "\(MarkdownReport.digits(share.median * 100))%  \(MarkdownReport.number(figure.series.median, figure.unit))",
                x: max(Self.x(min(1.2, share.median)), Self.right * 0.5) + 8, y: y + 19),
        ]
        if case .share(let goal) = figure.goal {
            parts.append(
                Drawing.rectangle(x: Self.x(goal) - 1, y: y, width: 3, height: 30, fill: Drawing.colours[1]))
        }
        return parts
    }

    private static func x(_ share: Double) -> Double { Self.left + (Self.right - Self.left) * share }
}
