/// Which pages of the web may do what: pure.
struct OriginPolicy: Sendable, Hashable {
    /// Where browsers reach this API; `nil` where the `Host` of a request is trusted to say.
    let publicOrigin: String?
    /// Other origins whose pages may call the API.
    let allowed: Set<String>

    init(publicOrigin: String?, allowed: [String]) {
        self.publicOrigin = publicOrigin.map(Self.normalized)
        self.allowed = Set(allowed.map(Self.normalized))
    }

    /// Whether a request that changes something by cookie comes from a page of ours. One without an `Origin` does not:
    /// browsers send it with every request that is not a GET or HEAD.
    func isOwn(_ origin: String?, host: String?) -> Bool {
        guard let origin = origin.map(Self.normalized), origin != "null" else { return false }
        if self.allowed.contains(origin) { return true }
        if let publicOrigin { return origin == publicOrigin }
        guard let host = host?.lowercased() else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    /// Whether a page of this other origin may read answers (CORS).
    func isAllowed(_ origin: String) -> Bool { self.allowed.contains(Self.normalized(origin)) }

    /// Scheme and host are case-insensitive; a slash at the end is a common slip in configuration.
    private static func normalized(_ origin: String) -> String {
        let lowercased = origin.lowercased()
        return lowercased.hasSuffix("/") ? String(lowercased.dropLast()) : lowercased
    }
}
