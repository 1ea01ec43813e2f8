import Notifications
import Store

/// Decides, for one shard, from where and how much to claim, and how long to wait.
struct ClaimPace: Sendable {
    /// The longest time without a look: the safety net under wake-ups that got lost.
    static let safetyNetMicroseconds: Int64 = 1_000_000
    /// How long, at least, until what another poller holds is looked for again.
    static let heldMicroseconds: Int64 = 20_000
    /// How long a busy shard goes on without a full sweep: what another poller's end gave back is found within it.
    static let sweepEvery: Duration = .seconds(1)
    /// A sweep may have to walk over many dead entries (where a snapshot is held open, say). The next one is put off, so
    /// that they take at most one part in so many of the time.
    static let sweepShare = 10
    /// So long what could not be published is left alone, so that the rest gets on: a partition without a leader costs
    /// each claim that has a row for it the producer's time-out.
    static let givenBackPause: Duration = .seconds(5)
    /// Of two failures in a row it halves, down to this.
    static let smallestBatch: Int32 = 10

    let batchSize: Int32
    /// Nothing earlier is looked at. It follows the claims, so that a claim never walks over dead entries.
    private(set) var low: OutboxPlace = .beginning
    /// Smaller than `batchSize` after failures.
    private(set) var limit: Int32
    private var lastSweep: ContinuousClock.Instant?
    private var untilNextSweep = Self.sweepEvery
    private var isSweeping = false
    /// Where claims went on from before the sweep.
    private var lowBeforeSweep: OutboxPlace = .beginning
    private var noSweepBefore: ContinuousClock.Instant?
    /// What is due was not ours to claim, although it was asked for again.
    private var isHeld = false

    init(batchSize: Int32) {
        self.batchSize = batchSize
        self.limit = batchSize
    }

    enum Next: Sendable, Equatable {
        case claimAgain
        /// Until something is due, or a wake-up names something earlier.
        case wait
    }

    /// A claim is about to be made. From time to time it begins at the very beginning, which finds what another
    /// poller's rollback gave back.
    mutating func willClaim(at now: ContinuousClock.Instant) {
        guard self.lastSweep.map({ now - $0 >= self.untilNextSweep }) ?? true else { return }
        self.sweep(at: now)
    }

    /// Nothing came for as long as the safety net allows.
    mutating func sweep(at now: ContinuousClock.Instant) {
        if let pause = self.noSweepBefore, now < pause { return }
        self.noSweepBefore = nil
        if !self.isSweeping { self.lowBeforeSweep = self.low }
        self.low = .beginning
        self.lastSweep = now
        self.untilNextSweep = Self.sweepEvery
        self.isSweeping = true
    }

    /// A claim has its rows; it may be that they are yet to be published.
    ///
    /// - Parameters:
    ///   - count: how many rows it had.
    ///   - last: the place of the last one.
    ///   - took: how long Postgres was at it.
    mutating func claimed(count: Int, last: OutboxPlace?, took: Duration = .zero) -> Next {
        if self.isSweeping { self.untilNextSweep = max(Self.sweepEvery, took * Self.sweepShare) }
        self.isSweeping = false
        if let last { self.low = max(self.low, last) }
        if count > 0 { self.isHeld = false }
        return count >= Int(self.limit) ? .claimAgain : .wait
    }

    /// A claim was published and committed.
    ///
    /// - Parameter givenBackAt: when some of it was put back; `nil` where nothing was.
    mutating func published(givenBackAt: ContinuousClock.Instant? = nil) {
        if let givenBackAt { self.noSweepBefore = givenBackAt + Self.givenBackPause }
        self.limit = min(self.batchSize, self.limit * 2)
    }

    /// Where claims go on, as far as it is known that nothing before it waits: of a sweep, where it would have gone on
    /// without.
    var onward: OutboxPlace { self.isSweeping ? self.lowBeforeSweep : self.low }

    /// A claim came to nothing, and its rows are free again. Where it had got rows, others may have gone on behind them:
    /// that is taken back.
    ///
    /// - Parameters:
    ///   - place: where it began.
    ///   - onward: ``onward`` when it began.
    mutating func rolledBack(to place: OutboxPlace, onward: OutboxPlace) {
        let safe = min(self.onward, onward)
        // It was a sweep, which is to be made again, unless it takes too long.
        if place < onward { self.isSweeping = true }
        if self.isSweeping { self.lowBeforeSweep = safe } else { self.low = safe }
        self.low = min(self.low, place)
    }

    /// How long the next sweep is put off when one took longer than a statement may.
    static let unfinishedSweepPause: Duration = .seconds(10)

    /// A claim could not be published in time, or Postgres did not make it.
    ///
    /// - Parameter isTimeout: a statement took too long. A sweep that does is not tried again for a while: it would
    ///   walk over the same dead entries, for as long as somebody's snapshot keeps them.
    mutating func failed(isTimeout: Bool = false) {
        if isTimeout, self.isSweeping {
            self.low = self.lowBeforeSweep
            self.isSweeping = false
            self.untilNextSweep = Self.unfinishedSweepPause
        }
        self.limit = max(min(Self.smallestBatch, self.batchSize), self.limit / 2)
    }

    /// Somebody stored a row that is due at this time.
    mutating func woken(for dueAt: Instant) {
        let place = OutboxPlace(before: dueAt)
        self.low = min(self.low, place)
        // A sweep that is broken off must not lead past it.
        self.lowBeforeSweep = min(self.lowBeforeSweep, place)
        self.isHeld = false
    }

    /// What to do until the next claim.
    enum Wait: Sendable, Equatable {
        case none
        case until(microseconds: Int64)
        /// Nothing is known to come sooner.
        case safetyNet(microseconds: Int64)
    }

    /// How long to wait.
    ///
    /// A row may fall due while a claim is being published: what is due already is asked for at once. Only if that
    /// claim, too, comes back without it, another poller holds it; it is looked for again soon, should that one die.
    ///
    /// - Parameters:
    ///   - untilDue: microseconds until the next row is due, by Postgres' clock; zero or less where it is due already;
    ///     `nil` where no row is waiting.
    ///   - jitter: 0 to 1, so that pollers do not look all at once.
    mutating func wait(untilDue: Int64?, jitter: Double) -> Wait {
        let share = min(max(jitter, 0), 1)
        let net = Int64(Double(Self.safetyNetMicroseconds) * (0.5 + 0.5 * share))
        if (untilDue ?? 1) > 0 { self.isHeld = false }
        guard let untilDue else { return .safetyNet(microseconds: net) }
        if untilDue > 0 {
            return untilDue < net ? .until(microseconds: untilDue) : .safetyNet(microseconds: net)
        }
        guard self.isHeld else {
            self.isHeld = true
            return .none
        }
        return .until(microseconds: Self.heldMicroseconds + Int64(Double(Self.heldMicroseconds) * share))
    }
}
