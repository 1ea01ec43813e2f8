import FoundationEssentials
import Notifications
import TestSupport
import Testing

@Suite struct NotificationIDTests {
    private func variant(_ id: NotificationID) -> UInt8 { id.bytes[8] >> 6 }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func freshIsVersion7AndTellsItsTime(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let time = Instant(microseconds: .random(in: 0...writableTimes.upperBound, using: &random))
            let id = NotificationID.fresh(at: time, using: &random)
            #expect(id.version == 7)
            #expect(self.variant(id) == 0b10)
            #expect(id.acceptedAt == time.flooredToMilliseconds)
        }
    }

    @Test func freshOnesOfOneMomentDiffer() {
        var random = SeededGenerator(seed: 7)
        let ids = Set((0..<10_000).map { _ in NotificationID.fresh(at: now, using: &random) })
        #expect(ids.count == 10_000)
    }

    /// All 74 random bits are used: over many ids each bit but those of time, version and variant is seen both ways.
    @Test func freshUsesAllRandomBits() {
        var random = SeededGenerator(seed: 8)
        var always = [UInt8](repeating: 0xFF, count: 16)
        var ever = [UInt8](repeating: 0, count: 16)
        for _ in 0..<200 {
            for (place, byte) in NotificationID.fresh(at: now, using: &random).bytes.enumerated() {
                always[place] &= byte
                ever[place] |= byte
            }
        }
        let varying = zip(always, ever).map { ($0 ^ $1).nonzeroBitCount }
        #expect(varying == [0, 0, 0, 0, 0, 0, 4, 8, 6, 8, 8, 8, 8, 8, 8, 8])
    }

    @Test func freshOnesSortByTheirTime() {
        var random = SeededGenerator(seed: 9)
        let texts = (0..<1_000).map { NotificationID.fresh(at: seconds($0), using: &random).description }
        #expect(texts == texts.sorted())
    }

    @Test func timesBefore1970AreTheEpoch() {
        var random = SeededGenerator(seed: 1)
        let id = NotificationID.fresh(at: Instant(microseconds: -5), using: &random)
        #expect(id.acceptedAt == Instant(microseconds: 0))
    }

    @Test func derivedIsVersion8AndTheSameEveryTime() {
        let id = NotificationID.derived(service: someService, key: "order-1", user: "ann")
        #expect(id == NotificationID.derived(service: someService, key: "order-1", user: "ann"))
        #expect(id.version == 8)
        #expect(self.variant(id) == 0b10)
        #expect(id.acceptedAt == nil)
        // Ids are kept for weeks, so another version of the program has to make the same one.
        #expect(id.description == "d8f10ce2-bae7-83da-ba29-c8ad77fcc777")
    }

    @Test func derivedTakesNoTwoConcatenationsForOne() {
        let pairs = [
            ("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("a\0", "bc"), ("a", "\0bc"), ("c", "ab"),
            ("é", "x"), ("e\u{301}", "x"),
        ]
        let services = [someService, UUID(bytes: [UInt8](repeating: 1, count: 16))]
        let ids = services.flatMap { service in
            pairs.map { NotificationID.derived(service: service, key: $0.0, user: $0.1) }
        }
        #expect(Set(ids).count == services.count * pairs.count)
    }

    @Test(arguments: 0..<5 as Range<UInt64>)
    func derivedSplitsAreAllDifferent(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let text = (0..<40).map { _ in String(Int.random(in: 0...1, using: &random)) }.joined()
        let ids = (0...40).map {
            NotificationID.derived(service: someService, key: String(text.prefix($0)), user: String(text.dropFirst($0)))
        }
        #expect(Set(ids).count == 41)
    }

    @Test(arguments: 0..<5 as Range<UInt64>)
    func textAndBytesAreReadBack(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let id = try #require(NotificationID(bytes: bytes))
            #expect(id.bytes == bytes)
            #expect(NotificationID(id.description) == id)
            #expect(NotificationID(id.description.uppercased()) == id)
            #expect(id.description == id.description.lowercased())
        }
    }

    @Test(arguments: [
        "", "0198f0d0c0007000800000000000000a", "{0198f0d0-c000-7000-8000-00000000000a}",
        "urn:uuid:0198f0d0-c000-7000-8000-00000000000a", "0198f0d0-c000-7000-8000-00000000000",
        "0198f0d0-c000-7000-8000-00000000000aa", "0198f0d0-c000-7000-8000-00000000000g",
        "0198f0d0-c000-7000-80000-0000000000a", "0198f0d0-c000-7000-8000_00000000000a",
        "0198f0d0-c000-7000-8000-0000000000\u{E4}", " 198f0d0-c000-7000-8000-00000000000a",
        "0198f0d0-c000-7000-8000-00000000000\0", "0x98f0d0-c000-7000-8000-00000000000a",
        "+198f0d0-c000-7000-8000-00000000000a",
    ])
    func refuses(text: String) {
        #expect(NotificationID(text) == nil)
    }

    @Test(arguments: [0, 1, 15, 17, 32])
    func refusesOtherThan16Bytes(count: Int) {
        #expect(NotificationID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }
}
