/// The users whose version is to be asked for, gathered so that one query asks for many. Pure.
///
/// Whoever asks gets the answer to a query that began after they asked: those who come while one is under way wait for the
/// next. The same user's polls share one.
struct LookupQueue<Waiter: Sendable>: Sendable {
    private var waiters: [UserKey: [Waiter]] = [:]
    /// In the order of asking, each once.
    private var users: [String] = []

    mutating func add(_ waiter: Waiter, for userID: String) {
        let key = UserKey(userID)
        if self.waiters[key] == nil { self.users.append(userID) }
        self.waiters[key, default: []].append(waiter)
    }

    /// Takes those who have waited longest.
    mutating func take(_ most: Int) -> [(userID: String, waiters: [Waiter])] {
        let taken = Array(self.users.prefix(most))
        self.users.removeFirst(taken.count)
        return taken.map { ($0, self.waiters.removeValue(forKey: UserKey($0)) ?? []) }
    }
}
