import Notifications

// MARK: - P5: not before its time
extension Verdict {
    static func times(_ index: ObservedIndex) -> [Violation] {
        var violations: [Violation] = []
        for row in index.observed.rows {
            guard let send = index.sendsByMessage[row.message] else { continue }
            guard let schedule = send.schedule else {
                if row.isScheduled || !self.wasAcceptedThen(row, send, index.observed.injected) {
                    violations.append(
                        Violation(
                            kind: .misdated, ids: [row.id], text: "\(row.message) was immediate, and is due \(row.due)")
                    )
                }
                continue
            }
            let times = self.possibleTimes(schedule, index.movesByID[row.id] ?? [])
            if !row.isScheduled || !times.contains(row.due) {
                violations.append(
                    Violation(
                        kind: .misdated, ids: [row.id], text: "\(row.message) is due at \(row.due), not \(times)"))
            }
            if row.delivered < row.due || (row.claimed ?? row.delivered) < row.due {
                violations.append(
                    Violation(
                        kind: .early, ids: [row.id],
                        text: "\(row.message), due \(row.due), was claimed \(row.claimed.map { "\($0)" } ?? "never"), "
                            + "delivered \(row.delivered)"))
            }
        }
        // What was recalled or never stored counts as well: by what its sender was told.
        for (id, sighting) in index.observed.sightings {
            guard let send = index.accepted[id], let schedule = send.schedule,
                let earliest = self.possibleTimes(schedule, index.movesByID[id] ?? []).min()
            else { continue }
            if sighting.firstAt < earliest {
                violations.append(
                    Violation(
                        kind: .early, ids: [id], text: "\(send.message), due \(earliest), was seen \(sighting.firstAt)")
                )
            }
        }
        return violations
    }

    /// An immediate one is due when it was accepted, by the API's clock. One that its sender gave up may have been
    /// accepted at any time after that.
    private static func wasAcceptedThen(
        _ row: Observed.Row, _ send: Observed.Send, _ injected: [Observed.Injected]
    ) -> Bool {
        let isClockOff = injected.contains {
            if case .clock(let name, _) = $0.kind { name.hasPrefix("api") } else { false }
        }
        return isClockOff
            || send.attempts.contains { attempt in
                // Times in ids have milliseconds, and a daemon's clock under libfaketime some of its own.
                guard attempt.began + .milliseconds(-100) <= row.due else { return false }
                if case .unknown = attempt.outcome { return true }
                return row.due <= attempt.ended + .milliseconds(100)
            }
    }

    /// The one time where every answer is known.
    private static func possibleTimes(_ schedule: Instant, _ moves: [Observed.Move]) -> [Instant] {
        var times = [schedule]
        for move in moves {
            switch move.isMoved {
            case true?: times = [move.to]
            case nil: times.append(move.to)
            case false?: break
            }
        }
        return times
    }
}

// MARK: - The order of immediate ones
extension Verdict {
    /// Where one was known to be accepted before another was first asked for, it comes before it.
    static func order(_ index: ObservedIndex) -> [Violation] {
        var violations: [Violation] = []
        for (user, sends) in Dictionary(grouping: index.observed.sends, by: \.user) {
            let known = sends.compactMap {
                send -> (send: Observed.Send, id: String, seq: Int64, from: Instant, to: Instant)? in
                guard send.schedule == nil, let id = send.acceptedIDs.first, let seq = index.rowsByID[id]?.first?.seq,
                    let from = send.attempts.first?.began, let to = send.acceptedAt
                else { return nil }
                return (send, id, seq, from, to)
            }.sorted { $0.from < $1.from }
            for later in known {
                for earlier in known where earlier.to < later.from && earlier.seq > later.seq {
                    violations.append(
                        Violation(
                            kind: .disordered, ids: [earlier.id, later.id],
                            text: "\(earlier.send.message) has seq \(earlier.seq), and \(later.send.message), "
                                + "asked for after it, \(later.seq)"))
                }
            }
            let seqs = index.observed.rows.filter { $0.user == user }.map(\.seq)
            if Set(seqs).count < seqs.count {
                violations.append(Violation(kind: .disordered, ids: [], text: "\(user) has a seq twice"))
            }
        }
        return violations
    }
}
