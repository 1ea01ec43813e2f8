import TestSupport
import Testing

@testable import Notifications

@Suite struct RetentionPlanTests {
    /// 2026-11-20T09:00:00Z, a Friday.
    private static let now = Instant(microseconds: 1_795_165_200_000_000)
    private static let day: Int64 = 86_400
    private static let settings = RetentionPlan.Settings(
        retentionDays: 30, topicRetentionDays: 7, intervalSeconds: 3_600)

    private static func at(days: Int64) -> Instant { Self.now.advanced(bySeconds: days * Self.day) }

    private static func week(
        _ offset: Int64, _ attachment: InboxPartition.Attachment = .attached, isRetired: Bool = false
    ) -> InboxPartition {
        let week = Week(number: Week(of: Self.now).number + offset)
        return InboxPartition(
            name: week.partitionName, start: week.start, end: week.end, attachment: attachment, isRetired: isRetired)
    }

    /// The clocks have been steady for a day, and agree.
    private static func plan(
        _ partitions: [InboxPartition], at now: Instant = Self.now, daemon: Instant? = nil,
        last: RetentionPlan.Look? = RetentionPlan.Look(
            at: Self.now.advanced(bySeconds: -3_600), steadySince: Self.now.advanced(bySeconds: -86_400)),
        _ settings: RetentionPlan.Settings = Self.settings
    ) -> RetentionPlan {
        RetentionPlan(
            RetentionPlan.View(partitions: partitions, postgresNow: now, daemonNow: daemon ?? now, lastLook: last),
            settings)
    }

    private static let ahead = [Self.week(0), Self.week(1), Self.week(2)]

    @Test func onlyWhatIsWhollyOldGoes() {
        // The week that began 35 days before this one ended 28 days before it, 32.4 days ago; the next one is too young.
        let old = [Self.week(-6), Self.week(-5)]
        let plan = Self.plan([Self.week(-4), old[1]] + Self.ahead + [Self.week(500), old[0]])
        #expect(plan.actions == [.detach(old[0]), .drop(old[0]), .detach(old[1]), .drop(old[1])])
        #expect(plan.hold == nil)
        #expect(plan.cutoffs?.inbox == Self.at(days: -30))
    }

    @Test func thisWeekAndTheNextTwoAreMade() {
        let week = Week(of: Self.now)
        let plan = Self.plan([])
        #expect(plan.actions == [.create(week), .create(week.next), .create(week.next.next)])
        #expect(Self.plan([Self.week(0), Self.week(2)]).actions == [.create(week.next)])
        #expect(Self.plan(Self.ahead).actions == [])
    }

    @Test func madeByHandWithOtherNamesAndWidths() {
        let month = InboxPartition(name: #""Old month""#, start: Self.at(days: -90), end: Self.at(days: -60))
        let begun = InboxPartition(name: "ever", start: nil, end: Self.at(days: -90))
        let late = InboxPartition(name: "late", start: Self.at(days: -60), end: Self.at(days: -29))
        let endless = InboxPartition(name: "endless", start: Self.at(days: 900), end: nil)
        let plan = Self.plan([endless, late, month, begun] + Self.ahead)
        #expect(plan.actions == [.detach(begun), .drop(begun), .detach(month), .drop(month)])
    }

    @Test func theEarlierClockDecides() {
        // Old for who is 30 days after its end, and no sooner.
        let young = Self.week(-4)
        let later = Self.at(days: 5)
        let nearly = RetentionPlan.Look(at: later, steadySince: Self.at(days: -9))
        #expect(Self.plan([young] + Self.ahead, at: later, last: nearly).actions.contains(.drop(young)))
        let earlier = later.advanced(bySeconds: -Self.day)
        for (postgres, daemon) in [(later, earlier), (earlier, later)] {
            let plan = Self.plan([young] + Self.ahead, at: postgres, daemon: daemon, last: nearly)
            #expect(!plan.actions.contains(.detach(young)))
        }
    }

    @Test(arguments: [34_560_000, -34_560_000, 86_401, -86_401] as [Int64])
    func clocksThatAreFarApartHold(_ seconds: Int64) {
        let old = Self.week(-6)
        let plan = Self.plan([old] + Self.ahead, daemon: Self.now.advanced(bySeconds: -seconds))
        #expect(plan.hold == .clocksApart(seconds: seconds))
        #expect(plan.cutoffs == nil)
        #expect(!plan.actions.contains(.detach(old)) && !plan.actions.contains(.drop(old)))
    }

    @Test func theFirstLookHoldsForOneInterval() {
        let old = Self.week(-6)
        let first = Self.plan([old] + Self.ahead, last: nil)
        #expect(first.hold == .firstLook && first.actions == [] && first.cutoffs == nil)
        let early = Self.plan([old] + Self.ahead, at: Self.now.advanced(bySeconds: 600), last: first.look)
        #expect(early.hold == .settling && early.actions == [])
        let then = Self.plan([old] + Self.ahead, at: Self.now.advanced(bySeconds: 3_600), last: early.look)
        #expect(then.hold == nil && then.actions == [.detach(old), .drop(old)])
    }

    /// Both clocks jump by more than a year, somebody corrects them within the hour: nothing young is touched.
    @Test func aJumpThatIsCorrectedCostsNothing() {
        let partitions = [Self.week(-1)] + Self.ahead
        let steady = RetentionPlan.Look(at: Self.now, steadySince: Self.at(days: -9))
        let jumped = Self.plan(partitions, at: Self.at(days: 400), last: steady)
        #expect(jumped.hold == .clockJumped(seconds: 400 * Self.day))
        #expect(jumped.actions.allSatisfy { if case .create = $0 { true } else { false } })
        let corrected = Self.plan(partitions, at: Self.now.advanced(bySeconds: 1_800), last: jumped.look)
        #expect(corrected.hold == .clockJumped(seconds: 1_800 - 400 * Self.day))
        let settled = Self.plan(partitions, at: Self.now.advanced(bySeconds: 5_400), last: corrected.look)
        #expect(settled.hold == nil && settled.actions == [])
        // What nobody corrects is the time.
        let later = Self.plan(partitions, at: Self.at(days: 400).advanced(bySeconds: 3_600), last: jumped.look)
        #expect(later.hold == nil && later.actions.contains(.drop(partitions[0])))
    }

    @Test func aStopOfWeeksOnlyDelays() {
        let old = Self.week(-6)
        let last = RetentionPlan.Look(at: Self.at(days: -21), steadySince: Self.at(days: -90))
        let first = Self.plan([old] + Self.ahead, last: last)
        #expect(first.hold == .clockJumped(seconds: 21 * Self.day))
        let second = Self.plan([old] + Self.ahead, at: Self.now.advanced(bySeconds: 3_600), last: first.look)
        #expect(second.actions == [.detach(old), .drop(old)])
    }

    @Test func whatIsLeftHalfIsFinishedFirst() {
        let half = Self.week(-7, .pending, isRetired: true)
        let old = Self.week(-6)
        let plan = Self.plan([old, half] + Self.ahead)
        #expect(plan.actions == [.finishDetach(half), .drop(half), .detach(old), .drop(old)])
        // Readers do not see it any more: to finish is never wrong.
        #expect(Self.plan([half] + Self.ahead, last: nil).actions == [.finishDetach(half)])
    }

    @Test func whatPeopleDetachIsTheirs() {
        let theirs = Self.week(-7, .pending)
        #expect(Self.plan([theirs] + Self.ahead).actions == [.finishDetach(theirs)])
    }

    @Test func whatWasDetachedAndIsYoungComesBack() {
        let detached = Self.week(-2, .detached, isRetired: true)
        let half = Self.week(-3, .pending, isRetired: true)
        #expect(
            Self.plan([detached, half] + Self.ahead).actions
                == [.finishDetach(half), .reattach(half), .reattach(detached)])
        let old = Self.week(-8, .detached, isRetired: true)
        #expect(Self.plan([old] + Self.ahead).actions == [.drop(old)])
    }

    /// A mark without a detaching is taken off, unless this very look detaches it after all.
    @Test func whatIsMarkedAndAttachedIsKept() {
        let (old, young) = (Self.week(-6, isRetired: true), Self.week(-2, isRetired: true))
        #expect(Self.plan([old, young] + Self.ahead).actions == [.keep(young), .detach(old), .drop(old)])
        #expect(Self.plan([old] + Self.ahead, last: nil).actions == [.keep(old)])
        let rest = InboxPartition(name: "rest", start: nil, end: nil, isDefault: true)
        #expect(Self.plan([rest, old] + Self.ahead).actions == [.keep(old)])
    }

    @Test func aDefaultPartitionHoldsTheDetaching() {
        let rest = InboxPartition(name: "rest", start: nil, end: nil, isDefault: true)
        let plan = Self.plan([rest, Self.week(-6), Self.week(-7, .detached, isRetired: true)] + Self.ahead)
        #expect(plan.hold == .defaultPartition("rest"))
        #expect(plan.actions == [.drop(Self.week(-7, .detached, isRetired: true))])
        // Who knows what is in it: all trails stay.
        #expect(plan.cutoffs?.tombstones == .min && plan.cutoffs?.trails == .min)
    }

    @Test func trailsOutliveTheInbox() throws {
        let oldest = Self.week(-4)
        let cutoffs = try #require(Self.plan([oldest] + Self.ahead).cutoffs)
        #expect(cutoffs.trails == oldest.start)
        #expect(cutoffs.tombstones == Self.at(days: -38))
        #expect(cutoffs.deadLetters == Self.at(days: -30))
        let byHand = InboxPartition(name: "year", start: Self.at(days: -300), end: Self.at(days: -29))
        let wide = try #require(Self.plan([byHand] + Self.ahead).cutoffs)
        #expect(wide.tombstones == Self.at(days: -301))
        let short = RetentionPlan.Settings(retentionDays: 1, topicRetentionDays: 7, intervalSeconds: 3_600)
        let least = try #require(Self.plan(Self.ahead, short).cutoffs)
        #expect(least.inbox == Self.at(days: -1) && least.trails == Self.at(days: -30))
        #expect(least.tombstones == Self.at(days: -38) && least.deadLetters == Self.at(days: -7))
    }

    /// Any partitions, clocks and last looks: nothing goes that is younger than the retention by either clock, and the
    /// present and the next week are always there.
    @Test func property() {
        var random = SeededGenerator(seed: 20_261_121)
        var dropped = 0
        for _ in 0..<4_000 {
            let postgres = Self.at(days: .random(in: -40...40, using: &random))
            let isJumping = Int.random(in: 0..<3, using: &random) == 0
            let skew: Int64 = isJumping ? 9_000_000 : 90_000
            let daemon = postgres.advanced(bySeconds: Int64.random(in: -skew...skew, using: &random))
            // Mostly a look of not long ago, now and then one of days ago.
            let longest: Int64 = Int.random(in: 0..<5, using: &random) == 0 ? 200_000 : 9_000
            let last = postgres.advanced(bySeconds: .random(in: -longest...1_000, using: &random))
            let settings = RetentionPlan.Settings(
                retentionDays: .random(in: 1...60, using: &random), topicRetentionDays: 7, intervalSeconds: 3_600)
            let partitions = (0..<Int.random(in: 0...12, using: &random)).map { number -> InboxPartition in
                let start = Self.at(days: Int64.random(in: -120...60, using: &random))
                let end = start.advanced(bySeconds: Int64.random(in: 1...40, using: &random) * Self.day)
                let attachments: [InboxPartition.Attachment] = [.attached, .attached, .pending, .detached]
                return InboxPartition(
                    name: "p\(number)", start: Bool.random(using: &random) ? start : nil,
                    end: Int.random(in: 0..<5, using: &random) == 0 ? nil : end,
                    attachment: attachments.randomElement(using: &random) ?? .attached,
                    isRetired: Bool.random(using: &random), isDefault: Int.random(in: 0..<40, using: &random) == 0)
            }
            let steadySince = last.advanced(bySeconds: Int64.random(in: -9_000...0, using: &random))
            let look = RetentionPlan.Look(at: last, steadySince: steadySince)
            let plan = Self.plan(partitions, at: postgres, daemon: daemon, last: look, settings)
            for action in plan.actions {
                guard let gone = action.removed else { continue }
                dropped += 1
                for clock in [postgres, daemon] {
                    let cutoff = clock.advanced(bySeconds: -settings.retentionDays * Self.day)
                    #expect(gone.end.map { $0 <= cutoff } == true && !gone.isDefault && plan.cutoffs != nil)
                }
            }
            for clock in [postgres, daemon] {
                for week in [Week(of: clock), Week(of: clock).next] {
                    #expect(plan.actions.contains(.create(week)) || week.gaps(besides: partitions).isEmpty)
                }
            }
        }
        #expect(dropped > 1_000, "the property was tried")
    }
}

extension RetentionPlan.Action {
    fileprivate var removed: InboxPartition? {
        switch self {
        case .detach(let partition), .drop(let partition): partition
        case .create, .finishDetach, .reattach, .keep: nil
        }
    }
}

@Suite struct WeekGapTests {
    private static let week = Week(of: Instant(microseconds: 1_795_165_200_000_000))

    private static func part(_ start: Int64?, _ end: Int64?, isDefault: Bool = false) -> InboxPartition {
        let day: Int64 = 86_400
        return InboxPartition(
            name: "p", start: start.map { Self.week.start.advanced(bySeconds: $0 * day) },
            end: end.map { Self.week.start.advanced(bySeconds: $0 * day) }, isDefault: isDefault)
    }

    private static func gaps(_ partitions: InboxPartition...) -> [[Int64]] {
        Self.week.gaps(besides: partitions).map { gap in
            [gap.lowerBound, gap.upperBound].map { ($0.microseconds - Self.week.start.microseconds) / 86_400_000_000 }
        }
    }

    @Test func whatOthersLeaveOfAWeek() {
        #expect(Self.gaps() == [[0, 7]])
        #expect(Self.gaps(Self.part(0, 7)) == [])
        #expect(Self.gaps(Self.part(nil, nil)) == [])
        #expect(Self.gaps(Self.part(-3, 2)) == [[2, 7]])
        #expect(Self.gaps(Self.part(5, nil), Self.part(nil, 1)) == [[1, 5]])
        #expect(Self.gaps(Self.part(4, 5), Self.part(1, 2)) == [[0, 1], [2, 4], [5, 7]])
        #expect(Self.gaps(Self.part(-9, 0), Self.part(7, 30)) == [[0, 7]])
        #expect(Self.gaps(Self.part(nil, nil, isDefault: true)) == [[0, 7]])
    }
}
