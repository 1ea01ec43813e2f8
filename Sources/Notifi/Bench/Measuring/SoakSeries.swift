/// What is watched during a soak: each by its name, in the order in which it was first seen.
struct SoakSeries: Sendable {
    /// What of it is drawn together, and what counts as growth of it.
    enum Kind: String, Sendable, CaseIterable {
        case memory = "Resident memory"
        case descriptors = "Open file descriptors"
        case processor = "Processor time"
        case deadRows = "Dead rows"
        case tables = "Sizes of tables, with their indexes"
        case lag = "Records not yet read"

        var unit: String {
            switch self {
            case .memory, .tables: "MiB"
            case .processor: "% of a core"
            case .descriptors, .deadRows, .lag: ""
            }
        }

        /// Growth over the whole time that is none; `nil` where growth is no fault of it.
        var slack: Double? {
            switch self {
            case .memory: 8
            case .descriptors: 4
            case .processor: 10
            // Two vacuums of the outbox, which begin at 10,000 each.
            case .deadRows: 20_000
            case .tables: 16
            // What a busy machine may leave for a moment.
            case .lag: 5_000
            }
        }

        var file: String { "soak-\(self.rawValue.prefix { $0 != "," }.lowercased().replacing(" ", with: "-"))" }
    }

    struct One: Sendable {
        let kind: Kind
        let name: String
        var points: [TimePoint]

        var trend: Trend? { Trend(self.points) }
        /// `nil` where there are too few points to tell.
        var isFlat: Bool? { self.trend.flatMap { trend in self.kind.slack.map { trend.isFlat(slack: $0) } } }
    }

    private(set) var all: [One] = []

    mutating func add(_ kind: Kind, _ name: String, _ value: Double, at seconds: Double) {
        let point = TimePoint(seconds: seconds, value: value)
        if let place = self.all.firstIndex(where: { $0.kind == kind && $0.name == name }) {
            self.all[place].points.append(point)
        } else {
            self.all.append(One(kind: kind, name: name, points: [point]))
        }
    }

    var charts: [(file: String, chart: any Chart)] {
        Kind.allCases.compactMap { kind in
            let lines = self.all.filter { $0.kind == kind }.map { TimeChart.Line(name: $0.name, points: $0.points) }
            return lines.isEmpty ? nil : (kind.file, TimeChart(title: kind.rawValue, unit: kind.unit, lines: lines))
        }
    }

    /// In Markdown, with the rule.
    var table: String {
        let rows = self.all.map { one in
            let trend = one.trend
            let verdict = one.isFlat.map { $0 ? "flat" : "**grows**" } ?? "too short to tell"
            return
                "| \(one.kind.rawValue) | \(one.name) | \(MarkdownReport.digits(one.points.map(\.value).max() ?? 0)) | "
                + "\(MarkdownReport.digits(trend?.mean ?? .nan)) | \(MarkdownReport.digits(trend?.growth ?? .nan)) | "
                + "\(verdict) |"
        }
        let slack = Kind.allCases.compactMap { kind in
            kind.slack.map { slack in
                "\(kind.rawValue.lowercased()) \(MarkdownReport.digits(slack))"
                    + (kind.unit.isEmpty ? "" : " \(kind.unit)")
            }
        }
        return """
            Flat is what grows, along the straight line of least squares through all that follows the first third, by no \
            more than a tenth of its mean, or by no more than a slack (\(slack.joined(separator: "; "))).

            | | | most | mean | growth | |
            |---|---|---:|---:|---:|---|
            \(rows.joined(separator: "\n"))
            """
    }
}
