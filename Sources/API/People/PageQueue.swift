/// Who waits for a page, gathered so that one statement asks for many. Pure.
///
/// Nobody shares a page: each request counts for itself, so a statement has each user once, and who asks twice is in two,
/// one after the other: both would count in the same row, and the second one would keep all of its statement waiting.
struct PageQueue<Waiter: Sendable>: Sendable {
    private var waiting: [(person: Person, waiter: Waiter)] = []
    private var underWay: Set<UserKey> = []

    mutating func add(_ waiter: Waiter, for person: Person) {
        self.waiting.append((person, waiter))
    }

    /// Takes those who have waited longest, of each user one, and none while that user's last one is under way.
    mutating func take(_ most: Int) -> [(person: Person, waiter: Waiter)] {
        var taken: [(person: Person, waiter: Waiter)] = []
        var passedOver: [(person: Person, waiter: Waiter)] = []
        for entry in self.waiting {
            if taken.count == most { break }
            if self.underWay.insert(entry.person.key).inserted { taken.append(entry) } else { passedOver.append(entry) }
        }
        self.waiting.replaceSubrange(..<(taken.count + passedOver.count), with: passedOver)
        return taken
    }

    /// These have their answers.
    mutating func end(_ taken: [(person: Person, waiter: Waiter)]) {
        for entry in taken { self.underWay.remove(entry.person.key) }
    }

    mutating func takeAll() -> [(person: Person, waiter: Waiter)] {
        defer { self.waiting = [] }
        return self.waiting
    }
}
