import Hummingbird
import Kafka
import Logging
import Notifications
import Operations
import Postgres
import Store

extension Problem {
    /// Spread, so that those who were refused together do not come back together.
    private static var someSeconds: Int { .random(in: 1...3) }

    init(for error: any Error, logger: Logger) {
        switch error {
        case let problem as Problem: self = problem
        case let error as HTTPError where error.status == .notFound: self = .notFound("there is nothing at this path")
        case let error as HTTPError:
            self = Problem(
                error.status, code: "http_\(error.status.code)", title: error.status.reasonPhrase, detail: error.body)
        case let error as TooManyRequests:
            self = .tooManyRequests(
                detail: "at most \(error.allowance.limit) requests a minute", limit: RateLimit(error.allowance))
        case let error as PostgresError where error.isPoison:
            self = .invalid(Faults([Fault("", .wrongType, "a value that the database cannot hold")]))
        case let error as KafkaError where error.isHopeless:
            self = .tooLarge(limit: SendRoute.largestBody)
        case let error as PostgresError:
            logger.warning("Postgres did not answer", error: error)
            self = .unavailable("the database is not reachable at the moment", retryAfterSeconds: Self.someSeconds)
        case let error as KafkaError:
            logger.warning("Kafka did not take it", error: error)
            // Only what never left this process is known not to be stored.
            let isKnown = error.code == .queueFull || error.code == .cancelled
            self = .unavailable(
                isKnown
                    ? "the broker is not reachable at the moment; nothing was accepted"
                    : "the broker did not confirm it; it may have been accepted nevertheless: "
                        + "repeat it under the same Idempotency-Key",
                retryAfterSeconds: Self.someSeconds)
        default:
            logger.error("a request failed", error: error)
            self = Problem(.internalServerError, code: "internal", title: "Internal error")
        }
    }
}
