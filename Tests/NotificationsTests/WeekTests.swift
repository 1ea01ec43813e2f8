import Notifications
import TestSupport
import Testing

@Suite struct WeekTests {
    private static let aWeek: Int64 = 7 * 86_400

    @Test(arguments: [
        ("2026-11-16T00:00:00Z", "inbox_w20261116"), ("2026-11-22T23:59:59.999999Z", "inbox_w20261116"),
        ("2026-11-23T00:00:00Z", "inbox_w20261123"), ("2026-11-20T09:00:00Z", "inbox_w20261116"),
        ("2026-12-31T12:00:00Z", "inbox_w20261228"), ("2027-01-03T23:59:59Z", "inbox_w20261228"),
        ("2024-02-29T12:00:00Z", "inbox_w20240226"), ("1970-01-05T00:00:00Z", "inbox_w19700105"),
        ("1970-01-04T23:59:59.999999Z", "inbox_w19691229"), ("1969-01-01T00:00:00Z", "inbox_w19681230"),
        ("9999-12-31T23:59:59Z", "inbox_w99991227"),
    ])
    func names(time: String, name: String) throws {
        #expect(Week(of: try #require(Instant(rfc3339: time))).partitionName == name)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func everyTimeLiesInItsWeekAlone(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let instant = Instant(microseconds: .random(in: 0...253_402_000_000_000_000, using: &random))
            let week = Week(of: instant)
            #expect(week.start <= instant)
            #expect(instant < week.end)
            #expect(week.end == week.start.advanced(bySeconds: Self.aWeek))
            #expect(Week(of: week.start) == week)
            #expect(Week(of: Instant(microseconds: week.end.microseconds - 1)) == week)
            #expect(Week(of: week.end) == week.next)
            #expect(week < week.next)
            // The name is the Monday's, which is the day that the week begins.
            #expect(week.start.description.hasSuffix("T00:00:00.000000Z"))
            #expect(week.partitionName == "inbox_w" + week.start.description.prefix(10).filter { $0 != "-" })
            let days = week.start.microseconds / 86_400_000_000
            #expect((days - 4) % 7 == 0, "1970-01-05, day 4, was a Monday")
        }
    }

    @Test func namesSortAsWeeksDo() {
        let weeks = (0..<3_000).map { Week(number: $0) }
        #expect(weeks.map(\.partitionName) == weeks.map(\.partitionName).sorted())
        #expect(Set(weeks.map(\.partitionName)).count == weeks.count)
    }
}
