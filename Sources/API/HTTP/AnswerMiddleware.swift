import CoreMetrics
import HTTPTypes
import Hummingbird
import Kafka
import Logging
import Metrics
import Notifications
import Operations
import Postgres
import Store

/// Around every request: takes up its trace, turns whatever is thrown into problem+json, counts and logs.
struct AnswerMiddleware: RouterMiddleware {
    let answers: AnswerMetrics
    let services: ServiceMetrics
    let paths: KnownPaths

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let trace = request.headers[.traceparent].flatMap({ TraceContext($0) }) { context.trace = trace }
        context.logger[metadataKey: LogKey.traceID] = "\(context.trace.traceID)"
        let began = ContinuousClock.now
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let problem = self.problem(for: error, of: request, logger: context.logger)
            if let service = context.notes.service { self.services.countRefusal(problem.code, of: service) }
            response = try problem.response(from: request, context: context)
        }
        for limit in context.notes.limits { response.headers.append(contentsOf: limit.fields) }
        response.headers[.contentTypeOptions] = "nosniff"
        response.headers[.referrerPolicy] = "no-referrer"
        let took = ContinuousClock.now - began
        self.answers.record(response.status, took)
        context.logger.debug(
            "answered",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
                "took": "\(took)",
            ])
        return response
    }

    private func problem(for error: any Error, of request: Request, logger: Logger) -> Problem {
        if let error = error as? HTTPError, error.status == .notFound {
            let methods = self.paths.methods(at: request.uri.path)
            if !methods.isEmpty { return .methodNotAllowed(allowed: methods) }
        }
        return Self.problem(for: error, logger: logger)
    }

    /// Spread, so that those who were refused together do not come back together.
    private static var someSeconds: Int { .random(in: 1...3) }

    static func problem(for error: any Error, logger: Logger) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as HTTPError where error.status == .notFound: return .notFound("there is nothing at this path")
        case let error as HTTPError:
            return Problem(
                error.status, code: "http_\(error.status.code)", title: error.status.reasonPhrase, detail: error.body)
        case let error as TooManyRequests:
            return .tooManyRequests(
                detail: "at most \(error.allowance.limit) requests a minute", limit: RateLimit(error.allowance))
        case let error as PostgresError where error.isPoison:
            return .invalid(Faults([Fault("", .wrongType, "a value that the database cannot hold")]))
        case let error as KafkaError where error.isHopeless:
            return .tooLarge(limit: SendRoute.largestBody)
        case let error as PostgresError:
            logger.warning("Postgres did not answer", error: error)
            return .unavailable("the database is not reachable at the moment", retryAfterSeconds: Self.someSeconds)
        case let error as KafkaError:
            logger.warning("Kafka did not take it", error: error)
            // Only what never left this process is known not to be stored.
            let isKnown = error.code == .queueFull || error.code == .cancelled
            return .unavailable(
                isKnown
                    ? "the broker is not reachable at the moment; nothing was accepted"
                    : "the broker did not confirm it; it may have been accepted nevertheless: "
                        + "repeat it under the same Idempotency-Key",
                retryAfterSeconds: Self.someSeconds)
        default:
            logger.error("a request failed", error: error)
            return Problem(.internalServerError, code: "internal", title: "Internal error")
        }
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
