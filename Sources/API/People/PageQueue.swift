/// Who waits for a page, gathered so that one statement asks for many. Pure.
///
/// Nobody shares a page: each request counts for itself, so a statement has each user once, and who asks twice is in two.
struct PageQueue<Waiter: Sendable>: Sendable {
    private var waiting: [(person: Person, waiter: Waiter)] = []

    mutating func add(_ waiter: Waiter, for person: Person) {
        self.waiting.append((person, waiter))
    }

    /// Takes those who have waited longest, each user once.
    mutating func take(_ most: Int) -> [(person: Person, waiter: Waiter)] {
        var taken: [(person: Person, waiter: Waiter)] = []
        var passedOver: [(person: Person, waiter: Waiter)] = []
        var users: Set<UserKey> = []
        for entry in self.waiting {
            if taken.count == most { break }
            if users.insert(entry.person.key).inserted { taken.append(entry) } else { passedOver.append(entry) }
        }
        self.waiting.replaceSubrange(..<(taken.count + passedOver.count), with: passedOver)
        return taken
    }

    mutating func takeAll() -> [(person: Person, waiter: Waiter)] {
        defer { self.waiting = [] }
        return self.waiting
    }
}
