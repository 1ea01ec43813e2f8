import Synchronization
import Testing

@testable import API

@Suite struct VersionMapPropertyTests {
    /// Commits, announcements in any order, slow and failing queries, heartbeats, gaps, partitions that are down or
    /// added, tails made anew, and time, all at random.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func whatIsKnownIsNeverStalerThanTheTail(seed: UInt64) {
        var world = VersionMapWorld(seed: seed, losesAnnouncements: false)
        for _ in 0..<8_000 { world.step() }
        Self.expectAllHappened(in: world)
    }

    /// As above, and some changes are never announced: they are known after the expiry at the latest.
    @Test(arguments: 100..<120 as Range<UInt64>)
    func whatWasNeverAnnouncedIsKnownInTime(seed: UInt64) {
        var world = VersionMapWorld(seed: seed, losesAnnouncements: true)
        for _ in 0..<8_000 { world.step() }
        Self.expectAllHappened(in: world)
        #expect(world.happened["lost", default: 0] > 9)
    }

    private static func expectAllHappened(in world: VersionMapWorld) {
        for (what, least) in [
            ("known", 150), ("unknown", 100), ("not trusted", 50), ("refreshed", 3), ("failed query", 5), ("gap", 1),
        ] { #expect(world.happened[what, default: 0] >= least, "\(what): \(world.happened)") }
    }
}
