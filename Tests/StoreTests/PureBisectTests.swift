import Postgres
import Store
import Testing

/// A generator whose numbers are the same in every run.
struct PureGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct BisectTests {
    private static let poisonous = PostgresError(code: .server, sqlState: "22021", message: "invalid byte sequence")

    /// A table: all of a batch is stored, or nothing.
    private final class Table {
        private(set) var stored: [Int] = []
        private(set) var attempts = 0
        private let poison: Set<Int>
        private let error: PostgresError

        init(poison: Set<Int>, error: PostgresError = BisectTests.poisonous) {
            self.poison = poison
            self.error = error
        }

        func store(_ items: [Int]) throws {
            self.attempts += 1
            guard self.poison.isDisjoint(with: items) else { throw self.error }
            self.stored += items
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func findsThePoisonAndStoresTheRestOnceInOrder(seed: UInt64) async throws {
        var random = PureGenerator(seed: seed)
        let items = Array(0..<Int.random(in: 0...120, using: &random))
        let share = [0, 0.01, 0.1, 0.5, 1][Int(seed % 5)]
        let poison = Set(items.filter { _ in Double.random(in: 0..<1, using: &random) < share })
        let table = Table(poison: poison)

        let found = try await storeBisecting(items) { try table.store($0) }

        #expect(found.map(\.item) == poison.sorted())
        #expect(found.allSatisfy { $0.reason == Self.poisonous })
        #expect(table.stored == items.filter { !poison.contains($0) })
    }

    @Test func nothingIsNotStored() async throws {
        let table = Table(poison: [])
        #expect(try await storeBisecting([Int]()) { try table.store($0) }.isEmpty)
        #expect(table.attempts == 0)
    }

    @Test func withoutPoisonOneAttemptIsEnough() async throws {
        let table = Table(poison: [])
        #expect(try await storeBisecting(Array(0..<1_000)) { try table.store($0) }.isEmpty)
        #expect(table.attempts == 1)
    }

    /// One bad in 1,024: ten halvings, two attempts each, and the first.
    @Test(arguments: [0, 1, 511, 512, 1_023])
    func onePoisonCostsLittle(place: Int) async throws {
        let table = Table(poison: [place])
        let found = try await storeBisecting(Array(0..<1_024)) { try table.store($0) }
        #expect(found.map(\.item) == [place])
        #expect(table.attempts == 21)
    }

    private static let tooSlow = PostgresError(code: .server, sqlState: "57014", message: "statement timeout")

    /// What is too much at once is stored in parts, and nothing is blamed for it.
    @Test func whatTakesTooLongIsHalved() async throws {
        var stored: [[Int]] = []
        let found = try await storeBisecting(Array(0..<100)) { part in
            guard part.count <= 30 else { throw Self.tooSlow }
            stored.append(part)
        }
        #expect(found.isEmpty)
        #expect(stored.flatMap { $0 } == Array(0..<100))
        #expect(stored.map(\.count) == [25, 25, 25, 25])
    }

    /// A single one that takes too long is not to blame either: the server may be slow.
    @Test func oneThatTakesTooLongIsThrown() async {
        await #expect(throws: Self.tooSlow) { try await storeBisecting([1, 2]) { _ in throw Self.tooSlow } }
    }

    /// Not the item's fault, so no item is blamed: whoever called tries again.
    @Test(arguments: [
        PostgresError(code: .connection, message: "gone"),
        PostgresError(code: .server, sqlState: "40001", message: "conflict"),
        PostgresError(code: .server, sqlState: "23514", message: "no partition", table: "inbox"),
    ])
    func otherErrorsAreThrown(error: PostgresError) async {
        let table = Table(poison: [3], error: error)
        await #expect(throws: error) { try await storeBisecting(Array(0..<8)) { try table.store($0) } }
        #expect(table.stored == [])
        #expect(table.attempts == 1)
    }
}
