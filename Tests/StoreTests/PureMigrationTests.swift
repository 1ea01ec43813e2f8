import FoundationEssentials
import Testing

@testable import Store

@Suite struct MigrationListTests {
    /// The files, as `M0001_services`, in order.
    private func files() throws -> [(name: String, sql: String)] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Shared/Store/Migrations")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".sql") }
            .sorted().map { name in
                let data = try Data(contentsOf: folder.appending(path: name))
                return (String(name.dropLast(".sql".count)), String(decoding: data, as: UTF8.self))
            }
    }

    /// A file that nobody listed would never run, and one that is listed twice or wrongly would stop every start.
    @Test func everyFileIsListedInOrder() throws {
        let files = try self.files()
        #expect(!files.isEmpty)
        let listed = Migration.all.map { migration in
            "M" + String(repeating: "0", count: 4 - "\(migration.number)".count)
                + "\(migration.number)_\(migration.name)"
        }
        #expect(listed == files.map(\.name))
        #expect(Migration.all.map(\.sql) == files.map(\.sql))
    }

    @Test func numbersHaveNoGap() {
        #expect(Migration.all.map(\.number) == Array(1...Int32(Migration.all.count)))
    }

    @Test func checksumsTellTextsApart() {
        #expect(Set(Migration.all.map(\.checksum)).count == Migration.all.count)
        let text = Array("SELECT 1".utf8)
        #expect(Migration(1, "a", text).checksum == Migration(2, "b", text).checksum)
        #expect(Migration(1, "a", text).checksum != Migration(1, "a", text + [0x20]).checksum)
        // FNV-1a's offset basis: databases hold these numbers.
        #expect(Migration(1, "a", []).checksum == Int64(bitPattern: 0xcbf2_9ce4_8422_2325))
    }
}

@Suite struct MigrationPlanTests {
    private static let known = (1...4).map { Migration($0, "m\($0)", Array("SELECT \($0)".utf8)) }

    private static func applied(_ numbers: [Int32]) -> [AppliedMigration] {
        numbers.map { number in
            AppliedMigration(
                number: number, name: "m\(number)",
                checksum: Migration(number, "", Array("SELECT \(number)".utf8)).checksum)
        }
    }

    private func error(_ applied: [AppliedMigration]) -> MigrationError? {
        #expect(throws: MigrationError.self) { try MigrationPlan.pending(of: Self.known, after: applied) }
    }

    @Test(arguments: 0...4)
    func whatIsMissingRuns(done: Int) throws {
        let applied = Self.applied((1...4).prefix(done).map { Int32($0) })
        let pending = try MigrationPlan.pending(of: Self.known, after: applied)
        #expect(pending == Array(Self.known.dropFirst(done)))
    }

    @Test func theOrderOfTheRowsDoesNotMatter() throws {
        #expect(try MigrationPlan.pending(of: Self.known, after: Self.applied([3, 1, 2])).map(\.number) == [4])
    }

    @Test func aNewerDatabase() {
        #expect(self.error(Self.applied([1, 2, 3, 4, 5])) == .newerDatabase(number: 5, name: "m5"))
    }

    @Test(
        arguments: [([2], 1, 2), ([1, 3], 2, 3), ([1, 2, 4], 3, 4), ([0, 1], 1, 0), ([1, 1], 2, 1)]
            as [([Int32], Int32, Int32)])
    func aGap(numbers: [Int32], expected: Int32, found: Int32) {
        #expect(self.error(Self.applied(numbers)) == .gap(expected: expected, found: found))
    }

    @Test func anEditedOrOtherMigration() {
        var applied = Self.applied([1, 2])
        applied[1] = AppliedMigration(number: 2, name: "m2", checksum: applied[1].checksum &+ 1)
        #expect(self.error(applied) == .changed(number: 2, ours: "m2", theirs: "m2"))
        applied = Self.applied([1, 2])
        applied[0] = AppliedMigration(number: 1, name: "users", checksum: applied[0].checksum)
        #expect(self.error(applied) == .changed(number: 1, ours: "m1", theirs: "users"))
    }
}
