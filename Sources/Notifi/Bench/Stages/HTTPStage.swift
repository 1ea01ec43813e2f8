import FoundationEssentials
import NIOCore

/// The ceilings of HTTP alone: what SwiftNIO and the framework do on this machine.
struct HTTPStage: BenchStage {
    let name = "http"

    private static let kinds = [CeilingKind.text, .hummingbirdText, .json, .hummingbirdJSON]

    func measure(_ bench: Bench) async throws -> StageReport {
        let runs = try await bench.eachRun(self.name) { _ in
            var outcomes: [CeilingKind: LoadOutcome] = [:]
            for kind in Self.kinds {
                outcomes[kind] = try await bench.ceiling(CeilingProcess(kind: kind), Self.request(kind))
            }
            return outcomes
        }
        func series(_ kind: CeilingKind) -> Series { Series(runs.map { $0[kind]?.rate(of: 200) ?? 0 }) }
        var report = StageReport(figures: [
            Figure(name: "SwiftNIO, a fixed text", unit: .perSecond, series: series(.text)),
            Figure(
                name: "Hummingbird, a fixed text", unit: .perSecond, series: series(.hummingbirdText),
                ceiling: Figure.Ceiling(name: "SwiftNIO", series: series(.text))),
            Figure(name: "SwiftNIO, Foundation's JSON there and back", unit: .perSecond, series: series(.json)),
            Figure(
                name: "Hummingbird, the same JSON", unit: .perSecond, series: series(.hummingbirdJSON),
                ceiling: Figure.Ceiling(name: "SwiftNIO", series: series(.json))),
        ])
        for outcomes in runs {
            for (kind, outcome) in outcomes { report.warnings += outcome.warnings(kind.rawValue, wanted: 200) }
        }
        return report
    }

    static func request(_ kind: CeilingKind) -> @Sendable (Int) -> ByteBuffer {
        let bytes =
            switch kind {
            case .text, .hummingbirdText: RequestBytes.get("/")
            case .json, .hummingbirdJSON, .produce:
                RequestBytes.post("/", json: BenchTraffic(service: UUID()).json(1))
            }
        return { _ in bytes }
    }
}
