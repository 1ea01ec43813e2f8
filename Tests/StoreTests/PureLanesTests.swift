import Synchronization
import Testing

@testable import Store

@Suite struct LanesTests {
    private struct Item: Sendable, Hashable {
        let user: Int
        let number: Int
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func partsHaveEverythingOnceAndKeepWhatBelongsTogetherInOrder(seed: UInt64) throws {
        var random = PureGenerator(seed: seed)
        let connections = Int.random(in: 1...12, using: &random)
        let users = Int.random(in: 1...50, using: &random)
        let items = (0..<Int.random(in: 0...1_000, using: &random)).map {
            Item(user: Int.random(in: 0..<users, using: &random), number: $0)
        }
        let parts = Lanes(connections: connections).parts(items, by: \.user)
        #expect(parts.count <= max(1, connections / 2))
        #expect(parts.count <= max(1, items.count / Lanes.smallestPart))
        #expect(parts.allSatisfy { !$0.isEmpty })
        #expect(parts.flatMap(\.self).sorted { $0.number < $1.number } == items)
        for part in parts { #expect(part.map(\.number) == part.map(\.number).sorted()) }
        for user in 0..<users { #expect(parts.count { $0.contains { $0.user == user } } <= 1) }
    }

    @Test("a batch that is large enough is spread over half of the connections")
    func spreads() {
        let items = (0..<10_000).map { Item(user: $0, number: $0) }
        #expect(Lanes(connections: 1).parts(items, by: \.user).count == 1)
        #expect(Lanes(connections: 4).parts(items, by: \.user).count == 2)
        #expect(Lanes(connections: 9).parts(items, by: \.user).count == 4)
        #expect(Lanes(connections: 4).parts(Array(items.prefix(Lanes.smallestPart)), by: \.user).count == 1)
        #expect(Lanes(connections: 4).parts([Item](), by: \.user).isEmpty)
    }

    @Test("parts are written beside each other: each waits for the other to have begun")
    func besideEachOther() async throws {
        let items = (0..<1_000).map { Item(user: $0, number: $0) }
        let begun = Mutex(0)
        let written = try await Lanes(connections: 4).write(items, by: \.user) { part in
            begun.withLock { $0 += 1 }
            while begun.withLock({ $0 }) < 2 {
                try Task.checkCancellation()
                await Task.yield()
            }
            return part.count
        }
        #expect(written.count == 2)
        #expect(written.reduce(0, +) == items.count)
    }

    private struct Refused: Error {}

    @Test(.timeLimit(.minutes(5)))
    func whatOnePartThrowsEndsTheOthers() async throws {
        let items = (0..<1_000).map { Item(user: $0, number: $0) }
        await #expect(throws: Refused.self) {
            try await Lanes(connections: 4).write(items, by: \.user) { part in
                guard part.contains(where: { $0.number == 0 }) else {
                    // Until it is cancelled.
                    try await Task.sleep(for: .seconds(3_600))
                    return
                }
                throw Refused()
            }
        }
    }
}
