/// What a database has run so far.
struct AppliedMigration: Sendable, Hashable {
    let number: Int32
    let name: String
    let checksum: Int64
}

/// Decides which migrations are still to run, or that the database is not ours to touch.
enum MigrationPlan {
    /// - Throws: `MigrationError`, where the database does not match: it is newer than this program, or it ran something
    ///   else under a number.
    static func pending(
        of known: [Migration], after applied: [AppliedMigration]
    ) throws(MigrationError) -> [Migration] {
        let applied = applied.sorted { $0.number < $1.number }
        for (position, ran) in applied.enumerated() {
            guard position < known.count else { throw .newerDatabase(number: ran.number, name: ran.name) }
            let ours = known[position]
            guard ran.number == ours.number else { throw .gap(expected: ours.number, found: ran.number) }
            guard ran.name == ours.name, ran.checksum == ours.checksum else {
                throw .changed(number: ours.number, ours: ours.name, theirs: ran.name)
            }
        }
        return Array(known.dropFirst(applied.count))
    }
}

/// Why a database is refused. Nothing of it was changed.
public enum MigrationError: Error, Sendable, Hashable, CustomStringConvertible {
    case newerDatabase(number: Int32, name: String)
    case gap(expected: Int32, found: Int32)
    case changed(number: Int32, ours: String, theirs: String)
    case foreignTables([String])
    case pending([String])

    public var description: String {
        switch self {
        case .newerDatabase(let number, let name):
            "the database has migration \(number) (\(name)), which this version does not know: use a newer Notifi"
        case .gap(let expected, let found):
            "the database lacks migration \(expected) but has \(found)"
        case .changed(let number, let ours, let theirs):
            "migration \(number) in the database (\(theirs)) is not the one of this version (\(ours))"
        case .foreignTables(let tables):
            "the database is not empty and not Notifi's: it has \(tables.joined(separator: ", "))"
        case .pending(let names):
            "the database lacks \(names.joined(separator: ", ")): run `notifi migrate`"
        }
    }
}
