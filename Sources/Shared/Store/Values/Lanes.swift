/// Writes the parts of a batch beside each other, each on a connection of its own, so that one part is prepared and sent
/// while Postgres works on another.
///
/// What has the same key stays in one part, in its order; nothing is said of the order between parts.
public struct Lanes: Sendable {
    /// A smaller part costs Postgres more in statements and commits than it gains.
    static let smallestPart = 64

    let count: Int

    /// Half of a pool's connections: the other half is for whatever else the process asks.
    ///
    /// - Parameter connections: of the pool.
    public init(connections: Int) {
        self.count = max(1, connections / 2)
    }

    func parts<Item>(_ items: [Item], by key: (Item) -> some Hashable) -> [[Item]] {
        let count = min(self.count, items.count / Self.smallestPart)
        guard count > 1 else { return items.isEmpty ? [] : [items] }
        var parts = [[Item]](repeating: [], count: count)
        for index in parts.indices { parts[index].reserveCapacity(items.count / count * 2) }
        for item in items { parts[Int(UInt(bitPattern: key(item).hashValue) % UInt(count))].append(item) }
        return parts.filter { !$0.isEmpty }
    }

    /// - Parameter write: makes one part durable.
    /// - Returns: what `write` returned, of each part.
    /// - Throws: the first error; the other parts are cancelled then, and may be stored all the same.
    public func write<Item: Sendable, Result: Sendable>(
        _ items: [Item], by key: (Item) -> some Hashable, _ write: @escaping @Sendable ([Item]) async throws -> Result
    ) async throws -> [Result] {
        let parts = self.parts(items, by: key)
        if parts.count == 1 { return [try await write(parts[0])] }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            for part in parts { group.addTask { try await write(part) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
