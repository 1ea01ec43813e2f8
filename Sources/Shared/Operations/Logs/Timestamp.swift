import Foundation

/// Points in time as logs, health and metrics show them.
enum Timestamp {
    static func now() -> String {
        self.text(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    /// RFC 3339 in UTC with six digits after the second. Written by hand, since every log line needs one.
    static func text(microseconds: Int64) -> String {
        let (seconds, fraction) = microseconds.flooredQuotientAndRemainder(by: 1_000_000)
        let (day, second) = seconds.flooredQuotientAndRemainder(by: 86_400)
        let date = self.date(day: day)
        return "\(self.padded(date.year, 4))-\(self.padded(date.month, 2))-\(self.padded(date.day, 2))"
            + "T\(self.padded(second / 3_600, 2)):\(self.padded(second / 60 % 60, 2)):\(self.padded(second % 60, 2))"
            + ".\(self.padded(fraction, 6))Z"
    }

    /// The Gregorian date of a day counted from 1970-01-01, in cycles of 400 years that begin on the first of March.
    private static func date(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (cycle, dayOfCycle) = (day + 719_468).flooredQuotientAndRemainder(by: 146_097)
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let month = (5 * dayOfYear + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfCycle + cycle * 400 + (calendarMonth <= 2 ? 1 : 0)
        return (year, calendarMonth, dayOfYear - (153 * month + 2) / 5 + 1)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    fileprivate func flooredQuotientAndRemainder(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
