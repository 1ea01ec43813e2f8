import Foundation
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// More than there is room for: bounds so small that a test reaches them.
    @Suite(.installation(Installation.Options(own: { daemon, _, _ in LoadedInstallation.variables[daemon] ?? [:] })))
    enum Loaded {}
}

enum LoadedInstallation {
    static let sends = 8
    static let pollSeconds = 2
    static let queueKiB = 1_024
    static let batchKiB = 256

    static let variables: [Daemon: [String: String]] = [
        .api: [
            "NOTIFI_HTTP_SENDS_AT_ONCE": "\(Self.sends)", "NOTIFI_HTTP_INBOX_QUERIES_AT_ONCE": "16",
            "NOTIFI_POLL_INTERVAL_SECONDS": "\(Self.pollSeconds)",
        ],
        .router: [
            "NOTIFI_KAFKA_CONSUMER_QUEUE_KIB": "\(Self.queueKiB)", "NOTIFI_KAFKA_BATCH_KIB": "\(Self.batchKiB)",
            "NOTIFI_KAFKA_LAG_LOOK_SECONDS": "1",
        ],
        .delivery: ["NOTIFI_KAFKA_LAG_LOOK_SECONDS": "1"],
    ]
}

/// An answer, and how long it took.
struct TimedAnswer: Sendable {
    let answer: HTTPAnswer
    let took: Duration

    static func of(_ ask: () async throws -> HTTPAnswer) async throws -> TimedAnswer {
        let began = ContinuousClock.now
        let answer = try await ask()
        return TimedAnswer(answer: answer, took: .now - began)
    }

    /// Whether it is a refusal as it has to be.
    func isOverloaded(within seconds: ClosedRange<Int>) -> Bool {
        guard self.answer.status == 503, let problem = try? self.answer.decode(ProblemBody.self) else { return false }
        return problem.code == "overloaded"
            && self.answer.header("Retry-After").flatMap { Int($0) }.map { seconds.contains($0) } == true
    }
}

extension Sequence<TimedAnswer> {
    /// The time that so many of a hundred did not go beyond.
    func percentile(_ percent: Double) -> Duration {
        let sorted = self.map(\.took).sorted()
        guard !sorted.isEmpty else { return .zero }
        return sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * percent / 100))]
    }

    var figures: String {
        let statuses = Dictionary(grouping: self, by: \.answer.status).mapValues(\.count).sorted { $0.key < $1.key }
        return "\(statuses.map { "\($0.key): \($0.value)" }.joined(separator: ", "));"
            + " p50 \(self.percentile(50)), p99 \(self.percentile(99)), longest \(self.percentile(100))"
    }
}
