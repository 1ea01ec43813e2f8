import Foundation
import Notifications
import Testing

@testable import Harness

/// Notifications for many users at once; those for one user are sent one after the other.
struct Load: Sendable {
    let users: [String]
    var immediatePerUser = 40
    var scheduledPerUser = 10
    /// In how many seconds after its posting a scheduled one is due. Half of them are put off to the next full second,
    /// so that many are due at once.
    var due: ClosedRange<Double> = 2...6
    /// Each carries an `Idempotency-Key`, and is posted until it is accepted.
    var isInsistent = false
    /// How many users are served at once.
    var width = 16
    /// Between two posts for one user.
    var pause: Duration?

    var count: Int { self.users.count * (self.immediatePerUser + self.scheduledPerUser) }

    /// One that was answered with 202.
    struct Accepted: Sendable {
        let id: String
        let userID: String
        let message: String
        let schedule: Instant?
        /// Its place among those for this user.
        let place: Int
    }

    /// What became of the load so far.
    struct Progress: Sendable {
        var accepted: [Accepted] = []
        /// Posts without an answer, or with 503.
        var repeats = 0
        /// Answers that are neither 202 nor, where nobody insists on one, 503.
        var faults: [String] = []
    }

    /// Posts everything.
    ///
    /// - Parameter progress: kept up to date.
    func send(by service: SendingService, _ progress: Shared<Progress>) async throws {
        _ = try await concurrently(self.users, atOnce: self.width) { user in
            let total = self.immediatePerUser + self.scheduledPerUser
            for place in 0..<total {
                // Scheduled ones are strewn among the others.
                let isScheduled = (place * self.scheduledPerUser) % total < self.scheduledPerUser
                let schedule = isScheduled ? self.schedule() : nil
                let outgoing = Outgoing(to: user, "\(place) for \(user)", at: schedule)
                let id = try await self.post(outgoing, key: "\(user)/\(place)", by: service, progress)
                guard let id else { continue }
                progress.change {
                    $0.accepted.append(
                        Accepted(id: id, userID: user, message: outgoing.message, schedule: schedule, place: place))
                }
                if let pause { try await Task.sleep(for: pause) }
            }
        }
    }

    private func schedule() -> Instant {
        let schedule = Instant.inSeconds(.random(in: self.due))
        guard Bool.random() else { return schedule }
        return Instant(microseconds: (schedule.microseconds / 1_000_000 + 1) * 1_000_000)
    }

    /// - Returns: the id; `nil` where it was not accepted, which is a fault.
    private func post(
        _ outgoing: Outgoing, key: String, by service: SendingService, _ progress: Shared<Progress>
    ) async throws -> String? {
        while true {
            try Task.checkCancellation()
            do {
                let answer = try await service.post(outgoing, key: self.isInsistent ? key : nil)
                if answer.status == 202 { return try answer.decode(Record.self).id }
                guard self.isInsistent, answer.status == 503 else {
                    progress.change { $0.faults.append("\(answer.status) \(answer.text)") }
                    return nil
                }
            } catch let failure as HTTPFailure {
                throw failure
            } catch {
                guard self.isInsistent else { throw error }
            }
            progress.change { $0.repeats += 1 }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension Installation {
    /// Waits until all that was accepted is in the inboxes, and everything has settled; then checks that each is there
    /// exactly once, delivered, not early, and the immediate ones in the order in which they were sent.
    func expectArrivals(
        _ accepted: [Load.Accepted], to users: [String], inOrder: Bool = true, within limit: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let count = Shared(0)
        let areThere = try await eventually(within: limit, every: .milliseconds(100)) {
            let found = try await self.database.countInInbox(of: users)
            count.change { $0 = found }
            return found >= accepted.count
        }
        #expect(
            areThere, "\(count.value) of \(accepted.count) arrived within \(limit)", sourceLocation: sourceLocation)
        try await self.settle(users)
        let rows = try await self.database.decisions(of: users)
        self.expectOnce(rows.map(\.id), accepted, "in the table", sourceLocation)
        #expect(rows.allSatisfy { $0.state == "delivered" }, sourceLocation: sourceLocation)
        let early = rows.filter { $0.isScheduled && ($0.delivered < $0.due || ($0.claimed ?? .min) < $0.due) }
        #expect(early.isEmpty, "early by Postgres' clock: \(early.prefix(3))", sourceLocation: sourceLocation)
        self.expectDueTimes(rows, accepted, sourceLocation)
        if inOrder { self.expectOrder(rows, accepted, sourceLocation) }

        let shown = try await concurrently(users, atOnce: 8) { user in
            try await self.person(user).inbox(sourceLocation: sourceLocation)
        }
        self.expectOnce(shown.flatMap { $0.map(\.id) }, accepted, "shown", sourceLocation)
    }

    private func expectOnce(
        _ ids: [String], _ accepted: [Load.Accepted], _ what: String, _ sourceLocation: SourceLocation
    ) {
        let wanted = Set(accepted.map(\.id))
        #expect(wanted.count == accepted.count, "ids are unique", sourceLocation: sourceLocation)
        let lost = wanted.subtracting(ids)
        #expect(lost.isEmpty, "\(lost.count) lost, not \(what): \(lost.prefix(3))", sourceLocation: sourceLocation)
        let foreign = Set(ids).subtracting(wanted)
        #expect(foreign.isEmpty, "\(foreign.count) never accepted, but \(what)", sourceLocation: sourceLocation)
        #expect(ids.count == Set(ids).count, "doubled, \(what)", sourceLocation: sourceLocation)
    }

    private func expectDueTimes(
        _ rows: [Database.Decision], _ accepted: [Load.Accepted], _ sourceLocation: SourceLocation
    ) {
        let schedules = Dictionary(accepted.map { ($0.id, $0.schedule) }) { first, _ in first }
        let wrong = rows.filter { row in
            guard let schedule = schedules[row.id] ?? nil else { return row.isScheduled }
            return !row.isScheduled || row.due != schedule.microseconds
        }
        #expect(wrong.isEmpty, "due at another time than asked: \(wrong.prefix(3))", sourceLocation: sourceLocation)
    }

    private func expectOrder(
        _ rows: [Database.Decision], _ accepted: [Load.Accepted], _ sourceLocation: SourceLocation
    ) {
        let places = Dictionary(accepted.map { ($0.id, $0.place) }) { first, _ in first }
        for (user, own) in Dictionary(grouping: rows.filter { !$0.isScheduled }, by: \.userID) {
            let order = own.sorted { $0.seq < $1.seq }.compactMap { places[$0.id] }
            #expect(order == order.sorted(), "the order of \(user)", sourceLocation: sourceLocation)
        }
        for (user, own) in Dictionary(grouping: rows, by: \.userID) {
            #expect(Set(own.map(\.seq)).count == own.count, "seq of \(user)", sourceLocation: sourceLocation)
        }
    }

    /// What readers saw of these was never before its schedule.
    func expectNoneSeenEarly(
        _ reader: InboxReader, _ accepted: [Load.Accepted], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let sightings = reader.sightings
        let early = accepted.filter { one in
            guard let schedule = one.schedule, let sighting = sightings[one.id] else { return false }
            return sighting.firstAt < schedule
        }
        #expect(early.isEmpty, "shown early: \(early.prefix(3))", sourceLocation: sourceLocation)
        #expect(reader.faults.isEmpty, "\(reader.faults.prefix(3))", sourceLocation: sourceLocation)
    }
}
