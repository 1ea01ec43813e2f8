import HTTPTypes
import Kafka
import NIOCore
import NIOHTTP1
import Notifications
import Operations
import Store

/// What the hot routes do together on one event loop: the POSTs that it reads in one turn are handed to the producer
/// together, and those whose reports come together are logged and answered together.
final class HotLane {
    /// POSTs that were handed over together.
    private typealias Turn = [(send: HotSend, asker: HotHandler)]

    let routes: HotRoutes
    private let eventLoop: any EventLoop
    private var waiting: Turn = []
    private var date = (second: Int64.min, text: "")

    init(routes: HotRoutes, eventLoop: any EventLoop) {
        self.routes = routes
        self.eventLoop = eventLoop
    }

    func publish(_ send: HotSend, for asker: HotHandler) {
        self.waiting.append((send, asker))
        guard self.waiting.count == 1 else { return }
        // Runs when all that this turn has read is decided.
        self.eventLoop.assumeIsolated().execute { self.handOver() }
    }

    /// The page's text is written where the page was read: no event loop is to be held up by the longest ones.
    func ask(_ poll: HotPoll, for asker: HotHandler) {
        let bound = NIOLoopBound(asker, eventLoop: self.eventLoop)
        let (routes, eventLoop) = (self.routes, self.eventLoop)
        routes.unread.pages.ask(for: poll.person) { page in
            let answer = routes.finish(poll, page)
            eventLoop.execute { bound.value.finish(answer) }
        }
    }

    private func handOver() {
        let turn = self.waiting
        self.waiting = []
        for _ in turn { FailPoint.apiChecked.pass() }
        let bound = NIOLoopBound((lane: self, turn: turn), eventLoop: self.eventLoop)
        let eventLoop = self.eventLoop
        self.routes.send.accepting.producer.send(turn.map(\.send.prepared.record)) { reports in
            eventLoop.execute { bound.value.lane.finish(reports, of: bound.value.turn) }
        }
    }

    private func finish(_ reports: [KafkaReport], of turn: Turn) {
        for _ in reports { FailPoint.apiPublished.pass() }
        let answers = Logs.gathered {
            let answers = reports.map { self.routes.finish(turn[$0.index].send, $0.result) }
            self.noteDeeds(reports, of: turn)
            return answers
        }
        for (report, answer) in zip(reports, answers) { turn[report.index].asker.finish(answer) }
    }

    /// A line in the audit for each that was accepted, before anybody is told.
    private func noteDeeds(_ reports: [KafkaReport], of turn: Turn) {
        var accepted: [ServiceToken: [Notification]] = [:]
        for report in reports {
            guard case .success = report.result else { continue }
            let send = turn[report.index].send
            accepted[send.token, default: []].append(send.prepared.notification)
        }
        for (token, notifications) in accepted {
            self.routes.send.accepting.deeds.accepted(notifications, from: token)
        }
    }

    /// As parts for a connection that stays open, with the date that every answer has.
    func parts(of answer: Answer) -> [HTTPServerResponsePart] {
        var headers = HTTPHeaders()
        headers.reserveCapacity(answer.fields.count + 1)
        for field in answer.fields { headers.add(name: field.name.rawName, value: field.value) }
        headers.add(name: "Date", value: self.dateText)
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: answer.status.code, reasonPhrase: answer.status.reasonPhrase),
            headers: headers)
        return [.head(head)] + (answer.body.map { [.body(.byteBuffer($0))] } ?? []) + [.end(nil)]
    }

    private var dateText: String {
        let second = Instant.now.microseconds / 1_000_000
        if second != self.date.second { self.date = (second, HTTPDate.text(second: second)) }
        return self.date.text
    }
}
