/// Finds names that look like configuration but that nothing reads.
struct UnknownNames {
    let known: [SettingDefinition]

    /// Set beside the configuration: by the operator's shell, by `notifi up` and by tests.
    private static let ignoredVariables: Set<String> = [
        SettingsLoader.fileVariable, ReadyFile.variable, "NOTIFI_URL", "NOTIFI_SERVICE_TOKEN", "NOTIFI_USER_TOKEN",
        "NOTIFI_USER_ID", "NOTIFI_INBOX_URL", "NOTIFI_UP_EMBEDDED", "NOTIFI_API_ADMIN_PORT", "NOTIFI_ROUTER_ADMIN_PORT",
        "NOTIFI_POLLER_ADMIN_PORT", "NOTIFI_DELIVERY_ADMIN_PORT",
    ]
    private static let ignoredPrefix = "NOTIFI_TEST_"
    #if DEBUG
    private static let debugVariables: Set<String> = [FailPoint.variable]
    #else
    private static let debugVariables: Set<String> = []
    #endif

    /// The first parts of keys that only some daemons have. All daemons may share one environment and one file, so
    /// one that has no key of such a family says nothing about it.
    private static let families = [
        "kafka", "postgres", "http", "session", "poll", "api", "router", "poller", "outbox", "delivery",
    ]

    func warnings(environment names: some Sequence<String>) -> [String] {
        let known = self.known.map(\.environmentName)
        return names.sorted().compactMap { name in
            guard name.hasPrefix(SettingDefinition.environmentPrefix), !known.contains(name),
                !Self.ignoredVariables.contains(name), !Self.debugVariables.contains(name),
                !name.hasPrefix(Self.ignoredPrefix),
                !self.isOfAnother(name.dropFirst(SettingDefinition.environmentPrefix.count), separator: "_")
            else { return nil }
            return Self.warning(for: "environment variable \(name)", name: name, known: known)
        }
    }

    func warnings(file names: some Sequence<String>) -> [String] {
        let known = self.known.map(\.name)
        return names.sorted().compactMap { name in
            guard !known.contains(name), !self.isOfAnother(name[...], separator: ".") else { return nil }
            return Self.warning(for: "key \(name.debugDescription) in the file", name: name, known: known)
        }
    }

    private func isOfAnother(_ name: Substring, separator: Character) -> Bool {
        guard let first = name.split(separator: separator, omittingEmptySubsequences: false).first else { return false }
        let family = first.lowercased()
        return Self.families.contains(family) && !self.known.contains { $0.name.hasPrefix("\(family).") }
    }

    private static func warning(for what: String, name: String, known: [String]) -> String {
        let nearest = known.map { (name: $0, distance: name.editDistance(to: $0)) }.min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= max(2, name.count / 4) else {
            return "unknown \(what) is ignored"
        }
        return "unknown \(what) is ignored; did you mean \(nearest.name)?"
    }
}

extension String {
    /// How many single characters have to be inserted, deleted or replaced.
    func editDistance(to other: String) -> Int {
        let target = Array(other)
        var row = Array(0...target.count)
        for (index, character) in self.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in target.indices {
                let substituted = diagonal + (character == target[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(substituted, row[column] + 1, diagonal + 1)
            }
        }
        return row[target.count]
    }
}
