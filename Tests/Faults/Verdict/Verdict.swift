import Notifications

/// Compares what was asked for and answered with what came of it. Pure: the same observation gives the same verdict.
struct Verdict: Sendable {
    let violations: [Violation]

    init(_ observed: Observed) {
        let index = ObservedIndex(observed)
        self.violations =
            Self.ends(index) + Self.copies(index) + Self.keys(index) + Self.times(index) + Self.cancels(index)
            + Self.order(index) + Self.counts(index) + Self.answers(index)
            + observed.stale.map { Violation(kind: .stale, ids: [], text: $0) }
    }
}

/// The same observation, by what it is looked up by.
struct ObservedIndex {
    let observed: Observed
    /// The accepted ids, each with its send.
    let accepted: [String: Observed.Send]
    let sendsByMessage: [String: Observed.Send]
    let rowsByID: [String: [Observed.Row]]
    let cancelsByID: [String: [Observed.Cancel]]
    let movesByID: [String: [Observed.Move]]

    init(_ observed: Observed) {
        self.observed = observed
        var accepted: [String: Observed.Send] = [:]
        for send in observed.sends {
            for id in send.acceptedIDs { accepted[id] = send }
        }
        self.accepted = accepted
        self.sendsByMessage = Dictionary(observed.sends.map { ($0.message, $0) }) { first, _ in first }
        self.rowsByID = Dictionary(grouping: observed.rows, by: \.id)
        self.cancelsByID = Dictionary(grouping: observed.cancels, by: \.id)
        self.movesByID = Dictionary(grouping: observed.moves, by: \.id)
    }
}

// MARK: - P1: each accepted one ends, in exactly one way
extension Verdict {
    private static let finalEvents: Set = [
        "delivered", "cancelled", "recalled", "expired", "suppressed", "dead-lettered",
    ]

    private static func ends(_ index: ObservedIndex) -> [Violation] {
        var violations = index.observed.unrest.map { Violation(kind: .lost, ids: [], text: "not at rest: \($0)") }
        violations += index.observed.badEnds.map { Violation(kind: .badEnd, ids: [], text: $0) }
        // The load gives no reason for either, also not where nobody knows whether it was accepted.
        if index.observed.deadLetters > 0 {
            violations.append(
                Violation(kind: .wrongEnd, ids: [], text: "\(index.observed.deadLetters) dead letters"))
        }
        for row in index.observed.rows where row.state != "delivered" && row.state != "cancelled" {
            violations.append(Violation(kind: .wrongEnd, ids: [row.id], text: "\(row.message) is \(row.state)"))
        }
        for (id, send) in index.accepted {
            let trail = index.observed.trails[id] ?? Observed.Trail(state: nil)
            let rows = index.rowsByID[id] ?? []
            let wasCancelled = index.cancelsByID[id] != nil
            let ends = trail.events.filter(self.finalEvents.contains).sorted()
            switch trail.state {
            case nil, "accepted", "scheduled", "claimed":
                violations.append(
                    Violation(kind: .lost, ids: [id], text: "\(send.message): \(trail.state ?? "unknown")"))
            case "delivered", "read":
                if ends != ["delivered"] || rows.isEmpty
                    || rows.contains(where: { $0.state != "delivered" || $0.isHidden })
                {
                    violations.append(Self.wrongEnd(id, send, trail, rows))
                }
            case "cancelled":
                if ends != ["cancelled"] || !wasCancelled { violations.append(Self.wrongEnd(id, send, trail, rows)) }
            case "recalled":
                if ends != ["delivered", "recalled"] || !wasCancelled {
                    violations.append(Self.wrongEnd(id, send, trail, rows))
                }
            default:
                // The load gives no reason to expire, to be suppressed, or to be unreadable.
                violations.append(Self.wrongEnd(id, send, trail, rows))
            }
        }
        return violations
    }

    private static func wrongEnd(
        _ id: String, _ send: Observed.Send, _ trail: Observed.Trail, _ rows: [Observed.Row]
    ) -> Violation {
        let inTable = rows.map { "\($0.state)\($0.isHidden ? ", hidden" : "")" }
        return Violation(
            kind: .wrongEnd, ids: [id],
            text: "\(send.message): \(trail.state ?? "unknown") by \(trail.events); in the table: \(inTable)")
    }
}

// MARK: - P2: once
extension Verdict {
    private static func copies(_ index: ObservedIndex) -> [Violation] {
        var violations = index.observed.pageFaults.map { Violation(kind: .doubled, ids: [], text: $0) }
        for (message, rows) in Dictionary(grouping: index.observed.rows, by: \.message) {
            let ids = rows.map(\.id)
            if rows.count > 1 {
                violations.append(Violation(kind: .doubled, ids: ids, text: "\(rows.count) rows of \(message)"))
            }
            guard let send = index.sendsByMessage[message] else {
                violations.append(Violation(kind: .forged, ids: ids, text: "nobody sent \(message)"))
                continue
            }
            if send.isRefused {
                violations.append(Violation(kind: .forged, ids: ids, text: "\(message) was refused"))
            }
            if rows.contains(where: { $0.user != send.user }) {
                violations.append(
                    Violation(kind: .misaddressed, ids: ids, text: "\(message) is not in the inbox of \(send.user)"))
            }
        }
        return violations
    }

    /// A repeat under the same key is the same notification.
    private static func keys(_ index: ObservedIndex) -> [Violation] {
        var violations: [Violation] = []
        for send in index.observed.sends where send.acceptedIDs.count > 1 {
            violations.append(
                Violation(
                    kind: .brokenKey, ids: send.acceptedIDs.sorted(),
                    text: "\(send.message) under \(send.key ?? "no key") has several ids"))
        }
        let byID = Dictionary(
            grouping: index.observed.sends.flatMap { send in send.acceptedIDs.map { ($0, send.message) } }, by: \.0)
        for (id, sends) in byID where sends.count > 1 {
            violations.append(
                Violation(kind: .brokenKey, ids: [id], text: "one id for \(sends.map(\.1).sorted())"))
        }
        for (id, send) in index.accepted {
            let foreign = (index.rowsByID[id] ?? []).filter { $0.message != send.message }
            if !foreign.isEmpty {
                violations.append(
                    Violation(kind: .brokenKey, ids: [id], text: "\(send.message) became \(foreign.map(\.message))"))
            }
        }
        return violations
    }
}
