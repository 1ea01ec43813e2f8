extension LoadOutcome {
    func milliseconds(_ share: Double) -> Double { Double(self.latency.quantile(share) ?? 0) / 1_000 }

    /// What a reader has to know before trusting a figure of this load.
    ///
    /// - Parameters:
    ///   - load: as the figure names it.
    ///   - status: that every answer should have.
    func warnings(_ load: String, wanted status: Int) -> [String] {
        var warnings: [String] = []
        let others = self.others(than: status)
        if others > 0 {
            let found = self.statuses.filter { $0.key != status }.sorted { $0.key < $1.key }
                .map { "\($0.value) were \($0.key)" }
            let parts = found + (self.failures > 0 ? ["\(self.failures) had no answer"] : [])
            warnings.append(
                "\(load): of \(self.latency.count) requests \(parts.joined(separator: ", ")), where \(status) is wanted"
            )
        }
        if self.isGeneratorTheBottleneck {
            let delay = MarkdownReport.digits(Double(self.delay.quantile(0.99) ?? 0) / 1_000)
            let meaning =
                self.generatorShare > LoadOutcome.mostShare
                ? "so the server can do more than this" : "which is part of these times"
            warnings.append(
                "\(load): the load generator was the bottleneck (\(MarkdownReport.digits(self.generatorShare * 100))% of "
                    + "a core; it sent p99 \(delay) ms late), \(meaning)")
        }
        return warnings
    }
}
