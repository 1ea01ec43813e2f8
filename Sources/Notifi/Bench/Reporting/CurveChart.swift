import Foundation

/// Latency against load, a line a quantile; both axes are logarithmic.
struct CurveChart: Chart {
    struct Point: Sendable, Equatable {
        /// A second.
        let load: Double
        let milliseconds: Double
    }

    struct Curve: Sendable, Equatable {
        /// `p99`, say.
        let name: String
        /// By their load.
        let points: [Point]
    }

    /// What a curve should stay below.
    struct Goal: Sendable, Equatable {
        /// Of the curve.
        let name: String
        let milliseconds: Double
    }

    let title: String
    let curves: [Curve]
    var goals: [Goal] = []

    private static let frame = (left: 72.0, top: 48.0, right: 720.0, bottom: 360.0)

    var svg: String {
        let points = self.curves.flatMap(\.points).filter { $0.load > 0 && $0.milliseconds > 0 }
        guard let loads = Axis(points.map(\.load)),
            let times = Axis(points.map(\.milliseconds) + self.goals.map(\.milliseconds))
        else {
            return Drawing.page(width: 780, height: 60, title: self.title, [Drawing.text("nothing", x: 16, y: 28)])
        }
        let frame = Self.frame
        func place(_ point: Point) -> (x: Double, y: Double) {
            (
                frame.left + loads.share(point.load) * (frame.right - frame.left),
                frame.bottom - times.share(point.milliseconds) * (frame.bottom - frame.top)
            )
        }
        var body = [Drawing.text(self.title, x: 16, y: 28, weight: 600)]
        for tick in loads.ticks {
            let x = place(Point(load: tick, milliseconds: times.low)).x
            body.append(Drawing.line(from: (x, frame.top), to: (x, frame.bottom), stroke: Drawing.faint))
            body.append(Drawing.text(MarkdownReport.number(tick, .perSecond), x: x, y: frame.bottom + 18, .middle))
        }
        for tick in times.ticks {
            let y = place(Point(load: loads.low, milliseconds: tick)).y
            body.append(Drawing.line(from: (frame.left, y), to: (frame.right, y), stroke: Drawing.faint))
            body.append(Drawing.text(MarkdownReport.number(tick, .milliseconds), x: frame.left - 6, y: y + 4, .end))
        }
        for (number, curve) in self.curves.enumerated() {
            let colour = Drawing.colours[number % Drawing.colours.count]
            let places = curve.points.filter { $0.load > 0 && $0.milliseconds > 0 }.map(place)
            let path = places.map { "\(Drawing.place($0.x)),\(Drawing.place($0.y))" }.joined(separator: " ")
            for goal in self.goals where goal.name == curve.name {
                let y = place(Point(load: loads.low, milliseconds: goal.milliseconds)).y
                let label = "goal of \(goal.name): \(MarkdownReport.number(goal.milliseconds, .milliseconds))"
                body.append(
                    Drawing.line(from: (frame.left, y), to: (frame.right, y), stroke: colour, isDashed: true))
                body.append(Drawing.text(label, x: frame.left + 8, y: y - 5))
            }
            body += places.map { Drawing.dot($0, fill: colour) }
            body.append(#"<polyline points="\#(path)" fill="none" stroke="\#(colour)" stroke-width="2"/>"#)
            if let last = places.last {
                body.append(Drawing.text(curve.name, x: last.x + 8, y: last.y + 4, weight: 600))
            }
        }
        body.append(Drawing.text("notifications a second", x: (frame.left + frame.right) / 2, y: 396, .middle))
        return Drawing.page(width: 780, height: 408, title: self.title, body)
    }

    /// Logarithmic, from one of 1, 2, 5, 10, 20... to another.
    private struct Axis {
        let low: Double
        let high: Double
        let ticks: [Double]

        init?(_ values: [Double]) {
            guard let least = values.min(), let most = values.max() else { return nil }
            let exponents = Int(log10(least).rounded(.down))...Int(log10(most).rounded(.up))
            let steps = exponents.flatMap { exponent in [1, 2, 5].map { $0 * pow(10, Double(exponent)) } }
            let low = steps.last { $0 <= least * 1.001 } ?? least
            let high = steps.first { $0 >= most * 0.999 && $0 > low } ?? low * 10
            self.low = low
            self.high = high
            let within = steps.filter { (low...high).contains($0) }
            // Where there are many, their labels would touch.
            self.ticks = within.count <= 10 ? within : within.filter { log10($0) == log10($0).rounded() }
        }

        func share(_ value: Double) -> Double { log10(value / self.low) / log10(self.high / self.low) }
    }
}
