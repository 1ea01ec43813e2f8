import Notifications

// MARK: - P4: accepting needs the API and the brokers, and nothing else
extension Verdict {
    /// Judged only where the API itself was left alone: a replica that is killed answers nobody, and one that starts
    /// while Postgres is away knows no tokens yet.
    static func answers(_ index: ObservedIndex) -> [Violation] {
        guard index.observed.isAPIUntouched else { return [] }
        return index.observed.sends.flatMap { send in
            send.attempts.compactMap { attempt -> Violation? in
                guard case .unknown(let reason) = attempt.outcome else { return nil }
                let isTroubled = index.observed.brokerTroubles.contains {
                    $0.overlaps(attempt.began...attempt.ended)
                }
                guard !isTroubled || !reason.hasPrefix("503") else { return nil }
                return Violation(
                    kind: .unanswered, ids: send.acceptedIDs.sorted(),
                    text: "\(send.message), POST \(attempt.began) to \(attempt.ended): \(reason)")
            }
        }
    }
}
