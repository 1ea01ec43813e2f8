import Notifications

// MARK: - P4: accepting needs the API and the brokers, and nothing else
extension Verdict {
    /// So long after a fault clients and daemons may still pause between two attempts.
    private static let aftermath: Duration = .seconds(12)

    /// Every answer is one that was promised, and every POST is accepted unless something that it needs was in trouble.
    static func answers(_ index: ObservedIndex) -> [Violation] {
        self.posts(index) + self.others(index)
    }

    private static func posts(_ index: ObservedIndex) -> [Violation] {
        let injected = index.observed.injected
        return index.observed.sends.flatMap { send in
            send.attempts.compactMap { attempt -> Violation? in
                let reason: String
                switch attempt.outcome {
                case .accepted: return nil
                case .refused(let text):
                    // All of the load is valid, unless it is repeated after it was due, or a clock sees it otherwise.
                    let isPast = send.schedule.map { $0 <= attempt.ended } ?? false
                    guard !self.isClockOff(attempt, injected), !(isPast && text.hasPrefix("422 ")) else { return nil }
                    reason = text
                case .unknown(let text):
                    let isRefusal = text.hasPrefix("503 ") && text != Observed.bareRefusal
                    // Of the others in the five hundreds none is ever promised.
                    let isPromised = isRefusal || !text.hasPrefix("5")
                    let isExcused =
                        self.isInTrouble(attempt, injected)
                        || isRefusal && self.isProducingInTrouble(attempt, injected)
                    guard !isPromised || !isExcused else { return nil }
                    reason = text
                }
                return Violation(
                    kind: .unanswered, ids: send.acceptedIDs.sorted(),
                    text: "\(send.message), POST \(attempt.began) to \(attempt.ended) at api-\(attempt.door): \(reason)"
                )
            }
        }
    }

    private static func others(_ index: ObservedIndex) -> [Violation] {
        let observed = index.observed
        // Sessions are good for an hour.
        let isAnyClockOff = observed.injected.contains { if case .clock = $0.kind { true } else { false } }
        let wrong: [(what: String, status: Int?, ids: [String], promised: Set<Int>)] =
            observed.cancels.map { ("DELETE", $0.status, [$0.id], [200, 503]) }
            // In the past, by the time it is asked for; not there yet; published already.
            + observed.moves.map { ("PATCH", $0.status, [$0.id], [200, 404, 409, 422, 503]) }
            + observed.marks.map {
                ("\($0.what)", $0.status, [], isAnyClockOff ? [200, 401, 404, 503] : [200, 404, 503])
            }
        return wrong.compactMap { what, status, ids, promised in
            guard let status, !promised.contains(status) else { return nil }
            return Violation(kind: .unanswered, ids: ids, text: "\(what) was answered by \(status)")
        }
    }

    private static func overlaps(_ attempt: Observed.Attempt, _ fault: Observed.Injected) -> Bool {
        (fault.began...(fault.ended + self.aftermath)).overlaps(attempt.began...max(attempt.began, attempt.ended))
    }

    private static func isProducingInTrouble(_ attempt: Observed.Attempt, _ injected: [Observed.Injected]) -> Bool {
        injected.contains { $0.kind.troublesProducing && self.overlaps(attempt, $0) }
    }

    /// The replica itself was. One that was started again asks Postgres for the tokens before it answers anybody.
    private static func isInTrouble(_ attempt: Observed.Attempt, _ injected: [Observed.Injected]) -> Bool {
        let name = "api-\(attempt.door)"
        let wasStarted = injected.contains { $0.kind.startsAgain.contains(name) && $0.began <= attempt.ended }
        return injected.contains { fault in
            let targets = fault.kind.targets
            let isHit =
                targets.contains(name)
                || wasStarted && (targets.contains("postgres") || targets.contains("wire of \(name)"))
            return isHit && self.overlaps(attempt, fault)
        }
    }

    private static func isClockOff(_ attempt: Observed.Attempt, _ injected: [Observed.Injected]) -> Bool {
        injected.contains { fault in
            if case .clock("api-\(attempt.door)", _) = fault.kind { self.overlaps(attempt, fault) } else { false }
        }
    }
}
