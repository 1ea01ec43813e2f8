import HTTPTypes
import Kafka
import Logging
import NIOCore
import NIOHTTP1
import Notifications
import Operations
import Store
import Synchronization

/// The two requests that there are most of, one POST and the poll of an unchanged inbox, answered on the event loop that
/// read them: without a task, and without the framework.
///
/// It decides nothing by itself. Every step is one that the framework's routes take too, and whatever a step cannot decide
/// without a pause goes to them, byte for byte as it came.
final class HotRoutes: Sendable {
    let send: SendRoute
    let unread: UnreadRoute
    let rules: AnswerRules
    let origins: OriginPolicy
    let logger: Logger
    private let lanes = Mutex<[ObjectIdentifier: NIOLoopBound<HotLane>]>([:])

    init(send: SendRoute, unread: UnreadRoute, rules: AnswerRules, origins: OriginPolicy, logger: Logger) {
        self.send = send
        self.unread = unread
        self.rules = rules
        self.origins = origins
        self.logger = logger
    }

    /// What all connections of one event loop share. To be called on it.
    func lane(of eventLoop: any EventLoop) -> HotLane {
        self.lanes.withLock { lanes in
            if let known = lanes[ObjectIdentifier(eventLoop)] { return known }
            let lane = NIOLoopBound(HotLane(routes: self, eventLoop: eventLoop), eventLoop: eventLoop)
            lanes[ObjectIdentifier(eventLoop)] = lane
            return lane
        }.value
    }

    /// - Returns: the 304; `nil` where anything else may be the answer.
    func answer(_ poll: HotRequest.Poll) -> Answer? {
        let began = ContinuousClock.now
        guard
            let credential = try? PersonAccess.Credential(
                authorization: poll.authorization, cookies: poll.cookie.map { [$0] } ?? []),
            let person = self.unread.access.sessions.verifiedPerson(of: credential.token),
            let answer = self.unread.answers.notModifiedAtOnce(poll.ifNoneMatch, for: person)
        else { return nil }
        return self.completed(
            answer, RequestNotes(), to: .get, UnreadRoute.path, since: began, trace: Self.trace(poll.traceparent))
    }

    /// A POST whose body is here, before its notification is published.
    enum Begun {
        case answer(Answer)
        case publish(HotSend)
    }

    /// - Returns: `nil` where it is for the framework to answer; nothing was counted then. What Foundation has to read, and
    ///   what is no JSON, is: no event loop is to be held up by it.
    func begin(_ request: HotRequest.Send, body: [UInt8]) -> Begun? {
        guard self.send.accepting.producer.isRunning,
            let json = JSONValue.plain(body, mostValues: Self.mostValues)
        else { return nil }
        let trace = Self.trace(request.traceparent)
        let notes = RequestNotes()
        let began = ContinuousClock.now
        do {
            let token = try self.send.identify(request.authorization, noting: notes)
            try self.send.gate.begin()
            do {
                try self.send.begin(by: token, type: request.contentType, noting: notes)
                let prepared = try self.send.prepare(json, key: request.idempotencyKey, token: token, trace: trace)
                return .publish(HotSend(prepared: prepared, token: token, trace: trace, notes: notes, began: began))
            } catch {
                self.send.gate.end()
                throw error
            }
        } catch {
            return .answer(self.refused(error, trace: trace, notes: notes, since: began))
        }
    }

    /// The answer to one that was published, or that could not be.
    func finish(_ send: HotSend, _ outcome: Result<KafkaReceipt, KafkaError>) -> Answer {
        self.send.gate.end()
        if let problem = self.send.accepting.settle(send.prepared, outcome, from: send.token) {
            return self.refused(problem, trace: send.trace, notes: send.notes, since: send.began)
        }
        return self.completed(
            SendRoute.accepted(send.prepared.notification), send.notes, to: .post, SendRoute.path, since: send.began,
            trace: send.trace)
    }

    /// So many that the faults of none of them are much to write.
    private static let mostValues = 500

    private static func trace(_ traceparent: String?) -> TraceContext {
        if let given = traceparent.flatMap({ TraceContext($0) }) { return given }
        var random = SystemRandomNumberGenerator()
        return TraceContext(using: &random)
    }

    private func refused(
        _ error: any Error, trace: TraceContext, notes: RequestNotes, since began: ContinuousClock.Instant
    ) -> Answer {
        let problem = Problem(for: error, logger: self.logger(trace))
        let answer = (try? self.rules.refusal(problem, notes: notes)) ?? Answer(problem.status)
        return self.completed(answer, notes, to: .post, SendRoute.path, since: began, trace: trace)
    }

    private func completed(
        _ answer: Answer, _ notes: RequestNotes, to method: HTTPRequest.Method, _ path: String,
        since began: ContinuousClock.Instant, trace: @autoclosure () -> TraceContext
    ) -> Answer {
        var answer = answer
        self.rules.complete(&answer.fields, notes: notes)
        self.origins.complete(&answer.fields)
        // A logger with metadata costs more than all else here.
        let logger = self.logger.logLevel <= .debug ? self.logger(trace()) : self.logger
        self.rules.count(answer.status, to: method, path, since: began, logger: logger)
        return answer
    }

    private func logger(_ trace: TraceContext) -> Logger {
        var logger = self.logger
        logger[metadataKey: LogKey.traceID] = "\(trace.traceID)"
        return logger
    }
}

/// One POST that is on its way to the brokers.
struct HotSend {
    let prepared: Accepting.Prepared
    let token: ServiceToken
    let trace: TraceContext
    let notes: RequestNotes
    let began: ContinuousClock.Instant
}
