import Foundation
import Kafka
import Notifications
import Testing
import Wire

@testable import Harness

/// A little of everything that can be asked for, each insisted on until it is answered, and what was answered.
final class EdgeLoad: Sendable {
    struct Sent: Sendable {
        let id: String
        let userID: String
        let schedule: Instant?
        /// Its place among the immediate ones for this user.
        let place: Int?
    }

    struct Answers: Sendable {
        var sent: [Sent] = []
        var cancels: [String: CancelDecision] = [:]
        /// When the answer to a cancel was there, by its id.
        var cancelledAt: [String: Instant] = [:]
        var marked: Set<String> = []
        var garbage: [KafkaReceipt] = []
    }

    let installation: Installation
    /// They get several each.
    let busy: [String]
    /// They get one each, so that nothing that follows tells of a change that was lost.
    let lonely: [String]
    /// Had one before the fault, and marks it.
    let reader: String
    private let state = Shared(Answers())

    var users: [String] { self.busy + self.lonely + [self.reader] }
    var answers: Answers { self.state.value }

    init(_ installation: Installation, _ name: String) {
        self.installation = installation
        self.busy = installation.users(4, "busy-\(name)")
        self.lonely = installation.users(12, "lonely-\(name)")
        self.reader = installation.users(1, "reader-\(name)")[0]
    }

    /// What has to be there before the fault.
    func prepare() async throws {
        let record = try await self.installation.service.send(Outgoing(to: self.reader, "before"))
        _ = try await self.installation.service.record(of: record.id, in: "delivered")
        self.note([Sent(id: record.id, userID: self.reader, schedule: nil, place: 0)])
    }

    /// What is marked later must have been shown before: nobody sees it among the unread ones afterwards.
    func untilSeen(by readers: InboxReader) async throws {
        let ids = self.answers.sent.map(\.id)
        try await require("what was there before is seen", within: .seconds(20)) {
            let seen = readers.sightings
            return ids.allSatisfy { seen[$0] != nil }
        }
    }

    /// Immediate ones, some of them twice under their key; a batch; some for `due`; garbage; and cancels of each kind.
    func send(due: Instant) async throws {
        let service = self.installation.service
        let batch =
            self.lonely.map { Outgoing(to: $0, "lonely", key: "lonely") }
            + self.busy.map { Outgoing(to: $0, "scheduled", at: due, key: "scheduled") }
            + self.busy.map { Outgoing(to: $0, "never", at: .inSeconds(3_600), key: "never") }
        let answer: BatchAnswer = try await self.insist(200) { try await service.postBatch(batch) }.decode()
        let sent = try zip(batch, answer.results).map { outgoing, result in
            let id = try #require(result.notification, "\(result)").id
            return Sent(
                id: id, userID: outgoing.userID, schedule: outgoing.schedule.flatMap { Instant(rfc3339: $0) },
                place: outgoing.schedule == nil ? 0 : nil)
        }
        self.note(sent)
        for place in 0..<3 {
            for user in self.busy {
                let outgoing = Outgoing(to: user, "number \(place)")
                let ids = try await Array(0...(place == 1 ? 1 : 0)).map { _ in outgoing }.asyncMap { outgoing in
                    try await self.insist(202) { try await service.post(outgoing, key: "number \(place)") }
                        .decode(Record.self).id
                }
                #expect(Set(ids).count == 1, "one id under one key")
                self.note([Sent(id: ids[0], userID: user, schedule: nil, place: place)])
            }
        }
        try await self.produceGarbage()
        let last = self.answers.sent.filter { $0.userID == self.busy[0] && $0.place == 2 }
        for sent in sent.suffix(self.busy.count) + last { try await self.cancel(sent) }
    }

    /// What needs the whole pipeline to be there: one is given another time, one is marked.
    func change(due: Instant) async throws {
        let service = self.installation.service
        let user = self.busy[0]
        let outgoing = Outgoing(to: user, "moved", at: .inSeconds(3_600))
        let id = try await self.insist(202) { try await service.post(outgoing, key: "moved") }.decode(Record.self).id
        _ = try await service.record(of: id, in: "scheduled", within: .seconds(40))
        _ = try await self.insist(200) { try await service.reschedule(id, to: due) }
        self.note([Sent(id: id, userID: user, schedule: due, place: nil)])
        let person = try await self.installation.person(self.reader)
        let marked = try #require(self.answers.sent.first { $0.userID == self.reader }).id
        _ = try await self.insist(200) { try await person.markRead(marked) }
        self.state.change { $0.marked.insert(marked) }
    }

    private func cancel(_ sent: Sent) async throws {
        let decision: CancelDecision =
            try await self.insist(200) { try await self.installation.service.delete(sent.id) }.decode()
        let answeredAt = Instant.current
        self.state.change { answers in
            answers.cancels[sent.id] = decision
            answers.cancelledAt[sent.id] = answeredAt
        }
    }

    private func produceGarbage() async throws {
        let topics = self.installation.topics
        let records = [topics.requests, topics.deliveries].flatMap { topic in
            self.busy.map { KafkaRecord(topic: topic, key: Array($0.utf8), value: [0xFF, 0x07]) }
        }
        let receipts = try await self.installation.brokers.produce(records)
        self.state.change { $0.garbage = receipts }
    }

    private func note(_ sent: [Sent]) {
        self.state.change { $0.sent += sent }
    }

    /// Asks again while there is no answer, or none but 503.
    private func insist(_ status: Int, _ ask: () async throws -> HTTPAnswer) async throws -> HTTPAnswer {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                let answer = try await ask()
                if answer.status == status { return answer }
                try #require(answer.status == 503, "\(answer.status) \(answer.text)")
            } catch  where ContinuousClock.now < deadline && !(error is ExpectationFailedError) {
                // The connection broke: the daemon at its other end is gone.
            }
            try #require(ContinuousClock.now < deadline, "no answer within a minute")
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
