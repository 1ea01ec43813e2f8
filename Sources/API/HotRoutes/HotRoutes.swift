import HTTPTypes
import Kafka
import Logging
import NIOCore
import NIOHTTP1
import Notifications
import Operations
import Store
import Synchronization

/// The requests that there are most of, one POST and the poll of an inbox, answered on the event loop that read them:
/// without a task of their own, and without the framework.
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

    /// A poll, as far as memory tells.
    enum Polled {
        case answer(Answer)
        case page(HotPoll)
    }

    /// - Returns: `nil` where it is for the framework to answer: the session is to be verified, or there is none, or the
    ///   version is to be looked up.
    func begin(_ poll: HotRequest.Poll) -> Polled? {
        let began = ContinuousClock.now
        guard
            let credential = try? PersonAccess.Credential(
                authorization: poll.authorization, cookies: poll.cookie.map { [$0] } ?? []),
            let person = self.unread.access.sessions.verifiedPerson(of: credential.token)
        else { return nil }
        let notes = RequestNotes()
        func asking(_ trace: TraceContext?) -> Asked {
            Asked(method: .get, path: UnreadRoute.path, trace: trace, notes: notes, began: began)
        }
        if let known = poll.ifNoneMatch {
            switch self.unread.answers.compareAtOnce(known, for: person) {
            case .unchanged(let answer):
                let isLogged = self.logger.logLevel <= .debug
                return .answer(self.completed(answer, asking(isLogged ? Self.trace(poll.traceparent) : nil)))
            case .unknown: return nil
            case .changed: break
            }
        }
        let asked = asking(Self.trace(poll.traceparent))
        do {
            try self.unread.answers.begin()
            return .page(HotPoll(person: person, asked: asked))
        } catch {
            return .answer(self.refused(error, asked))
        }
    }

    /// The answer to a poll whose page was read, or could not be.
    func finish(_ poll: HotPoll, _ page: UnreadPages.Page) -> Answer {
        defer { self.unread.answers.end() }
        switch page {
        case .success(let page): return self.completed(self.unread.answer(page, to: poll.person), poll.asked)
        case .failure(let error): return self.refused(error, poll.asked)
        }
    }

    /// A POST whose body is here, before its notification is published.
    enum Begun {
        case answer(Answer)
        case publish(HotSend)
    }

    /// - Returns: `nil` where it is for the framework to answer; nothing was counted then. What Foundation has to read, and
    ///   what is no JSON, is: no event loop is to be held up by it.
    func begin(_ request: HotRequest.Send, body: [UInt8]) -> Begun? {
        guard self.send.accepting.producer.isRunning else { return nil }
        let notes = RequestNotes()
        let trace = Self.trace(request.traceparent)
        let asked = Asked(method: .post, path: SendRoute.path, trace: trace, notes: notes, began: .now)
        do {
            let token = try self.send.identify(request.authorization, noting: notes)
            try self.send.gate.begin()
            // Behind the gate, as with the framework: who is refused is to cost nothing.
            guard let json = JSONValue.plain(body, mostValues: Self.mostValues) else {
                self.send.gate.end()
                return nil
            }
            do {
                try self.send.begin(by: token, type: request.contentType, noting: notes)
                let prepared = try self.send.prepare(json, key: request.idempotencyKey, token: token, trace: trace)
                return .publish(HotSend(prepared: prepared, token: token, asked: asked))
            } catch {
                self.send.gate.end()
                throw error
            }
        } catch {
            return .answer(self.refused(error, asked))
        }
    }

    /// The answer to one that was published, or that could not be.
    func finish(_ send: HotSend, _ outcome: Result<KafkaReceipt, KafkaError>) -> Answer {
        self.send.gate.end()
        if let problem = self.send.accepting.settle(send.prepared, outcome, from: send.token) {
            return self.refused(problem, send.asked)
        }
        return self.completed(SendRoute.accepted(send.prepared.notification), send.asked)
    }

    /// What every answer is completed by.
    struct Asked: Sendable {
        let method: HTTPRequest.Method
        let path: String
        /// A draw of randomness is a system call, so `nil` where no line will be logged.
        let trace: TraceContext?
        let notes: RequestNotes
        let began: ContinuousClock.Instant
    }

    /// So many that the faults of none of them are much to write.
    private static let mostValues = 500

    private static func trace(_ traceparent: String?) -> TraceContext {
        if let given = traceparent.flatMap({ TraceContext($0) }) { return given }
        var random = SystemRandomNumberGenerator()
        return TraceContext(using: &random)
    }

    private func refused(_ error: any Error, _ asked: Asked) -> Answer {
        let problem = Problem(for: error, logger: self.logger(asked.trace))
        let answer = (try? self.rules.refusal(problem, notes: asked.notes)) ?? Answer(problem.status)
        return self.completed(answer, asked)
    }

    private func completed(_ answer: Answer, _ asked: Asked) -> Answer {
        var answer = answer
        self.rules.complete(&answer.fields, notes: asked.notes)
        self.origins.complete(&answer.fields)
        // A logger with metadata costs more than all else here.
        let logger = self.logger.logLevel <= .debug ? self.logger(asked.trace) : self.logger
        self.rules.count(answer.status, to: asked.method, asked.path, since: asked.began, logger: logger)
        return answer
    }

    private func logger(_ trace: TraceContext?) -> Logger {
        guard let trace else { return self.logger }
        var logger = self.logger
        logger[metadataKey: LogKey.traceID] = "\(trace.traceID)"
        return logger
    }
}

/// One POST that is on its way to the brokers.
struct HotSend {
    let prepared: Accepting.Prepared
    let token: ServiceToken
    let asked: HotRoutes.Asked
}

/// A poll whose page is on its way from Postgres.
struct HotPoll: Sendable {
    let person: Person
    let asked: HotRoutes.Asked
}
