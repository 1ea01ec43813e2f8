/// The hosts of other sites that notifications may lead to.
public struct AllowedHosts: Sendable, Hashable {
    /// `nil` where any host is allowed.
    private let names: Set<String>?
    /// Of `*.example.com` the `.example.com`.
    private let endings: [String]

    /// - Parameter entries: `example.com` is this host alone, `*.example.com` every one below it. Case, and a dot at the
    ///   end, make no difference. None: any host is allowed.
    /// - Throws: ``Entry`` for the first that is neither.
    public init(_ entries: [String]) throws(Entry) {
        var names: Set<String> = []
        var endings: [String] = []
        for entry in entries {
            let isWildcard = entry.utf8.starts(with: "*.".utf8)
            let host = (isWildcard ? String(entry.dropFirst(2)) : entry).lowercased()
            // There is nothing below an address.
            guard HostName.isSound(host), !isWildcard || !HostName.isAddress(host) else { throw Entry(text: entry) }
            let name = HostName.withoutLastDot(host)
            if isWildcard { endings.append(".\(name)") } else { names.insert(String(name)) }
        }
        self.names = entries.isEmpty ? nil : names
        self.endings = endings
    }

    /// Whether this may be followed. A path of the same site always may; a port makes no difference.
    public func allow(_ url: ActionURL) -> Bool {
        guard let names, let host = url.host else { return true }
        let name = String(HostName.withoutLastDot(host))
        return names.contains(name) || self.endings.contains { name.hasSuffix($0) }
    }

    /// An entry that names no host.
    public struct Entry: Error, Sendable, Hashable {
        public let text: String
    }
}
