/// The versions of the inboxes that were asked for lately, as Postgres told them and the tail of `inbox-changes` has
/// changed them since. It decides and does no I/O: what happened goes in, and the answer comes out.
///
/// Sound by these rules:
/// - An entry is made before Postgres is asked and takes changes from then on; the higher version wins. So a change
///   during the query is not overwritten, however long the query takes.
/// - It holds entries only while the tail is trusted, that is fresh on every partition. As soon as it is not, or has lost
///   its place, all are dropped: what was missed, or could not be announced meanwhile, is not to be known.
/// - An answer of Postgres goes only into the very entry that it was asked for. Where that one was dropped since, changes
///   may have passed by.
/// - An entry ends a fixed time after Postgres was asked, whatever changed it since: the net for a change that nobody
///   could announce.
struct VersionMap: Sendable {
    /// Entitles an answer of Postgres to its entry.
    struct Ticket: Sendable, Equatable {
        let user: UserKey
        fileprivate let birth: UInt64
        fileprivate let askedAt: ContinuousClock.Instant
    }

    enum Answer: Sendable, Equatable {
        case known(Int64)
        /// Ask Postgres, and `enter` what it says. Without a ticket there is nothing to enter.
        case unknown(Ticket?)
    }

    /// 24 bytes, and no reference: dropping a hundred thousand of them is one release.
    private struct Entry {
        /// The highest that was heard of.
        var version: Int64
        /// Tells it from an earlier entry of the same user.
        let birth: UInt64
        /// When Postgres was asked, in whole seconds since `origin`.
        var askedAt: UInt32
        /// Whether Postgres has answered.
        var isKnown: Bool
        /// Whether it waits for being asked anew.
        var isQueued: Bool
    }

    private let limit: Int
    private let expiry: UInt32
    private let origin: ContinuousClock.Instant
    private var freshness = TailFreshness()
    private(set) var isTrusted = false

    /// Two generations: what is asked for goes to the young one, and when that is full the old one is dropped. So an
    /// entry that was not asked for since the generations last changed twice is gone, and nobody has to look for it.
    private var young: [UserKey: Entry] = [:]
    private var old: [UserKey: Entry] = [:]
    private var births: UInt64 = 0
    private var queue: [String] = []

    /// - Parameters:
    ///   - limit: at most so many entries; at least 2.
    ///   - expiry: seconds for which an answer of Postgres holds; at least 1.
    ///   - origin: no later than any other instant that it will be told.
    init(limit: Int, expirySeconds: Int, origin: ContinuousClock.Instant) {
        self.limit = max(limit, 2)
        self.expiry = UInt32(clamping: max(expirySeconds, 1))
        self.origin = origin
    }

    var count: Int { self.young.count + self.old.count }
    var partitions: Set<Int32> { self.freshness.partitions }

    // MARK: Asking

    mutating func ask(_ person: Person, at now: ContinuousClock.Instant) -> Answer {
        guard self.checkTrust(at: now) else { return .unknown(nil) }
        let user = person.key
        guard let entry = self.promoted(user) else { return .unknown(self.begin(user, at: now)) }
        guard entry.isKnown else {
            // Somebody else asks already. An answer to a question of before this one might be older than what this
            // asker has seen, so each asks for itself.
            return .unknown(Ticket(user: user, birth: entry.birth, askedAt: now))
        }
        // Another thread's instant may be the later one.
        let second = self.seconds(now)
        let age = second > entry.askedAt ? second - entry.askedAt : 0
        guard age < self.expiry else { return .unknown(self.begin(user, at: now)) }
        if age >= self.expiry / 2, !entry.isQueued, self.queue.count < self.limit {
            self.change(user) { $0.isQueued = true }
            self.queue.append(person.userID)
        }
        return .known(entry.version)
    }

    /// Those that were asked for in the second half of their time: whoever polls is asked for again before it ends.
    ///
    /// - Returns: at most so many, with tickets for a query that begins now.
    mutating func takeDue(_ count: Int, at now: ContinuousClock.Instant) -> [(userID: String, ticket: Ticket)] {
        guard self.checkTrust(at: now) else { return [] }
        let users = Array(self.queue.prefix(count))
        self.queue.removeFirst(users.count)
        return users.compactMap { userID in
            let user = UserKey(userID)
            var ticket: Ticket?
            self.change(user) { entry in
                guard entry.isQueued else { return }
                entry.isQueued = false
                ticket = Ticket(user: user, birth: entry.birth, askedAt: now)
            }
            return ticket.map { (userID, $0) }
        }
    }

    /// - Parameter version: what Postgres answered to a query that began after the ticket was given.
    /// - Returns: the version to answer with: this one, or a higher one that was heard of meanwhile.
    mutating func enter(_ version: Int64, for ticket: Ticket?) -> Int64 {
        var highest = version
        guard let ticket else { return highest }
        let askedAt = self.seconds(ticket.askedAt)
        self.change(ticket.user) { entry in
            guard entry.birth == ticket.birth else { return }
            highest = max(version, entry.version)
            // Where less was answered than was heard of, which is possible after Postgres went back to a backup, a
            // known entry keeps its end.
            if entry.isKnown, version < entry.version { return }
            entry.askedAt = entry.isKnown ? max(entry.askedAt, askedAt) : askedAt
            entry.isKnown = true
            entry.version = highest
        }
        return highest
    }

    // MARK: Changes

    /// A user without an entry is passed over.
    mutating func apply(_ version: Int64, to user: UserKey) {
        self.change(user) { $0.version = max($0.version, version) }
    }

    /// Something changed that cannot be read.
    mutating func forget(_ user: UserKey) {
        self.young[user] = nil
        self.old[user] = nil
    }

    // MARK: The tail

    /// The tail reads these partitions from now on, and may have missed whatever was written to them before. None: it
    /// has ended.
    mutating func restart(_ partitions: Set<Int32>) {
        self.freshness.restart(partitions)
        self.isTrusted = false
        self.young = [:]
        self.old = [:]
        self.queue = []
    }

    /// - Returns: the number of the heartbeat to send to every partition now.
    mutating func beat(at now: ContinuousClock.Instant) -> UInt64 {
        _ = self.checkTrust(at: now)
        return self.freshness.beat(at: now)
    }

    /// A heartbeat of this replica came back.
    mutating func returned(_ number: UInt64, from partition: Int32, at now: ContinuousClock.Instant) {
        // What lapsed before it came has lapsed.
        _ = self.checkTrust(at: now)
        self.freshness.returned(number, from: partition)
        self.isTrusted = self.freshness.isFresh(at: now)
    }

    /// By how much what it says can be behind; `nil` where that is not known.
    func lag(at now: ContinuousClock.Instant) -> Duration? { self.freshness.lag(at: now) }

    private mutating func checkTrust(at now: ContinuousClock.Instant) -> Bool {
        if self.isTrusted, !self.freshness.isFresh(at: now) { self.restart(self.partitions) }
        return self.isTrusted
    }

    // MARK: Entries

    private mutating func begin(_ user: UserKey, at now: ContinuousClock.Instant) -> Ticket {
        self.births += 1
        self.insert(
            Entry(version: 0, birth: self.births, askedAt: 0, isKnown: false, isQueued: false), for: user)
        return Ticket(user: user, birth: self.births, askedAt: now)
    }

    /// The entry, from now on in the young generation.
    private mutating func promoted(_ user: UserKey) -> Entry? {
        if let entry = self.young[user] { return entry }
        guard let entry = self.old.removeValue(forKey: user) else { return nil }
        self.insert(entry, for: user)
        return entry
    }

    private mutating func insert(_ entry: Entry, for user: UserKey) {
        if self.young.count >= self.limit / 2, self.young[user] == nil {
            self.old = self.young
            self.young = [:]
        }
        self.young[user] = entry
    }

    private mutating func change(_ user: UserKey, _ body: (inout Entry) -> Void) {
        if let place = self.young.index(forKey: user) {
            body(&self.young.values[place])
        } else if let place = self.old.index(forKey: user) {
            body(&self.old.values[place])
        }
    }

    /// Rounded down both when it is stored and when it is compared, so that an entry never holds longer than it may.
    private func seconds(_ instant: ContinuousClock.Instant) -> UInt32 {
        UInt32(clamping: (instant - self.origin).components.seconds)
    }
}
