import Foundation

/// Writes `report.md`, `stages.svg` and a picture for each curve, and takes away the pictures of an earlier report.
struct ReportFiles: Sendable {
    let folder: String

    func write(_ report: StageReport, circumstances: [String]) throws {
        for old in try FileManager.default.contentsOfDirectory(atPath: self.folder) where old.hasSuffix(".svg") {
            try FileManager.default.removeItem(atPath: "\(self.folder)/\(old)")
        }
        let page = MarkdownReport(
            title: "Notifi, measured", circumstances: circumstances, figures: report.figures, warnings: report.warnings)
        var text = page.text
        if report.figures.contains(where: { $0.share != nil }) {
            try self.write(
                "stages.svg", BarChart(title: "Stages as a share of their ceilings", figures: report.figures).svg)
            text += "\n![Stages as a share of their ceilings](stages.svg)\n"
        }
        for (file, chart) in report.curves {
            try self.write("\(file).svg", chart.svg)
            text += "\n![\(chart.title)](\(file).svg)\n"
        }
        for detail in report.details { text += "\n\(detail)\n" }
        try self.write("report.md", text)
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(self.folder)/\(name)"), options: .atomic)
    }
}
