import Notifications
import TestSupport
import Testing

@Suite struct ShardTests {
    /// Rows are found again by their shard, so another version of the program has to name the same one.
    @Test func isFixed() {
        #expect((0..<4).map { someID($0).shard(of: 1_000) } == [221, 10, 799, 588])
    }

    @Test func oneShardHoldsAll() {
        #expect((0...255).allSatisfy { someID($0).shard(of: 1) == 0 })
    }

    /// Fresh ids of one millisecond and derived ones alike: no shard is off its share by a quarter.
    @Test(arguments: [2, 3, 7, 16, 64] as [Int32], [true, false])
    func isEven(count: Int32, isDerived: Bool) {
        var random = SeededGenerator(seed: UInt64(count))
        let perShard = 500
        var load = [Int](repeating: 0, count: Int(count))
        for number in 0..<(Int(count) * perShard) {
            let id =
                isDerived
                ? NotificationID.derived(service: someService, key: "\(number)", user: "ann")
                : NotificationID.fresh(at: now, using: &random)
            load[Int(id.shard(of: count))] += 1
        }
        #expect(load.allSatisfy { abs($0 - perShard) < perShard / 4 }, "\(load)")
    }
}
