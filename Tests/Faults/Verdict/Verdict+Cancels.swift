import Notifications

// MARK: - P3: a cancel is a decision
extension Verdict {
    static func cancels(_ index: ObservedIndex) -> [Violation] {
        var violations: [Violation] = []
        for (id, cancels) in index.cancelsByID {
            let name = index.accepted[id]?.message ?? id
            let answers = Set(cancels.compactMap(\.answer))
            let state = index.observed.trails[id]?.state
            if answers.count > 1 || (answers.first.map { $0 != state } ?? false) {
                violations.append(
                    Violation(
                        kind: .contradicted, ids: [id],
                        text: "\(name) was answered \(answers.sorted()), and is \(state ?? "unknown")"))
            }
            guard let sighting = index.observed.sightings[id] else { continue }
            if answers.contains("cancelled") || state == "cancelled" {
                violations.append(
                    Violation(
                        kind: .shownAfterCancel, ids: [id],
                        text: "\(name) is cancelled, and was seen at \(sighting.firstAt)"))
            }
            if let answeredAt = cancels.filter({ $0.answer != nil }).map(\.ended).min(),
                answeredAt < sighting.lastAskedAt
            {
                violations.append(
                    Violation(
                        kind: .shownAfterCancel, ids: [id],
                        text: "\(name): answered at \(answeredAt), and seen by who asked at \(sighting.lastAskedAt)"))
            }
        }
        return violations
    }
}

// MARK: - What is shown and counted is what is there
extension Verdict {
    static func counts(_ index: ObservedIndex) -> [Violation] {
        var violations: [Violation] = []
        let rows = Dictionary(grouping: index.observed.rows, by: \.user)
        for (user, inbox) in index.observed.inboxes.flatMap({ user, inboxes in inboxes.map { (user, $0) } }) {
            let own = rows[user] ?? []
            let unread = own.filter { $0.state == "delivered" && !$0.isHidden && !$0.isRead && !$0.isArchived }.map(
                \.id)
            let difference = Set(unread).symmetricDifference(inbox.unread)
            if !difference.isEmpty || inbox.unread.count != Set(inbox.unread).count {
                violations.append(
                    Violation(
                        kind: .miscounted, ids: difference.sorted(),
                        text: "\(user) is shown \(inbox.unread.count) unread, of \(unread.count)"))
            }
            if let count = inbox.count, count != unread.count {
                violations.append(
                    Violation(
                        kind: .miscounted, ids: [], text: "\(user) has \(unread.count) unread, and is told \(count)"))
            }
        }
        for (id, sighting) in index.observed.sightings {
            guard let send = index.accepted[id], send.user != sighting.user else { continue }
            violations.append(
                Violation(kind: .misaddressed, ids: [id], text: "\(send.message) was shown to \(sighting.user)"))
        }
        return violations + self.marks(index) + self.total(index)
    }

    /// What was marked is marked, and nothing else is.
    private static func marks(_ index: ObservedIndex) -> [Violation] {
        var violations: [Violation] = []
        let marks = Dictionary(grouping: index.observed.marks, by: \.user)
        for row in index.observed.rows where row.state == "delivered" {
            let own = marks[row.user] ?? []
            func has(_ isCertain: Bool, _ isWanted: (Observed.Mark.What) -> Bool) -> Bool {
                own.contains { ($0.isMarked ?? !isCertain) && isWanted($0.what) }
            }
            func isUpTo(_ what: Observed.Mark.What) -> Bool {
                if case .readAll(let upTo) = what { row.seq <= upTo } else { false }
            }
            // Which of the two came first is not known of what was archived as well.
            let hasToBeRead =
                has(true) { $0 == .read(row.id) }
                || !row.isHidden && !has(false) { $0 == .archived(row.id) } && has(true, isUpTo)
            let mayBeRead = has(false) { $0 == .read(row.id) || isUpTo($0) }
            if hasToBeRead && !row.isRead || row.isRead && !mayBeRead {
                violations.append(
                    Violation(kind: .unmarked, ids: [row.id], text: "\(row.message) is read: \(row.isRead)"))
            }
            let hasToBeArchived = has(true) { $0 == .archived(row.id) }
            if hasToBeArchived != row.isArchived, hasToBeArchived || !has(false, { $0 == .archived(row.id) }) {
                violations.append(
                    Violation(kind: .unmarked, ids: [row.id], text: "\(row.message) is archived: \(row.isArchived)"))
            }
        }
        return violations
    }

    /// As many as were accepted have a row, or a cancel before there was one.
    private static func total(_ index: ObservedIndex) -> [Violation] {
        let withRow = index.accepted.keys.filter { index.rowsByID[$0] != nil }
        let withoutRow = index.accepted.keys.filter {
            index.rowsByID[$0] == nil && index.observed.trails[$0]?.state == "cancelled"
        }
        guard withRow.count + withoutRow.count != index.accepted.count else { return [] }
        return [
            Violation(
                kind: .miscounted, ids: [],
                text: "\(index.accepted.count) accepted, but \(withRow.count) rows and \(withoutRow.count) cancelled")
        ]
    }
}
