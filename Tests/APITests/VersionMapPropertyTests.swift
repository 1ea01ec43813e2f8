import Testing

@testable import API

@Suite struct VersionMapPropertyTests {
    /// Commits, announcements in any order, slow and failing queries, heartbeats, gaps, partitions that are down or
    /// added, tails made anew, and time, all at random.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func whatIsKnownIsNeverStalerThanTheTail(seed: UInt64) async {
        var world = VersionMapWorld(seed: seed, losesAnnouncements: false)
        await Self.run(&world)
        Self.expect(
            world, [("known", 100), ("unknown", 100), ("not trusted", 100), ("failed query", 10), ("gap", 1)])
    }

    /// As above, and some changes are never announced: they are known after the expiry at the latest.
    @Test(arguments: 100..<120 as Range<UInt64>)
    func whatWasNeverAnnouncedIsKnownInTime(seed: UInt64) async {
        var world = VersionMapWorld(seed: seed, losesAnnouncements: true)
        await Self.run(&world)
        Self.expect(world, [("known", 40), ("unknown", 10), ("lost", 20)])
    }

    /// Other tests wait for the same few threads.
    private static func run(_ world: inout VersionMapWorld) async {
        for number in 1...8_000 {
            world.step()
            if number % 500 == 0 { await Task.yield() }
        }
    }

    private static func expect(_ world: VersionMapWorld, _ least: [(what: String, times: Int)]) {
        for (what, times) in least {
            #expect(world.happened[what, default: 0] >= times, "\(what): \(world.happened)")
        }
    }
}
