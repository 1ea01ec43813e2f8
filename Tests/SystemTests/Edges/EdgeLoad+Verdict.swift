import Foundation
import Notifications
import Testing

@testable import Harness

extension EdgeLoad {
    private static let ends: Set<String> = [
        "cancelled", "recalled", "expired", "suppressed", "dead-lettered",
    ]

    /// All that was accepted is in exactly one final state, once in its inbox, in its order and not early; what was
    /// cancelled stays so; and those who look again and again were shown all of it, which takes a change event for each.
    func expectFinished(_ readers: InboxReader) async throws {
        let answers = self.answers
        for sent in answers.sent { try await self.expectFinal(sent, answers) }
        try await self.installation.settle(self.users)
        // Before anybody looks without an ETag: that asks the database, and whoever polls then knows of it as well.
        let delivered = answers.sent.filter { answers.cancels[$0.id] == nil }
        let unseen = {
            let seen = readers.sightings
            return delivered.filter { seen[$0.id] == nil }
        }
        try await require(
            "those who look are told of every change: \(unseen().map { ($0, readers.latest(of: $0.userID)) })",
            within: .seconds(20)
        ) { unseen().isEmpty }

        let rows = try await self.installation.database.decisions(of: self.users)
        let inTable = answers.sent.filter { answers.cancels[$0.id]?.state != "cancelled" }
        #expect(rows.map(\.id).sorted() == inTable.map(\.id).sorted(), "one row each")
        #expect(rows.allSatisfy { $0.state == "delivered" })
        #expect(rows.allSatisfy { !$0.isScheduled || $0.delivered >= $0.due }, "never early")
        self.expectOrder(rows, answers.sent)

        let shown = try await concurrently(self.users, atOnce: 4) {
            try await self.installation.person($0).inbox().map(\.id)
        }
        let unread = delivered.filter { !answers.marked.contains($0.id) }
        #expect(shown.flatMap(\.self).sorted() == unread.map(\.id).sorted(), "each is shown once")
        #expect(readers.faults.isEmpty, "\(readers.faults.prefix(3))")
        let seen = readers.sightings
        let seenAfter = answers.cancels.values.filter { decision in
            guard let sighting = seen[decision.id], let answeredAt = answers.cancelledAt[decision.id] else {
                return false
            }
            return decision.state == "cancelled" || sighting.lastAskedAt > answeredAt
        }
        #expect(seenAfter.isEmpty, "cancelled or recalled, and yet seen: \(seenAfter)")
        for origin in answers.garbage {
            try await require("\(origin) is a dead letter, once", within: .seconds(30)) {
                try await self.installation.database.countDeadLetters(from: origin) == 1
            }
        }
    }

    private func expectFinal(_ sent: Sent, _ answers: Answers) async throws {
        let state = answers.cancels[sent.id]?.state ?? (answers.marked.contains(sent.id) ? "read" : "delivered")
        let record = try await self.installation.service.record(of: sent.id, in: state, within: .seconds(40))
        let ends = record.events.filter(Self.ends.contains)
        #expect(ends == (answers.cancels[sent.id].map { [$0.state] } ?? []), "\(sent.id): \(record.events)")
        if let decision = answers.cancels[sent.id] {
            #expect(try await self.installation.service.cancel(sent.id) == decision, "a repeat gives the same answer")
        }
    }

    private func expectOrder(_ rows: [Database.Decision], _ sent: [Sent]) {
        let places = Dictionary(sent.compactMap { one in one.place.map { (one.id, $0) } }) { first, _ in first }
        for (user, own) in Dictionary(grouping: rows, by: \.userID) {
            let order = own.sorted { $0.seq < $1.seq }.compactMap { places[$0.id] }
            #expect(order == order.sorted(), "the order of \(user)")
            #expect(Set(own.map(\.seq)).count == own.count, "seq of \(user)")
        }
    }
}
