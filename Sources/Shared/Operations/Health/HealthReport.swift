/// What `/readyz` answers. A value: deciding needs no clock and no I/O.
struct HealthReport: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let name: String
        let requirement: Health.Requirement
        let outcome: Health.Outcome
        /// When the outcome last changed between good and bad; RFC 3339.
        let since: String
    }

    let entries: [Entry]
    /// When draining began; `nil` before.
    let drainingSince: String?

    var isReady: Bool {
        self.drainingSince == nil && self.missing.isEmpty
    }

    /// What keeps the daemon from being ready, without reasons.
    var missing: [String] {
        var missing = self.entries.filter { $0.requirement == .required && !$0.outcome.isGood }.map(\.name)
        var groups: [String] = []
        for case .anyOf(let group) in self.entries.map(\.requirement) where !groups.contains(group) {
            groups.append(group)
        }
        for group in groups {
            let members = self.entries.filter { $0.requirement == .anyOf(group) }
            if !members.contains(where: \.outcome.isGood) {
                missing.append("any of " + members.map(\.name).joined(separator: ", "))
            }
        }
        return missing
    }

    func text(verbose: Bool) -> String {
        var text = self.isReady ? "ready" : "not ready"
        if self.drainingSince != nil {
            text += ": draining"
        } else if !self.missing.isEmpty {
            text += ": " + self.missing.joined(separator: "; ")
        }
        text += "\n"
        guard verbose else { return text }
        if let since = self.drainingSince {
            text += "shutdown: draining since \(since)\n"
        }
        for entry in self.entries {
            text += "\(entry.name) (\(entry.requirement)): "
            switch entry.outcome {
            case .good: text += "ok since \(entry.since)\n"
            case .bad(let reason): text += "failing since \(entry.since): \(Self.oneLine(reason))\n"
            }
        }
        return text
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
