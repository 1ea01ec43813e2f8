import Notifications

/// The format of `Date` (RFC 9110 section 5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter second: since 1970-01-01T00:00:00Z, not before it.
    static func text(second: Int64) -> String {
        let (day, clock) = second.quotientAndRemainder(dividingBy: 86_400)
        let date = Instant.date(daysSinceEpoch: day)
        return "\(Self.days[Int(day % 7)]), \(Self.padded(date.day)) \(Self.months[Int(date.month) - 1]) \(date.year) "
            + "\(Self.padded(clock / 3_600)):\(Self.padded(clock / 60 % 60)):\(Self.padded(clock % 60)) GMT"
    }

    private static func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
