public import Postgres

/// Stores items together; where one of them is poison, finds it by halving, so that the others are stored all the same.
/// What is too much for one statement's time is halved as well.
///
/// - Parameter store: stores these in a transaction of their own.
/// - Returns: the items that Postgres will never take, each with its reason.
/// - Throws: whatever `store` throws that is not poison; a part may be stored by then.
public func storeBisecting<Item: Sendable>(
    _ items: [Item], _ store: ([Item]) async throws -> Void
) async throws -> [(item: Item, reason: PostgresError)] {
    var poison: [(item: Item, reason: PostgresError)] = []
    // Halves wait on a stack, the earlier one on top: items keep their order.
    var parts = items.isEmpty ? [] : [items[...]]
    while let part = parts.popLast() {
        do {
            try await store(Array(part))
        } catch let error as PostgresError where error.asksForFewer(than: part.count) {
            if part.count == 1 {
                poison.append((part[part.startIndex], error))
            } else {
                let middle = part.startIndex + part.count / 2
                parts.append(part[middle...])
                parts.append(part[..<middle])
            }
        }
    }
    return poison
}

extension PostgresError {
    /// Whether trying again with all of `count` items is in vain: one of them is poison, or together they take too long.
    /// A single item that takes too long is tried again; the server may be slow for another reason.
    public func asksForFewer(than count: Int) -> Bool {
        self.isPoison || (self.isStatementTimeout && count > 1)
    }
}
