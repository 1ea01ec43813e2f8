import Notifications
import Store
import Testing

@Suite struct WakeTests {
    private func at(_ microseconds: Int64) -> Instant { Instant(microseconds: microseconds) }

    @Test func theEarliestOfEachShard() throws {
        let rows: [(shard: Int32, dueAt: Instant)] = [
            (0, at(30)), (2, at(7)), (0, at(10)), (0, at(20)), (2, at(8)), (1, at(100)), (3, at(99)),
        ]
        let wake = try #require(Wake(of: rows, before: at(100)))
        #expect(wake.earliest == [0: at(10), 2: at(7), 3: at(99)])
    }

    @Test func whatIsDueLaterWakesNobody() {
        #expect(Wake(of: [], before: at(100)) == nil)
        #expect(Wake(of: [(0, at(100)), (1, at(101))], before: at(100)) == nil)
    }

    @Test func theTextIsFixed() {
        let wake = Wake(earliest: [1: at(1_790_000_000_000_001), 0: at(1_790_000_000_000_000), 12: at(-3)])
        #expect(wake.description == "0:1790000000000000,1:1790000000000001,12:-3")
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func isReadBack(seed: UInt64) throws {
        var random = PureGenerator(seed: seed)
        let rows = (0..<Int.random(in: 1...40, using: &random)).map { _ in
            (shard: Int32.random(in: 0...63, using: &random), dueAt: at(.random(in: .min ... .max, using: &random)))
        }
        let wake = try #require(Wake(of: rows, before: at(.max)))
        #expect(Wake(wake.description) == wake)
    }

    @Test(arguments: [
        "", ",", "0", "0:", ":0", "0:1,", ",0:1", "0:1:2", "a:1", "0:b", "0:1, 1:2", " 0:1", "0:1.5", "+0:1", "0:+1",
        "00:1", "1:1,0:1", "0:1,0:2", "2147483648:1", "0:9223372036854775808", "0:1\n", "0;1", "٣:1",
    ])
    func refuses(text: String) {
        #expect(Wake(text) == nil)
    }
}
