import FoundationEssentials
import JWTKit

/// Sessions that were verified lately, so that a poll needs no signature checked: whole token by whole token. Pure.
///
/// Only what was good enters, so nobody without a key makes it grow; and it is bounded, in number and in bytes.
struct VerifiedSessions: Sendable {
    struct Capacity: Sendable {
        var tokens = 20_000
        /// Of tokens, in bytes. A longer one is verified each time.
        var longest = 2_048
        var bytes = 8 * 1_024 * 1_024
    }

    private struct Entry {
        let person: Person
        let notBefore: Date?
        /// The end of the session, or of the time for which this remembers it.
        let end: Date
        let enteredAt: Date
    }

    /// For how long a token is not verified again.
    static let seconds: TimeInterval = 300

    /// Counts how often keys were loaded.
    private(set) var epoch: UInt64 = 0
    private let capacity: Capacity
    /// Two generations: when the young one is half of what there may be, the old one is dropped.
    private var young: [String: Entry] = [:]
    private var youngBytes = 0
    private var old: [String: Entry] = [:]

    init(capacity: Capacity = Capacity()) {
        self.capacity = capacity
    }

    var count: Int { self.young.count + self.old.count }

    /// Other keys hold from now on.
    mutating func begin() {
        self.epoch += 1
        self.young = [:]
        self.youngBytes = 0
        self.old = [:]
    }

    /// - Returns: whom a session names that was verified, and is neither over nor yet to begin.
    func person(of token: String, at now: Date) -> Person? {
        // To Swift texts are the same in any normal form, and some of them are ASCII in one of these alone.
        guard token.utf8.count <= self.capacity.longest, token.utf8.allSatisfy({ $0 < 0x80 }),
            let entry = self.young[token] ?? self.old[token],
            entry.end > now, entry.enteredAt <= now, entry.notBefore.map({ $0 < now }) ?? true
        else { return nil }
        return entry.person
    }

    /// - Parameters:
    ///   - claims: of this token, verified and checked.
    ///   - epoch: as it was before the keys were taken to verify by.
    mutating func enter(_ token: String, _ claims: SessionClaims, epoch: UInt64, at now: Date) {
        let size = token.utf8.count
        guard epoch == self.epoch, size <= self.capacity.longest, token.utf8.allSatisfy({ $0 < 0x80 }) else { return }
        if self.young.count >= self.capacity.tokens / 2 || self.youngBytes + size > self.capacity.bytes / 2 {
            self.old = self.young
            self.young = [:]
            self.youngBytes = 0
        }
        let entry = Entry(
            person: Person(claims.sub.value), notBefore: claims.nbf?.value,
            end: min(claims.exp.value, now.addingTimeInterval(Self.seconds)), enteredAt: now)
        if self.young.updateValue(entry, forKey: token) == nil { self.youngBytes += size }
    }
}
