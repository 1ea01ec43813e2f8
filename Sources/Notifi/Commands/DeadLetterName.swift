import ArgumentParser
import Notifications
import Store

/// One dead letter as an operator names it: its origin; and behind an `@` the time at which a broker took the record, where
/// a topic was made again and an origin has come twice.
struct DeadLetterName: Hashable, CustomStringConvertible {
    let origin: DeadLetterOrigin
    var recordAt: Instant?

    init(_ row: ListDeadLetters.Row) {
        self.origin = row.origin
        self.recordAt = row.recordAt
    }

    init?(_ text: String) {
        var place = text[...]
        if let at = text.lastIndex(of: "@"), let time = Instant(rfc3339: String(text[text.index(after: at)...])) {
            place = text[..<at]
            self.recordAt = time
        }
        guard let origin = DeadLetterOrigin(String(place)) else { return nil }
        self.origin = origin
    }

    static func read(_ text: String) throws -> DeadLetterName {
        guard let name = DeadLetterName(text) else {
            throw ValidationError("'\(text.printable)' is no origin like notifi.deliveries/3/42")
        }
        return name
    }

    var description: String { "\(self.origin)\(self.recordAt.map { "@\($0)" } ?? "")" }

    /// - Throws: ``CommandFailure`` where there is none.
    func find(on store: some Querying) async throws -> [FindDeadLetters.Letter] {
        let found = try await FindDeadLetters.run(self.origin, on: store).filter {
            self.recordAt == nil || $0.row.recordAt == self.recordAt
        }
        guard !found.isEmpty else { throw CommandFailure("not_found: there is no dead letter \("\(self)".printable)") }
        return found
    }

    /// - Throws: ``CommandFailure`` where there is none, where it is settled, and where several are meant.
    func findOpen(on store: some Querying) async throws -> ListDeadLetters.Row {
        let found = try await self.find(on: store).map(\.row)
        let open = found.filter { $0.settled == nil }
        if open.count > 1 {
            let names = open.map { "\(DeadLetterName($0))".printable }.joined(separator: "\n  ")
            throw CommandFailure("ambiguous: the topic was made again, and there are several; name one:\n  \(names)")
        }
        if let row = open.first { return row }
        guard let settled = found[0].settled else { throw CommandFailure("not_found: \("\(self)".printable)") }
        let end = settled.how == .discarded ? ", for good" : ""
        throw CommandFailure(
            "already_\(settled.how.rawValue): \("\(self)".printable) was \(settled.how.rawValue) at \(settled.at) by "
                + "\((settled.by ?? "?").printable)\(end)")
    }
}
