import HTTPTypes

/// What is left of a quota, as the fields of draft-ietf-httpapi-ratelimit-headers tell it.
struct RateLimit: Sendable, Equatable {
    /// A token of letters, digits and hyphens, which names the quota.
    let policy: String
    let quota: Int
    let windowSeconds: Int
    /// Never below 0.
    let remaining: Int
    /// Until the window ends, and the quota is whole again.
    let resetSeconds: Int

    init(policy: String, quota: Int, windowSeconds: Int, remaining: Int, resetSeconds: Int) {
        self.policy = policy
        self.quota = quota
        self.windowSeconds = windowSeconds
        self.remaining = max(0, remaining)
        self.resetSeconds = max(0, resetSeconds)
    }

    var fields: HTTPFields {
        [.rateLimitPolicy: self.policyField, .rateLimit: self.field]
    }

    var policyField: String { "\"\(self.policy)\";q=\(self.quota);w=\(self.windowSeconds)" }

    var field: String { "\"\(self.policy)\";r=\(self.remaining);t=\(self.resetSeconds)" }
}
