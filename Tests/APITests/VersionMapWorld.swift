import TestSupport
import Testing

@testable import API

/// Everything around a `VersionMap`, in small: Postgres, a topic, a tail, queries that take their time. Each step does
/// one thing of one of them, and whatever the map calls known is compared with what it has to know.
struct VersionMapWorld {
    private enum Record {
        case change(user: Int, version: Int64)
        case heartbeat(UInt64)
    }

    private struct Announcement {
        let user: Int
        let version: Int64
        let since: ContinuousClock.Instant
    }

    private struct Fill {
        let user: Int
        let ticket: VersionMap.Ticket?
        var answer: Int64?
    }

    static let expirySeconds = 12
    private static let users = (0..<9).map { "user \($0)" }
    private static let start = ContinuousClock.now

    private var random: SeededGenerator
    private(set) var map: VersionMap
    private var now = start
    private let limit: Int
    private let losesAnnouncements: Bool

    private var postgres = [Int64](repeating: 0, count: users.count)
    /// Committed, and not written to the topic yet.
    private var announcements: [Announcement] = []
    private var log: [[Record]] = [[], [], []]
    private var unsentHeartbeats: [[UInt64]] = [[], [], []]
    private var lastBeat = start
    /// Partitions that take nothing now, and those whose messages do not come; since when, and until when.
    private var down: [Int: Range<ContinuousClock.Instant>] = [:]
    private var stalled: [Int: Range<ContinuousClock.Instant>] = [:]

    private var isTailing = false
    private var positions: [Int] = []
    /// The tail lost its place there and has not found the end yet.
    private var astray: Set<Int> = []
    private var hasGap = false
    private var grownAt: ContinuousClock.Instant?
    private var fills: [Fill] = []

    // What the map has to know of each user.
    private var heard = [Int64](repeating: 0, count: users.count)
    private var committed: [(user: Int, version: Int64, at: ContinuousClock.Instant)] = []
    private var published: [(user: Int, version: Int64, at: ContinuousClock.Instant)] = []

    // What happened, so that a test can see that it did.
    private(set) var happened: [String: Int] = [:]

    /// - Parameter losesAnnouncements: some changes are never announced. Little else happens then, for whatever empties
    ///   the map mends that too.
    init(seed: UInt64, losesAnnouncements: Bool) {
        self.random = SeededGenerator(seed: seed)
        self.losesAnnouncements = losesAnnouncements
        self.limit = losesAnnouncements ? 2 * Self.users.count : 8
        self.map = VersionMap(limit: self.limit, expirySeconds: Self.expirySeconds, origin: Self.start)
    }

    mutating func step() {
        self.passTime()
        switch self.pick(400) {
        case 0..<8: self.commit(own: false)
        case 8..<10: self.commit(own: true)
        case 10..<50: self.publish()
        case 50..<110: self.read()
        case 110..<150: self.sendHeartbeats()
        case 150..<220: self.ask()
        case 220..<390: self.answer()
        case 390..<398: if !self.losesAnnouncements || self.pick(8) == 0 { self.refresh() }
        default: if !self.losesAnnouncements || self.pick(20) == 0 { self.disturb() }
        }
    }

    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self.random) }

    private mutating func note(_ what: String) { self.happened[what, default: 0] += 1 }

    // MARK: Time

    private mutating func passTime() {
        let pause = self.pick(self.losesAnnouncements ? 20_000 : 4_000) == 0 ? 1_000 * self.pick(30) : self.pick(40)
        self.now = self.now.advanced(by: .milliseconds(pause))
        self.down = self.down.filter { $0.value.upperBound > self.now }
        self.stalled = self.stalled.filter { $0.value.upperBound > self.now }
        if self.now - self.lastBeat >= .seconds(1) {
            self.lastBeat = self.now
            let number = self.map.beat(at: self.now)
            for partition in self.map.partitions { self.unsentHeartbeats[Int(partition)].append(number) }
        }
        // What cannot be written is given up, as a producer does after its message timeout.
        self.announcements.removeAll { announcement in
            let partition = announcement.user % self.log.count
            guard let down = self.down[partition], down.contains(announcement.since),
                self.now - announcement.since > .seconds(3)
            else { return false }
            self.heard[announcement.user] = max(self.heard[announcement.user], announcement.version)
            self.happened["given up", default: 0] += 1
            return true
        }
        if let grownAt, self.now - grownAt >= .seconds(2) { self.noticeGrowth() }
    }

    // MARK: Writers

    private mutating func commit(own: Bool) {
        let user = self.pick(Self.users.count)
        self.postgres[user] += Int64(1 + self.pick(2))
        let version = self.postgres[user]
        self.committed.append((user, version, self.now))
        if own {
            self.map.apply(version, to: UserKey(Self.users[user]))
            self.heard[user] = version
        }
        if self.losesAnnouncements, self.pick(4) == 0 {
            self.note("lost")
        } else {
            self.announcements.append(Announcement(user: user, version: version, since: self.now))
        }
    }

    /// In any order: several write at once.
    private mutating func publish() {
        guard !self.announcements.isEmpty else { return }
        let place = self.pick(self.announcements.count)
        let (user, version) = (self.announcements[place].user, self.announcements[place].version)
        let partition = user % self.log.count
        guard self.down[partition] == nil else { return }
        self.announcements.remove(at: place)
        self.log[partition].append(.change(user: user, version: version))
        self.published.append((user, version, self.now))
    }

    private mutating func sendHeartbeats() {
        for partition in self.log.indices where self.down[partition] == nil {
            self.log[partition] += self.unsentHeartbeats[partition].map { .heartbeat($0) }
            self.unsentHeartbeats[partition] = []
        }
    }

    // MARK: The tail

    private mutating func read() {
        guard self.isTailing else {
            self.positions = self.log.map(\.count)
            (self.isTailing, self.astray, self.hasGap, self.grownAt) = (true, [], false, nil)
            self.map.restart(Set(self.log.indices.map { Int32($0) }))
            return
        }
        if self.hasGap {
            self.hasGap = false
            self.map.restart(Set(self.positions.indices.map { Int32($0) }))
            self.note("gap")
        }
        for partition in self.positions.indices
        where !self.astray.contains(partition) && self.stalled[partition] == nil && self.pick(4) > 0 {
            let end = min(self.log[partition].count, self.positions[partition] + self.pick(12))
            for record in self.log[partition][self.positions[partition]..<end] { self.take(record, from: partition) }
            self.positions[partition] = end
        }
    }

    private mutating func take(_ record: Record, from partition: Int) {
        switch record {
        case .change(let user, let version):
            self.map.apply(version, to: UserKey(Self.users[user]))
            self.heard[user] = max(self.heard[user], version)
        case .heartbeat(let number):
            self.map.returned(number, from: Int32(partition), at: self.now)
        }
    }

    private mutating func noticeGrowth() {
        self.grownAt = nil
        guard self.isTailing else { return }
        self.positions += [Int](repeating: 0, count: self.log.count - self.positions.count)
        self.hasGap = true
        self.read()
    }

    private mutating func disturb() {
        switch self.pick(12) {
        case 0 where self.isTailing:
            self.isTailing = false
            self.map.restart([])
            self.note("new tail")
        case 1 where self.isTailing && self.log.count < 6:
            self.log.append([])
            self.unsentHeartbeats.append([])
            self.grownAt = self.grownAt ?? self.now
            self.note("growth")
        case 2...3 where self.isTailing:
            let partition = self.pick(self.positions.count)
            self.astray.insert(partition)
            self.hasGap = true
        case 4...6:
            // Whatever was written until then passed by.
            for partition in self.astray { self.positions[partition] = self.log[partition].count }
            self.astray = []
        case 7...8: self.down[self.pick(self.log.count)] = self.aWhile()
        case 9...11: self.stalled[self.pick(self.log.count)] = self.aWhile()
        default: break
        }
    }

    /// Some longer, some shorter than the tail may be behind.
    private mutating func aWhile() -> Range<ContinuousClock.Instant> {
        self.now..<self.now.advanced(by: .milliseconds(100 + self.pick(7_000)))
    }

    // MARK: Who asks

    private mutating func ask() {
        let user = self.pick(Self.users.count)
        switch self.map.ask(Person(Self.users[user]), at: self.now) {
        case .known(let version):
            self.note("known")
            self.check(version, of: user)
        case .unknown(let ticket):
            self.note(ticket == nil ? "not trusted" : "unknown")
            self.fills.append(Fill(user: user, ticket: ticket))
        }
        #expect(self.map.count <= self.limit)
    }

    private mutating func refresh() {
        for (userID, ticket) in self.map.takeDue(1 + self.pick(3), at: self.now) {
            guard let user = Self.users.firstIndex(of: userID) else { continue }
            self.note("refreshed")
            self.fills.append(Fill(user: user, ticket: ticket))
        }
    }

    /// A query reads what is committed, and its answer comes some steps later.
    private mutating func answer() {
        guard !self.fills.isEmpty else { return }
        let place = self.pick(self.fills.count)
        let fill = self.fills[place]
        guard let answer = fill.answer else {
            self.fills[place].answer = self.postgres[fill.user]
            return
        }
        self.fills.remove(at: place)
        guard self.pick(20) > 0 else { return self.note("failed query") }
        let version = self.map.enter(answer, for: fill.ticket)
        #expect(version >= answer && version <= self.postgres[fill.user])
    }

    private func check(_ version: Int64, of user: Int) {
        #expect(version <= self.postgres[user], "nothing is known before it happened")
        #expect(version >= self.heard[user], "what was heard is not forgotten")
        let bounds = [
            (self.published, TailFreshness.limit, "what was published before the tail's lag is known"),
            (self.committed, Duration.seconds(Self.expirySeconds), "what was committed before the expiry is known"),
        ]
        for (events, age, what) in bounds {
            let least = events.lazy.filter { $0.user == user && $0.at < self.now - age }.map(\.version).max() ?? 0
            #expect(version >= least, "\(what)")
        }
    }
}
