/// What a user has left of the requests of this calendar minute.
public struct RequestAllowance: Sendable, Hashable {
    /// How many a minute there are.
    public let limit: Int
    /// How many are left after this one.
    public let left: Int
    /// Until the minute ends, at least 1.
    public let secondsLeft: Int

    public init(limit: Int, left: Int, secondsLeft: Int) {
        self.limit = limit
        self.left = left
        self.secondsLeft = secondsLeft
    }
}

/// The user has no request left in this minute; nothing was read or changed.
public struct TooManyRequests: Error, Sendable, Hashable {
    public let allowance: RequestAllowance

    public init(_ allowance: RequestAllowance) {
        self.allowance = allowance
    }
}
