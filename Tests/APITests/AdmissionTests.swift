import Notifications
import TestSupport
import Testing

@testable import API

@Suite struct AdmissionTests {
    @Test func noMoreBeginThanTheBound() {
        var admission = Admission(mostRequests: 3)
        for _ in 0..<3 { #expect(admission.begin(1_000_000) == nil) }
        for _ in 0..<5 { #expect(admission.begin(0) == .requests) }
        #expect(admission.requests == 3, "what is refused is not under way")
        admission.end(1_000_000)
        #expect(admission.begin(0) == nil)
        #expect(admission.begin(0) == .requests)
    }

    @Test func norMoreBytes() {
        var admission = Admission(mostRequests: 10, mostBytes: 100)
        #expect(admission.begin(60) == nil)
        #expect(admission.begin(41) == .bytes)
        #expect(admission.begin(40) == nil)
        #expect(admission.begin(1) == .bytes)
        #expect(admission.begin(0) == nil)
        admission.end(60)
        #expect(admission.begin(60) == nil)
        #expect(admission.bytes == 100)
    }

    /// Otherwise it would never be its turn.
    @Test func oneThatIsLargerThanAllGoesAlone() {
        var admission = Admission(mostRequests: 10, mostBytes: 100)
        #expect(admission.begin(1_000) == nil)
        #expect(admission.begin(1) == .bytes)
        admission.end(1_000)
        #expect(admission.begin(1) == nil)
        #expect(admission.begin(1_000) == .bytes)
    }

    @Test(arguments: [Int.min, -1, 0, 1]) func atLeastOneMayBegin(bound: Int) {
        var admission = Admission(mostRequests: bound, mostBytes: bound)
        #expect(admission.begin(7) == nil)
        #expect(admission.begin(7) != nil)
    }

    @Test func neverTooMuchAndNeverStuckWhateverComes() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<200 {
            let most = Int.random(in: 1...8, using: &random)
            let bytes = Int.random(in: 1...200, using: &random)
            var admission = Admission(mostRequests: most, mostBytes: bytes)
            var underWay: [Int] = []
            for _ in 0..<100 {
                if Bool.random(using: &random), let size = underWay.popLast() {
                    admission.end(size)
                } else {
                    let size = Int.random(in: 0...120, using: &random)
                    let refusal = admission.begin(size)
                    let isFree =
                        underWay.count < most && (underWay.reduce(size, +) <= bytes || underWay.reduce(0, +) == 0)
                    #expect((refusal == nil) == isFree)
                    if refusal == nil { underWay.append(size) }
                }
                #expect(admission.requests == underWay.count)
                #expect(admission.bytes == underWay.reduce(0, +))
                #expect(underWay.count <= most)
            }
        }
    }
}
