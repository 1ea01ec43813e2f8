import FoundationEssentials
import HTTPTypes
import Notifications
import Store
import Testing

@testable import API

@Suite struct TokenUsageTests {
    private let token = UUID()
    /// The beginning of a minute.
    private static let start: Int64 = 29_000_000 * 60

    private func at(_ seconds: Int64) -> Instant { Instant(microseconds: (Self.start + seconds) * 1_000_000) }

    @Test func whatIsLeftIsTold() {
        var usage = TokenUsage()
        let first = usage.spend(3, of: self.token, limit: 10, at: self.at(20))
        #expect(first.isGranted)
        #expect(
            first.left
                == RateLimit(policy: "token", quota: 10, windowSeconds: 60, remaining: 7, resetSeconds: 40))
        #expect(usage.spend(7, of: self.token, limit: 10, at: self.at(59)).left.field == #""token";r=0;t=1"#)
        let over = usage.spend(1, of: self.token, limit: 10, at: self.at(59))
        #expect(!over.isGranted && over.left.remaining == 0)
    }

    @Test func whatDoesNotFitTakesNothing() {
        var usage = TokenUsage()
        _ = usage.spend(4, of: self.token, limit: 5, at: self.at(0))
        let refused = usage.spend(2, of: self.token, limit: 5, at: self.at(0))
        #expect(!refused.isGranted && refused.left.remaining == 1)
        #expect(usage.spend(1, of: self.token, limit: 5, at: self.at(0)).isGranted)
    }

    @Test func theNextMinuteBeginsAnew() {
        var usage = TokenUsage()
        _ = usage.spend(5, of: self.token, limit: 5, at: self.at(59))
        usage.learn([self.token: 5], of: self.at(59).microseconds / 60_000_000)
        #expect(usage.spend(5, of: self.token, limit: 5, at: self.at(60)).isGranted)
    }

    @Test func tokensDoNotShare() {
        var usage = TokenUsage()
        _ = usage.spend(5, of: self.token, limit: 5, at: self.at(0))
        #expect(usage.spend(5, of: UUID(), limit: 5, at: self.at(0)).isGranted)
    }

    @Test func whatOthersLetThroughCounts() {
        var usage = TokenUsage()
        _ = usage.spend(2, of: self.token, limit: 10, at: self.at(0))
        usage.learn([self.token: 6, UUID(): 100], of: usage.minute)
        #expect(usage.spend(3, of: self.token, limit: 10, at: self.at(1)).left.remaining == 2)
        #expect(usage.spend(2, of: self.token, limit: 10, at: self.at(1)).isGranted)
        // They had let more through than was left, before they knew of this one.
        usage.learn([self.token: 60], of: usage.minute)
        let over = usage.spend(1, of: self.token, limit: 10, at: self.at(2))
        #expect(!over.isGranted && over.left.remaining == 0)
    }

    @Test func whatComesLateOfAMinuteIsDropped() {
        var usage = TokenUsage()
        _ = usage.spend(1, of: self.token, limit: 5, at: self.at(59))
        let old = usage.minute
        _ = usage.spend(1, of: self.token, limit: 5, at: self.at(60))
        usage.learn([self.token: 5], of: old)
        #expect(usage.spend(4, of: self.token, limit: 5, at: self.at(61)).isGranted)
    }

    @Test func aClockThatIsSetBackALittleGivesNothingTwice() {
        var usage = TokenUsage()
        _ = usage.spend(5, of: self.token, limit: 5, at: self.at(60))
        let back = usage.spend(1, of: self.token, limit: 5, at: self.at(58))
        #expect(!back.isGranted && back.left.resetSeconds == 60)
        // Set back by an hour, it must not be stuck for that hour.
        #expect(usage.spend(5, of: self.token, limit: 5, at: self.at(-3_600)).isGranted)
    }

    /// Whatever is asked for and whenever: one replica never lets more through in a calendar minute than the limit, and
    /// refuses only what does not fit.
    @Test(arguments: 1...20)
    func neverMoreThanTheLimit(seed: UInt64) {
        var random = Numbers(state: seed)
        var usage = TokenUsage()
        let tokens = (0..<3).map { _ in UUID() }
        let limits = tokens.map { _ in Int.random(in: 1...50, using: &random) }
        var granted: [Int64: [Int]] = [:]
        var now = Self.start * 1_000_000
        for _ in 0..<2_000 {
            now += Int64.random(in: 0...500_000, using: &random)
            let (which, count) = (Int.random(in: 0..<3, using: &random), Int.random(in: 1...8, using: &random))
            let minute = now / 60_000_000
            var sums = granted[minute] ?? [0, 0, 0]
            let answer = usage.spend(
                count, of: tokens[which], limit: limits[which], at: Instant(microseconds: now))
            #expect(answer.isGranted == (sums[which] + count <= limits[which]))
            if answer.isGranted { sums[which] += count }
            #expect(answer.left.remaining == limits[which] - sums[which])
            #expect((1...60).contains(answer.left.resetSeconds))
            granted[minute] = sums
        }
        for sums in granted.values {
            for (sum, limit) in zip(sums, limits) { #expect(sum <= limit) }
        }
        #expect(granted.count > 2)
    }

    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        /// A linear congruential one after Knuth: the same numbers in every run.
        mutating func next() -> UInt64 {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return self.state ^ (self.state >> 29)
        }
    }
}

@Suite struct TokenLimitsTests {
    private func token(_ limit: Int32?) -> ServiceToken {
        ServiceToken(
            id: UUID(), service: UUID(), serviceName: "shop", scopes: ["send"], eventTypes: nil,
            requestsPerMinute: limit)
    }

    @Test func aTokensOwnLimitComesFirst() throws {
        let limits = TokenLimits(fallback: 3)
        #expect(try limits.spend(1, of: self.token(5))?.quota == 5)
        #expect(try limits.spend(1, of: self.token(nil))?.quota == 3)
        #expect(try TokenLimits(fallback: 0).spend(1_000_000, of: self.token(nil)) == nil)
    }

    @Test func overItIsA429ThatTellsWhatIsLeft() throws {
        let limits = TokenLimits(fallback: 0)
        let token = self.token(4)
        let now = Instant(microseconds: 29_000_000 * 60_000_000)
        _ = try limits.spend(1, of: token, at: now)
        let problem = try #require(throws: Problem.self) { try limits.spend(4, of: token, at: now) }
        #expect(problem.status == .tooManyRequests && problem.code == "too_many_requests")
        #expect(problem.limit?.field == #""token";r=3;t=60"# && problem.retryAfterSeconds == 60)
        #expect(problem.detail?.contains("3 of the token's 4") == true)
        #expect(try limits.spend(3, of: token, at: now)?.remaining == 0, "nothing was taken by what was refused")
    }

    /// No minute would ever be enough for it, so it is not told to come back.
    @Test func moreThanAWholeMinuteIsA422() throws {
        let problem = try #require(throws: Problem.self) {
            try TokenLimits(fallback: 0).spend(5, of: self.token(4))
        }
        #expect(problem.status == .unprocessableContent && problem.faults.map(\.code) == [.tooMany])
    }
}
