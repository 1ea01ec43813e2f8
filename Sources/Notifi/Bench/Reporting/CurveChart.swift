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

    let title: String
    let curves: [Curve]

    private static let frame = (left: 72.0, top: 48.0, right: 720.0, bottom: 360.0)

    var svg: String {
        let points = self.curves.flatMap(\.points).filter { $0.load > 0 && $0.milliseconds > 0 }
        guard let loads = Axis(points.map(\.load)), let times = Axis(points.map(\.milliseconds)) else {
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
            body.append(#"<polyline points="\#(path)" fill="none" stroke="\#(colour)" stroke-width="2"/>"#)
            if let last = places.last { body.append(Drawing.text(curve.name, x: last.x + 6, y: last.y + 4)) }
        }
        return Drawing.page(width: 780, height: 400, title: self.title, body)
    }

    /// From one power of ten to another.
    private struct Axis {
        let low: Double
        let high: Double

        init?(_ values: [Double]) {
            guard let least = values.min(), let most = values.max() else { return nil }
            self.low = pow(10, log10(least).rounded(.down))
            self.high = max(pow(10, log10(most).rounded(.up)), self.low * 10)
        }

        func share(_ value: Double) -> Double { log10(value / self.low) / log10(self.high / self.low) }

        var ticks: [Double] {
            Array(sequence(first: self.low) { $0 * 10 <= self.high * 1.001 ? $0 * 10 : nil })
        }
    }
}
