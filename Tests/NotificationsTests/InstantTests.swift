import Notifications
import TestSupport
import Testing

@Suite struct InstantTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("2026-11-20T10:00:00.5+01:00", 1_795_165_200_500_000),
            ("2026-11-20t09:00:00z", 1_795_165_200_000_000),
            ("2026-11-20 09:00:00Z", 1_795_165_200_000_000),
            ("2026-11-20T09:00:00-00:00", 1_795_165_200_000_000),
            ("2026-11-20T00:00:00-09:00", 1_795_165_200_000_000),
            ("2026-11-21T08:59:00+23:59", 1_795_165_200_000_000),
            ("2026-11-20T09:00:00.000001Z", 1_795_165_200_000_001),
            ("2026-11-20T09:00:00.0000019999999999999999999999999Z", 1_795_165_200_000_001),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
            ("0000-01-01T00:00:00Z", writableTimes.lowerBound),
            ("9999-12-31T23:59:59.999999Z", writableTimes.upperBound),
        ] as [(String, Int64)])
    func reads(text: String, microseconds: Int64) {
        #expect(Instant(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "now", "2026-11-20", "2026-11-20T09:00:00", "2026-11-20T09:00Z", "2026-11-20T09:00:00+0100",
        "2026-11-20T09:00:00+01", "2026-11-20T09:00:00.Z", "2026-11-20T09:00:00,5Z", "2026-11-20T09:00:00Z ",
        " 2026-11-20T09:00:00Z", "2026-11-20T09:00:00ZZ", "2026-11-20T09:00:00+24:00", "2026-11-20T09:00:00+01:60",
        "2026-11-20T24:00:00Z", "2026-11-20T09:60:00Z", "2026-11-20T09:00:61Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-00T00:00:00Z", "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "26-11-20T09:00:00Z", "12026-11-20T09:00:00Z",
        "+2026-11-20T09:00:00Z", "-2026-11-20T09:00:00Z", "2026-1-20T09:00:00Z", "2026-11-20X09:00:00Z",
        "2026/11/20T09:00:00Z", "٢٠٢٦-11-20T09:00:00Z", "2026-11-20T09:00:00\u{2212}01:00", "2026-11-20T09:00:00Z\0",
        "1795165200",
    ])
    func refuses(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    /// By its offset it lies before the year 0000 or after 9999 in UTC, where it could never be written again.
    @Test(arguments: [
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "9999-12-31T23:59:59.5-23:59",
    ])
    func refusesWhatCannotBeWritten(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test(arguments: [2000, 2004, 2024, 2400, 1600, 4])
    func leapYears(year: Int64) throws {
        let text = String(repeating: "0", count: 4 - String(year).count) + String(year)
        let leapDay = try #require(Instant(rfc3339: "\(text)-02-29T00:00:00Z"))
        let next = try #require(Instant(rfc3339: "\(text)-03-01T00:00:00Z"))
        #expect(leapDay.advanced(bySeconds: 86_400) == next)
        #expect(Instant(rfc3339: "\(text)-02-30T00:00:00Z") == nil)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func everyWritableTimeIsReadBack(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let instant = Instant(microseconds: .random(in: writableTimes, using: &random))
            let text = instant.description
            #expect(Instant(rfc3339: text) == instant)
            #expect(text.utf8.count == 27)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func anOffsetChangesNothing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let inner = (writableTimes.lowerBound + 86_400_000_000)...(writableTimes.upperBound - 86_400_000_000)
        for _ in 0..<200 {
            let instant = Instant(microseconds: .random(in: inner, using: &random))
            let hours = Int64.random(in: 0...23, using: &random)
            let minutes = Int64.random(in: 0...59, using: &random)
            let sign: Int64 = Bool.random(using: &random) ? 1 : -1
            let local = instant.advanced(bySeconds: sign * (hours * 3_600 + minutes * 60)).description.dropLast()
            let twoDigits = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
            let text = "\(local)\(sign > 0 ? "+" : "-")\(twoDigits(hours)):\(twoDigits(minutes))"
            #expect(Instant(rfc3339: text) == instant, "\(text)")
        }
    }

    @Test func textsSortAsTimesDo() {
        var random = SeededGenerator(seed: 1)
        let times = (0..<500).map { _ in Instant(microseconds: .random(in: writableTimes, using: &random)) }
        #expect(times.sorted().map(\.description) == times.map(\.description).sorted())
    }

    /// Day by day, against a calendar that counts the days of each month.
    @Test func daysFollowEachOther() {
        var date: (year: Int64, month: Int64, day: Int64) = (1896, 1, 1)
        var days = Instant.daysSinceEpoch(year: date.year, month: date.month, day: date.day)
        #expect(days == -27_028)
        while date.year < 2105 {
            let isLeap = date.year % 400 == 0 || (date.year % 4 == 0 && date.year % 100 != 0)
            let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            date.day += 1
            if date.day > lengths[Int(date.month - 1)] { (date.month, date.day) = (date.month + 1, 1) }
            if date.month > 12 { (date.year, date.month) = (date.year + 1, 1) }
            days += 1
            guard Instant.daysSinceEpoch(year: date.year, month: date.month, day: date.day) == days,
                Instant.date(daysSinceEpoch: days) == date
            else {
                Issue.record("\(date) is not day \(days)")
                return
            }
        }
    }

    @Test(arguments: [(0, 0, 0), (1_999, 1, 1_000), (-1, -1, -1_000), (-1_000, -1, -1_000), (-1_001, -2, -2_000)])
    func millisecondsAreFloored(microseconds: Int64, milliseconds: Int64, floored: Int64) {
        let instant = Instant(microseconds: microseconds)
        #expect(instant.milliseconds == milliseconds)
        #expect(instant.flooredToMilliseconds.microseconds == floored)
    }

    /// What a hostile record may hold is shown, not crashed upon.
    @Test(arguments: [
        (Int64.min, "-290308-12-21T19:59:05.224192Z"), (.max, "294247-01-10T04:00:54.775807Z"),
        (writableTimes.lowerBound - 1, "-1-12-31T23:59:59.999999Z"),
        (writableTimes.lowerBound, "0000-01-01T00:00:00.000000Z"),
        (writableTimes.upperBound, "9999-12-31T23:59:59.999999Z"),
        (writableTimes.upperBound + 1, "10000-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
    ])
    func everyTimeHasADescription(microseconds: Int64, text: String) {
        let instant = Instant(microseconds: microseconds)
        #expect(instant.description == text)
        // Behind what is there already.
        var bytes = Array("at ".utf8)
        bytes.appendText(of: instant)
        #expect(String(decoding: bytes, as: UTF8.self) == "at \(text)")
    }
}
