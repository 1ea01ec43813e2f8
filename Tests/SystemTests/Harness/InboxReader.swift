import Foundation
import Notifications
import Synchronization
import Testing

@testable import Harness

/// People who look at their inboxes again and again, and everything that was ever shown to them.
final class InboxReader: Sendable {
    /// When something was first shown, and the latest look that still showed it, by the time at which that look began.
    struct Sighting: Sendable {
        let userID: String
        let firstAt: Instant
        var lastAskedAt: Instant
    }

    private struct State {
        var sightings: [String: Sighting] = [:]
        var latest: [String: String] = [:]
        var faults: [String] = []
    }

    private let people: [PersonClient]
    private let pause: Duration
    private let state = Mutex(State())

    /// - Parameter pause: between two looks of one person.
    init(_ people: [PersonClient], pause: Duration) {
        self.people = people
        self.pause = pause
    }

    var sightings: [String: Sighting] { self.state.withLock { $0.sightings } }
    /// What no answer may ever be.
    var faults: [String] { self.state.withLock { $0.faults } }

    /// What the latest look of this person came to.
    func latest(of userID: String) -> String { self.state.withLock { $0.latest[userID] ?? "has not looked" } }

    /// Looks until cancelled. An API or a Postgres that does not answer is asked again.
    func run() async throws {
        try await withThrowingTaskGroup { group in
            for person in self.people { group.addTask { try await self.look(person) } }
            for try await _ in group {}
        }
    }

    private func look(_ person: PersonClient) async throws {
        var etag: String?
        while true {
            try Task.checkCancellation()
            do {
                etag = try await self.lookOnce(person, etag: etag)
            } catch let failure as HTTPFailure {
                self.state.withLock { $0.faults.append("\(failure)") }
            } catch {
                // The connection broke, as it does in tests of faults.
                etag = nil
                self.state.withLock { $0.latest[person.userID] = "\(error)" }
            }
            try await Task.sleep(for: self.pause)
        }
    }

    private func lookOnce(_ person: PersonClient, etag: String?) async throws -> String? {
        var path: String? = "/api/notifications/unread"
        var seen: [InboxItemAnswer] = []
        var newETag: String?
        while let next = path {
            let askedAt = Instant.current
            let answer = try await person.unread(path: next, etag: seen.isEmpty ? etag : nil)
            self.state.withLock { state in
                let asked = "\(etag ?? "no ETag"), asked at \(askedAt.microseconds)"
                state.latest[person.userID] = "\(answer.status) to \(asked)"
            }
            if answer.status == 304 { return etag }
            if answer.status == 503 { return nil }
            guard answer.status == 200 else {
                throw HTTPFailure(description: "unread answered \(answer.status) \(answer.text)")
            }
            let items: [InboxItemAnswer] = try answer.decode()
            self.note(items, of: person.userID, askedAt: askedAt)
            seen += items
            newETag = newETag ?? answer.header("ETag")
            path = PersonClient.nextPage(answer)
        }
        return newETag
    }

    private func note(_ items: [InboxItemAnswer], of userID: String, askedAt: Instant) {
        let shownAt = Instant.current
        self.state.withLock { state in
            if Set(items.map(\.id)).count < items.count {
                state.faults.append("\(userID) was shown one of these twice at once: \(items.map(\.id).sorted())")
            }
            for item in items {
                state.sightings[item.id, default: Sighting(userID: userID, firstAt: shownAt, lastAskedAt: askedAt)]
                    .lastAskedAt = askedAt
            }
        }
    }
}
