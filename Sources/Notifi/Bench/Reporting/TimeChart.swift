/// Values over time, a line each; both axes are linear, and that of the values begins at 0.
struct TimeChart: Chart {
    struct Line: Sendable, Equatable {
        let name: String
        /// By their time.
        let points: [TimePoint]
    }

    let title: String
    /// Written behind the values: `MiB`, say.
    let unit: String
    let lines: [Line]

    private static let frame = (left: 84.0, top: 48.0, right: 700.0, bottom: 300.0)

    var svg: String {
        let points = self.lines.flatMap(\.points)
        guard let last = points.map(\.seconds).max(), last > 0, let most = points.map(\.value).max() else {
            return Drawing.page(width: 800, height: 60, title: self.title, [Drawing.text("nothing", x: 16, y: 28)])
        }
        let (frame, top) = (Self.frame, Self.roundUp(most))
        func place(_ point: TimePoint) -> (x: Double, y: Double) {
            (
                frame.left + point.seconds / last * (frame.right - frame.left),
                frame.bottom - max(0, point.value) / top * (frame.bottom - frame.top)
            )
        }
        var body = [Drawing.text(self.title, x: 16, y: 28, weight: 600)]
        for step in 0...4 {
            let value = top * Double(step) / 4
            let y = place(TimePoint(seconds: 0, value: value)).y
            body.append(Drawing.line(from: (frame.left, y), to: (frame.right, y), stroke: Drawing.faint))
            body.append(Drawing.text("\(MarkdownReport.digits(value)) \(self.unit)", x: frame.left - 6, y: y + 4, .end))
            let time = last * Double(step) / 4
            let x = place(TimePoint(seconds: time, value: 0)).x
            body.append(Drawing.text("\(MarkdownReport.digits(time)) s", x: x, y: frame.bottom + 18, .middle))
        }
        for (number, line) in self.lines.enumerated() {
            let colour = Drawing.colours[number % Drawing.colours.count]
            let places = line.points.map(place)
            let path = places.map { "\(Drawing.place($0.x)),\(Drawing.place($0.y))" }.joined(separator: " ")
            // Dashed from the fifth on, so that no two are alike.
            let dashes = number < Drawing.colours.count ? "" : #" stroke-dasharray="6 3""#
            body.append(#"<polyline points="\#(path)" fill="none" stroke="\#(colour)" stroke-width="2"\#(dashes)/>"#)
            let x = frame.left + Double(number % 4) * 170
            let y = frame.bottom + 44 + Double(number / 4) * 22
            body.append(Drawing.rectangle(x: x, y: y - 10, width: 12, height: 12, fill: colour))
            body.append(Drawing.text(line.name, x: x + 18, y: y))
        }
        return Drawing.page(
            width: 800, height: 360 + 22 * (max(0, self.lines.count - 1) / 4), title: self.title, body)
    }

    /// To 1, 2 or 5 times a power of ten; 1 for nothing at all.
    static func roundUp(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        var unit = 1.0
        while unit > value { unit /= 10 }
        while unit * 10 <= value { unit *= 10 }
        return [1, 2, 5].map { $0 * unit }.first { $0 >= value } ?? unit * 10
    }
}

/// A value, and when it was there.
struct TimePoint: Sendable, Equatable {
    /// Since the beginning.
    let seconds: Double
    let value: Double
}
