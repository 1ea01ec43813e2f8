import FoundationEssentials
import JWTKit
import Testing

@testable import API

@Suite struct VerifiedSessionsTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func claims(_ user: String, ends: TimeInterval = 3_600, begins: TimeInterval? = nil) -> SessionClaims
    {
        SessionClaims(
            sub: SubjectClaim(value: user), exp: ExpirationClaim(value: Self.now.addingTimeInterval(ends)),
            nbf: begins.map { NotBeforeClaim(value: Self.now.addingTimeInterval($0)) }, iss: nil, aud: nil)
    }

    private static func after(_ seconds: TimeInterval) -> Date { Self.now.addingTimeInterval(seconds) }

    @Test func remembersTheWholeTokenAlone() {
        var sessions = VerifiedSessions()
        sessions.enter("abc", Self.claims("ann"), epoch: 0, at: Self.now)
        sessions.enter("K", Self.claims("kim"), epoch: 0, at: Self.now)
        #expect(sessions.person(of: "abc", at: Self.now) == Person("ann"))
        // The last is the sign for kelvin, which is the same text to Swift.
        for other in ["ab", "abcd", "ABC", "", "abc ", "\u{212A}"] {
            #expect(sessions.person(of: other, at: Self.now) == nil)
        }
    }

    @Test func endsWithTheSessionToTheInstant() {
        var sessions = VerifiedSessions()
        sessions.enter("abc", Self.claims("ann", ends: 10), epoch: 0, at: Self.now)
        #expect(sessions.person(of: "abc", at: Self.after(9.999)) != nil)
        #expect(sessions.person(of: "abc", at: Self.after(10)) == nil)
    }

    @Test func isVerifiedAnewAfterAWhile() {
        var sessions = VerifiedSessions()
        sessions.enter("abc", Self.claims("ann"), epoch: 0, at: Self.now)
        #expect(sessions.person(of: "abc", at: Self.after(VerifiedSessions.seconds - 1)) != nil)
        #expect(sessions.person(of: "abc", at: Self.after(VerifiedSessions.seconds)) == nil)
    }

    @Test("a clock that was set back lets nobody in earlier")
    func clockSetBack() {
        var sessions = VerifiedSessions()
        sessions.enter("abc", Self.claims("ann", begins: -5), epoch: 0, at: Self.now)
        #expect(sessions.person(of: "abc", at: Self.now) != nil)
        #expect(sessions.person(of: "abc", at: Self.after(-6)) == nil)
    }

    @Test("other keys end all, and what was verified by the old ones meanwhile does not enter")
    func otherKeys() {
        var sessions = VerifiedSessions()
        sessions.enter("abc", Self.claims("ann"), epoch: 0, at: Self.now)
        sessions.begin()
        #expect(sessions.person(of: "abc", at: Self.now) == nil)
        sessions.enter("abc", Self.claims("ann"), epoch: 0, at: Self.now)
        #expect(sessions.person(of: "abc", at: Self.now) == nil)
        sessions.enter("abc", Self.claims("ann"), epoch: 1, at: Self.now)
        #expect(sessions.person(of: "abc", at: Self.now) != nil)
    }

    @Test func isBoundedInNumber() {
        var sessions = VerifiedSessions(capacity: VerifiedSessions.Capacity(tokens: 10))
        for number in 0..<1_000 {
            sessions.enter("t\(number)", Self.claims("u\(number)"), epoch: 0, at: Self.now)
            #expect(sessions.count <= 10)
            #expect(sessions.person(of: "t\(number)", at: Self.now) == Person("u\(number)"))
        }
        #expect(sessions.person(of: "t0", at: Self.now) == nil)
    }

    @Test func isBoundedInBytes() {
        var sessions = VerifiedSessions(capacity: VerifiedSessions.Capacity(longest: 100, bytes: 1_000))
        for number in 100..<900 {
            sessions.enter(String(repeating: "x", count: 97) + "\(number)", Self.claims("u"), epoch: 0, at: Self.now)
            #expect(sessions.count <= 10)
        }
        let tooLong = String(repeating: "x", count: 101)
        sessions.enter(tooLong, Self.claims("u"), epoch: 0, at: Self.now)
        #expect(sessions.person(of: tooLong, at: Self.now) == nil)
    }

    @Test("a good session is remembered, a bad one never is")
    func throughSessions() async throws {
        let sessions = try await secretSessions()
        let good = try await token(Claims(sub: "ann"))
        #expect(sessions.verifiedPerson(of: good) == nil)
        #expect(try await sessions.user(of: good) == "ann")
        #expect(sessions.verifiedPerson(of: good) == Person("ann"))
        for bad in [try await token(Claims(exp: anHourAgo)), try await token(secret: secret + "x"), good + "x"] {
            await #expect(throws: Problem.self) { try await sessions.user(of: bad) }
            #expect(sessions.verifiedPerson(of: bad) == nil)
        }
    }
}
