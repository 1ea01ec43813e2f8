import Notifications
import TestSupport
import Testing

@testable import Harness

/// The users, who look at their inboxes all the time, and now and then mark something read.
struct Watchers: Sendable {
    /// Each by every replica of the API.
    let people: [[PersonClient]]
    let seed: UInt64
    let observed: Shared<Observed>
    private let isOver = Shared(false)
    private let lastLooks = Shared<[LastLook.Key: LastLook]>([:])

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
        var last: [LastLook.Key: LastLook] = [:]
        while !Task.isCancelled, !self.isOver.value {
            let turn = Int.random(in: 0..<doors.count, using: &random)
            let view = random.chance(50) ? View.unread : .all
            let key = LastLook.Key(user: doors[turn].userID, door: turn, view: view)
            // Without an answer there is nothing to note.
            if let (items, etag) = try? await self.look(doors[turn], view, etag: last[key]?.etag) {
                if let items { last[key] = etag.map { LastLook(etag: $0, ids: items.map(\.id)) } }
                for item in items ?? [] where known.insert(item.id).inserted && random.chance(15) {
                    let door = doors[Int.random(in: 0..<doors.count, using: &random)]
                    await self.mark(self.choice(item, &random), by: door)
                }
            }
            // Cancelled, the loop ends.
            try? await Task.sleep(for: Self.pause)
        }
        self.lastLooks.change { $0.merge(last) { $1 } }
    }

    /// By every replica and view, without an ETag: what a cancel has just hidden would be seen now, if ever.
    func lookEverywhere(_ user: Int) async {
        await withDiscardingTaskGroup { group in
            for door in self.people[user] {
                // Without an answer there is nothing to note.
                for view in [View.unread, .all] { group.addTask { _ = try? await self.look(door, view, etag: nil) } }
            }
        }
    }

    /// To be asked when all is quiet: whoever has a page and asks with its ETag is told that it still holds, or is shown
    /// what is there.
    ///
    /// - Returns: what is neither, though it was asked for until `limit`.
    func stale(within limit: Duration) async throws -> [String] {
        let doors = Dictionary(self.people.map { ($0[0].userID, $0) }) { first, _ in first }
        return try await concurrently(Array(self.lastLooks.value), atOnce: 8) { key, look -> String? in
            let person = try #require(doors[key.user]?[key.door])
            let last = Shared("")
            let isSame = try await eventually(within: limit, every: .milliseconds(100)) {
                let now = try? await self.look(person, key.view, etag: nil).items?.map(\.id)
                guard let now, let confirmed = try? await self.look(person, key.view, etag: look.etag) else {
                    return false
                }
                let shown = confirmed.items?.map(\.id) ?? look.ids
                last.change {
                    $0 = "\(key): \(confirmed.items == nil ? "confirmed" : "shown") \(shown), and there is \(now)"
                }
                return shown == now
            }
            return isSame ? nil : last.value
        }.compactMap(\.self)
    }

    enum View: String, Sendable {
        case unread = "/api/notifications/unread"
        /// Read and archived ones too.
        case all = "/api/inbox?state=all&limit=100"
    }

    private struct LastLook: Sendable {
        struct Key: Sendable, Hashable, CustomStringConvertible {
            let user: String
            let door: Int
            let view: View

            var description: String { "\(self.view) of \(self.user) by api-\(self.door + 1)" }
        }

        let etag: String
        let ids: [String]
    }

    private func choice(_ item: InboxItemAnswer, _ random: inout SeededGenerator) -> Observed.Mark.What {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: .readAll(upTo: item.seq)
        case 1, 2: .archived(item.id)
        default: .read(item.id)
        }
    }

    /// - Returns: no items where what the ETag stands for still holds.
    private func look(
        _ person: PersonClient, _ view: View, etag: String?
    ) async throws -> (items: [InboxItemAnswer]?, etag: String?) {
        var path: String? = view.rawValue
        var all: [InboxItemAnswer] = []
        var newETag: String?
        while let next = path {
            let askedAt = Instant.current
            let answer = try await person.unread(path: next, etag: all.isEmpty ? etag : nil)
            if answer.status == 304 { return (nil, etag) }
            guard answer.status == 200 else { throw HTTPFailure(description: "\(answer.status) \(answer.text)") }
            let items: [InboxItemAnswer] =
                view == .unread ? try answer.decode() : try answer.decode(InboxPageAnswer.self).notifications
            self.note(items, of: person.userID, askedAt: askedAt)
            all += items
            newETag = newETag ?? answer.header("ETag")
            // Nobody here has more than a page of all.
            path = view == .unread ? PersonClient.nextPage(answer) : nil
        }
        return (all, newETag)
    }

    private func note(_ items: [InboxItemAnswer], of user: String, askedAt: Instant) {
        let shownAt = Instant.current
        self.observed.change { observed in
            if Set(items.map(\.id)).count < items.count {
                observed.pageFaults.append("\(user) was shown one of these twice at once: \(items.map(\.id).sorted())")
            }
            let seqs = items.map(\.seq)
            if seqs != seqs.sorted(by: >) {
                observed.pageFaults.append("\(user) was not shown the newest first: \(seqs)")
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
        let mark = Observed.Mark(user: person.userID, what: what, isMarked: isMarked, status: answer?.status)
        self.observed.change { $0.marks.append(mark) }
    }
}
