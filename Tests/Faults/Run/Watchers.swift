import Notifications
import TestSupport

@testable import Harness

/// The users, who look at their inboxes all the time, and now and then mark something read.
struct Watchers: Sendable {
    /// Each by every replica of the API.
    let people: [[PersonClient]]
    let seed: UInt64
    let observed: Shared<Observed>
    private let isOver = Shared(false)

    init(people: [[PersonClient]], seed: UInt64, observed: Shared<Observed>) {
        self.people = people
        self.seed = seed
        self.observed = observed
    }

    /// Below the limit on requests of one user: not all looks are answered with 304.
    private static let pause: Duration = .milliseconds(550)

    /// Lets `run()` return when what is under way is answered: a mark that nobody waits for any more could come after
    /// the last look at the rows.
    func stop() {
        self.isOver.change { $0 = true }
    }

    /// Looks until stopped, or cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for (number, person) in self.people.enumerated() {
                group.addTask {
                    await self.watch(person, SeededGenerator(seed: self.seed, stream: 100 + UInt64(number)))
                }
            }
        }
    }

    private func watch(_ doors: [PersonClient], _ random: SeededGenerator) async {
        var random = random
        var known: Set<String> = []
        var etags: [String: String] = [:]
        while !Task.isCancelled, !self.isOver.value {
            let turn = Int.random(in: 0..<doors.count, using: &random)
            let view = random.chance(50) ? View.unread : .all
            // Without an answer there is nothing to note.
            if let (items, etag) = try? await self.look(doors[turn], view, etag: etags["\(turn) \(view)"]) {
                etags["\(turn) \(view)"] = etag
                for item in items where known.insert(item.id).inserted && random.chance(15) {
                    let door = doors[Int.random(in: 0..<doors.count, using: &random)]
                    await self.mark(self.choice(item, &random), by: door)
                }
            }
            // Cancelled, the loop ends.
            try? await Task.sleep(for: Self.pause)
        }
    }

    private enum View: String {
        case unread = "/api/notifications/unread"
        /// Read and archived ones too.
        case all = "/api/inbox?state=all&limit=100"
    }

    private func choice(_ item: InboxItem, _ random: inout SeededGenerator) -> Observed.Mark.What {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: .readAll(upTo: item.seq)
        case 1, 2: .archived(item.id)
        default: .read(item.id)
        }
    }

    private func look(
        _ person: PersonClient, _ view: View, etag: String?
    ) async throws -> (items: [InboxItem], etag: String?) {
        var path: String? = view.rawValue
        var all: [InboxItem] = []
        var newETag: String?
        while let next = path {
            let askedAt = Instant.current
            let answer = try await person.unread(path: next, etag: all.isEmpty ? etag : nil)
            if answer.status == 304 { return ([], etag) }
            guard answer.status == 200 else { return (all, nil) }
            let items: [InboxItem] =
                view == .unread ? try answer.decode() : try answer.decode(InboxPageAnswer.self).notifications
            self.note(items, of: person.userID, askedAt: askedAt)
            all += items
            newETag = newETag ?? answer.header("ETag")
            // Nobody here has more than a page of all.
            path = view == .unread ? PersonClient.nextPage(answer) : nil
        }
        return (all, newETag)
    }

    private func note(_ items: [InboxItem], of user: String, askedAt: Instant) {
        let shownAt = Instant.current
        self.observed.change { observed in
            if Set(items.map(\.id)).count < items.count {
                observed.pageFaults.append("\(user) was shown one of these twice at once: \(items.map(\.id).sorted())")
            }
            for item in items {
                observed.sightings[
                    item.id, default: Observed.Sighting(user: user, firstAt: shownAt, lastAskedAt: askedAt)
                ].lastAskedAt = askedAt
            }
        }
    }

    private func mark(_ what: Observed.Mark.What, by person: PersonClient) async {
        let answer: HTTPAnswer? =
            switch what {
            case .read(let id): try? await person.markRead(id)
            case .archived(let id): try? await person.mark(id, #"{"archived":true}"#)
            case .readAll(let upTo): try? await person.ask("POST", "/api/inbox/read-all", json: #"{"up_to":\#(upTo)}"#)
            }
        let isMarked: Bool? =
            switch answer?.status {
            case 200: true
            case .some(400..<500): false
            default: nil
            }
        self.observed.change { $0.marks.append(Observed.Mark(user: person.userID, what: what, isMarked: isMarked)) }
    }
}
