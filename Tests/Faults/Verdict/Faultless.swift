import Notifications

/// A small observation in which every promise is kept: immediate ones `a` and, under a key, `k` (repeated); a scheduled
/// `s`; `c` cancelled in time; `r` recalled; and `m` marked read.
extension Observed {
    static var faultless: Observed {
        var observed = Observed()
        observed.sends = [
            Send(user: "u1", message: "a", attempts: [.made(at: 10, .accepted("a"))]),
            Send(
                user: "u1", message: "k", key: "key",
                attempts: [
                    .made(at: 20, .unknown("503 unavailable")), .made(at: 22, .accepted("k")),
                    .made(at: 24, .accepted("k")),
                ]),
            Send(user: "u2", message: "s", schedule: .at(40), attempts: [.made(at: 30, .accepted("s"))]),
            Send(user: "u2", message: "c", schedule: .at(45), attempts: [.made(at: 31, .accepted("c"))]),
            Send(user: "u2", message: "r", attempts: [.made(at: 32, .accepted("r"))]),
            Send(user: "u2", message: "m", attempts: [.made(at: 34, .accepted("m"))]),
        ]
        observed.cancels = [.made("c", at: 44, "cancelled"), .made("r", at: 50, "recalled")]
        observed.marks = [
            Mark(user: "u2", what: .read("m"), isMarked: true), Mark(user: "u1", what: .archived("k"), isMarked: nil),
            Mark(user: "u2", what: .readAll(upTo: 2), isMarked: true, status: 200),
        ]
        observed.rows = [
            Row(id: "a", user: "u1", message: "a", seq: 1, due: .at(10), delivered: .at(11)),
            Row(id: "k", user: "u1", message: "k", seq: 2, due: .at(20), delivered: .at(23)),
            Row(
                id: "s", user: "u2", message: "s", seq: 3, isScheduled: true, due: .at(40), claimed: .at(40),
                delivered: .at(41)),
            Row(id: "r", user: "u2", message: "r", seq: 1, due: .at(32), delivered: .at(33), isHidden: true),
            Row(id: "m", user: "u2", message: "m", seq: 2, due: .at(34), delivered: .at(35), isRead: true),
        ]
        observed.trails = [
            "a": Trail(state: "delivered", events: ["accepted", "delivered"]),
            "k": Trail(state: "delivered", events: ["accepted", "delivered"]),
            "s": Trail(state: "delivered", events: ["accepted", "scheduled", "claimed", "delivered"]),
            "c": Trail(state: "cancelled", events: ["accepted", "scheduled", "cancelled"]),
            "r": Trail(state: "recalled", events: ["accepted", "delivered", "recalled"]),
            "m": Trail(state: "read", events: ["accepted", "delivered", "read"]),
        ]
        observed.sightings = [
            "a": Sighting(user: "u1", firstAt: .at(12), lastAskedAt: .at(60)),
            "r": Sighting(user: "u2", firstAt: .at(34), lastAskedAt: .at(49)),
        ]
        observed.inboxes = [
            "u1": [Inbox(unread: ["a", "k"], count: 2), Inbox(unread: ["a", "k"], count: 2)],
            "u2": [Inbox(unread: ["s"], count: nil), Inbox(unread: ["s"], count: nil)],
        ]
        observed.injected = [Injected(.brokersDown([1]), .at(19), .at(21))]
        return observed
    }

    func row(_ id: String, _ change: (inout Row) -> Void) -> Row {
        var row =
            self.rows.first { $0.id == id }
            ?? Row(id: id, user: "", message: "", seq: 0, due: .at(0), delivered: .at(0))
        change(&row)
        return row
    }

    mutating func change(_ id: String, _ change: (inout Row) -> Void) {
        self.rows = self.rows.map { row in
            guard row.id == id else { return row }
            var changed = row
            change(&changed)
            return changed
        }
    }
}

extension Observed.Attempt {
    /// It took a second.
    static func made(at second: Int64, _ outcome: Observed.Outcome) -> Self {
        Self(began: .at(second), ended: .at(second + 1), outcome: outcome)
    }
}

extension Observed.Cancel {
    /// It took a second.
    static func made(_ id: String, at second: Int64, _ answer: String?) -> Self {
        Self(
            id: id, began: .at(second), ended: .at(second + 1), answer: answer, status: answer == nil ? nil : 200)
    }
}

extension Instant {
    /// So many seconds after the beginning of a story.
    static func at(_ second: Int64) -> Instant { Instant(microseconds: (1_900_000_000 + second) * 1_000_000) }
}
