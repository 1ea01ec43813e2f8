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

    /// One that was checked, on its way.
    struct Prepared: Sendable {
        let notification: Notification
        let record: KafkaRecord
        fileprivate let verdict: UserMinutes.Verdict
    }

    /// Counts it against the limit of its user and makes it ready. Who prepares one settles it, whatever comes of it.
    ///
    /// - Throws: `Problem`, 429, where the user has enough; nothing is counted then.
    func prepare(_ notification: Notification) throws -> Prepared {
        let record = try notification.record(on: self.topics.requests)
        let verdict = self.limit.admit(notification, type: self.directory.types[notification.content.eventType])
        if case .over(let seconds) = verdict { throw self.limit.problem(resetSeconds: seconds) }
        return Prepared(notification: notification, record: record, verdict: verdict)
    }

    /// Logs and counts what became of it.
    ///
    /// - Returns: what went wrong, if anything did. A 202 is right only where nothing did, and after `Deeds.accepted`.
    func settle(
        _ prepared: Prepared, _ outcome: Result<KafkaReceipt, KafkaError>, from token: ServiceToken
    ) -> Problem? {
        let notification = prepared.notification
        switch outcome {
        case .success:
            // The audit has a line for each as well; a logger with metadata costs more than looking first.
            if self.logger.logLevel <= .debug {
                self.logger(of: notification).debug(
                    "accepted",
                    metadata: ["service": "\(token.serviceName)", "event_type": "\(notification.content.eventType)"])
            }
            return nil
        case .failure(let error):
            if prepared.verdict == .counted { self.limit.withdraw(notification) }
            return Problem(for: error, logger: self.logger(of: notification))
        }
    }

    private func logger(of notification: Notification) -> Logger {
        self.logger.about(notification.id, trace: notification.trace?.traceID)
    }

    /// Prepares them, publishes them and waits for the delivery reports.
    ///
    /// - Returns: for each, in order, what went wrong, if anything did. A 202 is right only for the others.
    func publish(_ notifications: [Notification], from token: ServiceToken) async throws -> [Problem?] {
        var prepared: [Prepared] = []
        var problems = try notifications.map { notification -> Problem? in
            do {
                prepared.append(try self.prepare(notification))
                return nil
            } catch let problem as Problem {
                return problem
            }
        }
        var published = await self.publish(prepared, from: token).makeIterator()
        for place in problems.indices where problems[place] == nil { problems[place] = published.next().flatMap { $0 } }
        return problems
    }

    /// The same of those that are prepared.
    func publish(_ prepared: [Prepared], from token: ServiceToken) async -> [Problem?] {
        FailPoint.apiChecked.pass()
        let outcomes = await self.producer.send(prepared.map(\.record), halfway: .apiPublishing)
        FailPoint.apiPublished.pass()
        return Logs.gathered {
            let problems = zip(prepared, outcomes).map { self.settle($0, $1, from: token) }
            // What was refused is counted where it is answered.
            let accepted = zip(prepared, problems).compactMap { $1 == nil ? $0.notification : nil }
            self.deeds.accepted(accepted, from: token)
            return problems
        }
    }
}
