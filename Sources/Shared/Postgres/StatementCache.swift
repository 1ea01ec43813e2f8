/// Which statements a connection has prepared, the least recently used leaving first.
struct StatementCache {
    struct Entry {
        let name: String
        /// 0 where the server inferred the type, since only NULL has been given so far.
        let types: [UInt32]
        fileprivate(set) var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [String: [Entry]] = [:]
    private(set) var count = 0
    private var clock: UInt64 = 0
    private var named: UInt64 = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// - Parameter types: OIDs of the parameters, 0 for NULL, which fits every type.
    mutating func find(_ sql: String, types: [UInt32]) -> String? {
        guard let candidates = self.entries[sql] else { return nil }
        guard let index = candidates.firstIndex(where: { Self.fits(types, $0.types) }) else { return nil }
        self.clock += 1
        self.entries[sql]?[index].lastUse = self.clock
        return candidates[index].name
    }

    mutating func newName() -> String {
        self.named += 1
        return "n\(self.named)"
    }

    /// - Returns: The name of the statement that had to leave, if any.
    mutating func insert(_ sql: String, types: [UInt32], name: String) -> String? {
        self.clock += 1
        let evicted = self.count >= self.capacity ? self.removeLeastRecentlyUsed() : nil
        self.entries[sql, default: []].append(Entry(name: name, types: types, lastUse: self.clock))
        self.count += 1
        return evicted
    }

    mutating func remove(_ sql: String, name: String) {
        guard var candidates = self.entries[sql], let index = candidates.firstIndex(where: { $0.name == name }) else {
            return
        }
        candidates.remove(at: index)
        self.entries[sql] = candidates.isEmpty ? nil : candidates
        self.count -= 1
    }

    private mutating func removeLeastRecentlyUsed() -> String? {
        var oldest: (sql: String, entry: Entry)?
        for (sql, candidates) in self.entries {
            for entry in candidates where entry.lastUse < oldest?.entry.lastUse ?? .max { oldest = (sql, entry) }
        }
        guard let oldest else { return nil }
        self.remove(oldest.sql, name: oldest.entry.name)
        return oldest.entry.name
    }

    private static func fits(_ given: [UInt32], _ prepared: [UInt32]) -> Bool {
        given.count == prepared.count && zip(given, prepared).allSatisfy { $0 == 0 || $0 == $1 }
    }
}
