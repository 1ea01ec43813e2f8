/// Whose inboxes changed without anybody having been told, with the highest version of each: one announcement tells of
/// all before it.
///
/// Bounded. What finds no room is seen when its entry in the other replicas' memory ends.
struct UnannouncedChanges: Sendable {
    private let limit: Int
    /// Users are told apart by their bytes, as Postgres and Kafka do.
    private var versions: [[UInt8]: Int64] = [:]
    private var order: [[UInt8]] = []

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { self.order.count }

    /// - Returns: false where there is no room.
    mutating func note(_ userID: String, version: Int64) -> Bool {
        let user = Array(userID.utf8)
        if let known = self.versions[user] {
            self.versions[user] = max(known, version)
            return true
        }
        guard self.order.count < self.limit else { return false }
        self.versions[user] = version
        self.order.append(user)
        return true
    }

    /// Takes out those that wait longest, at most so many.
    mutating func take(_ limit: Int) -> [(userID: String, version: Int64)] {
        let users = self.order.prefix(limit)
        self.order.removeFirst(users.count)
        return users.compactMap { user in
            self.versions.removeValue(forKey: user).map { (String(decoding: user, as: UTF8.self), $0) }
        }
    }
}
