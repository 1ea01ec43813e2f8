/// One thing that is measured, beside the ceiling that it is held against.
protocol BenchStage: Sendable {
    /// As it is chosen: `--stage post`.
    var name: String { get }

    /// Measures the ceiling and the stage in turn, ``Bench/runs`` times each.
    func measure(_ bench: Bench) async throws -> StageReport
}

/// What a stage found.
struct StageReport: Sendable {
    var figures: [Figure] = []
    /// Each a picture of its own, by the name of its file without `.svg`.
    var curves: [(file: String, chart: any Chart)] = []
    /// Tables and words in Markdown, below the figures.
    var details: [String] = []
    /// What a reader has to know before trusting a figure.
    var warnings: [String] = []
}

/// All stages, in the order in which they are measured.
enum BenchStages {
    static let all: [any BenchStage] = [
        HTTPStage(), PostStage(), PostBatchStage(), PollStage(), PageStage(),
        KafkaStage(), RouterStage(route: .now), RouterStage(route: .scheduled),
        ClaimStage(), PollerStage(), DeliveryStage(),
        LatencyStage(), LatenessStage(), PeopleStage(),
        GrowthStage(), BloatStage(), RecoveryStage(), PeersStage(), SoakStage(),
    ]

    static var names: [String] { self.all.map(\.name) }

    static func named(_ name: String) -> (any BenchStage)? { self.all.first { $0.name == name } }
}
