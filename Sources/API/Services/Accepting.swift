import FoundationEssentials
import Kafka
import Logging
import Notifications
import Operations
import Store
import Wire

/// Accepts what services send: checked, given an id, published to `requests`, and answered for only when the brokers
/// have it (P1). Postgres is not asked (P4).
struct Accepting: Sendable {
    let directory: ServiceDirectory
    /// Where links may lead.
    let hosts: AllowedHosts
    let producer: KafkaProducer
    let topics: Topics
    let limit: UserLimit
    let deeds: Deeds
    let logger: Logger

    /// What is asked for in one item.
    struct Item: Sendable {
        let json: JSONValue
        let key: String?
        /// Where the key was given, as a fault names it.
        var keyPointer = "/idempotency_key"
    }

    /// Checks one and gives it its id. Nothing is published.
    ///
    /// - Throws: `Problem`: 422 with every fault, 403 for an event type that this token may not send.
    func check(_ item: Item, from token: ServiceToken, trace: TraceContext, at now: Instant) throws -> Notification {
        if let key = item.key, let fault = Draft.fault(inIdempotencyKey: key, at: item.keyPointer) {
            throw Problem.invalid(Faults([fault]))
        }
        let draft: Draft
        switch Draft.read(item.json, types: self.directory.types, hosts: self.hosts, now: now) {
        case .success(let read): draft = read
        case .failure(let faults): throw Problem.invalid(faults)
        }
        if let allowed = token.eventTypes, !allowed.contains(draft.content.eventType) {
            throw Problem.forbidden("this token may not send the event type \(draft.content.eventType)")
        }
        var random = SystemRandomNumberGenerator()
        return Notification.accept(
            draft, from: token.service, key: item.key, now: now, trace: trace, using: &random)
    }

    /// Publishes them and waits for the delivery reports.
    ///
    /// - Returns: for each, in order, what went wrong, if anything did. A 202 is right only for the others.
    func publish(_ notifications: [Notification], from token: ServiceToken) async throws -> [Problem?] {
        let records = try notifications.map { try $0.record(on: self.topics.requests) }
        let types = self.directory.types
        let verdicts = notifications.map { self.limit.admit($0, type: types[$0.content.eventType]) }
        var problems: [Problem?] = verdicts.map { verdict in
            if case .over(let seconds) = verdict { self.limit.problem(resetSeconds: seconds) } else { nil }
        }
        let admitted = problems.indices.filter { problems[$0] == nil }
        var accepted: [Notification] = []
        FailPoint.apiChecked.pass()
        let outcomes = await self.producer.send(admitted.map { records[$0] }, halfway: .apiPublishing)
        FailPoint.apiPublished.pass()
        for (place, outcome) in zip(admitted, outcomes) {
            let notification = notifications[place]
            let logger = self.logger.about(notification.id, trace: notification.trace?.traceID)
            switch outcome {
            case .success:
                accepted.append(notification)
                logger.info(
                    "accepted",
                    metadata: ["service": "\(token.serviceName)", "event_type": "\(notification.content.eventType)"])
            case .failure(let error):
                if verdicts[place] == .counted { self.limit.withdraw(notification) }
                problems[place] = AnswerMiddleware.problem(for: error, logger: logger)
            }
        }
        // What was refused is counted where it is answered.
        self.deeds.accepted(accepted, from: token)
        return problems
    }
}
