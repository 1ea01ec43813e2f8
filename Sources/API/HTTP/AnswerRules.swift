import CoreMetrics
import HTTPTypes
import Logging
import Metrics
import Operations

/// What holds for every answer, whichever way it is written.
struct AnswerRules: Sendable {
    let metrics: AnswerMetrics
    let services: ServiceMetrics

    /// A problem as an answer, counted for the service that it is noted for.
    func refusal(_ problem: Problem, notes: RequestNotes) throws -> Answer {
        if let service = notes.service { self.services.countRefusal(problem.code, of: service) }
        return try problem.answer()
    }

    func complete(_ fields: inout HTTPFields, notes: RequestNotes) {
        for limit in notes.limits { fields.append(contentsOf: limit.fields) }
        fields[.contentTypeOptions] = "nosniff"
        fields[.referrerPolicy] = "no-referrer"
    }

    func count(
        _ status: HTTPResponse.Status, to method: HTTPRequest.Method, _ path: String,
        since began: ContinuousClock.Instant, logger: Logger
    ) {
        let took = ContinuousClock.now - began
        self.metrics.record(status, took)
        logger.debug(
            "answered",
            metadata: [
                "method": "\(method)", "path": "\(path)", "status": "\(status.code)", "took": "\(took)",
            ])
    }
}

struct AnswerMetrics: Sendable {
    private static let answers = Metric("http_answers", help: "HTTP answers by class of status.")
    private let byClass = (1...5).map { Self.answers.counter(("status", "\($0)xx")) }
    private let duration = Metric("http_duration", help: "Time to answer a request.").timer()

    func record(_ status: HTTPResponse.Status, _ took: Duration) {
        let hundreds = status.code / 100
        if (1...5).contains(hundreds) { self.byClass[hundreds - 1].increment() }
        self.duration.record(duration: took)
    }
}
