/// RFC 3339 (section 5.6) reading and writing of `Instant`.
extension Instant: CustomStringConvertible {
    /// Reads `2026-11-20T10:00:00.5+01:00`. An offset is required; fractions finer than a microsecond are cut off;
    /// a leap second (`:60`) counts as the second after it. `nil` for anything else, an impossible date included, and
    /// one that lies outside the years 0000 to 9999 in UTC.
    public init?(rfc3339 text: String) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(digits: 4), reader.take("-"), let month = reader.number(digits: 2),
            reader.take("-"), let day = reader.number(digits: 2), reader.take(anyOf: "Tt "),
            let hour = reader.number(digits: 2), reader.take(":"), let minute = reader.number(digits: 2),
            reader.take(":"), let second = reader.number(digits: 2), let fraction = reader.fractionInMicroseconds(),
            let offset = reader.offsetInMinutes(), reader.isAtEnd
        else { return nil }
        guard (1...12).contains(month), (1...Self.days(inMonth: month, ofYear: year)).contains(day), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
        guard Self.writableSeconds.contains(seconds) else { return nil }
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    /// 0000-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
    private static let writableSeconds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// In UTC with six digits of fraction: `2026-11-20T09:00:00.500000Z`. Digit by digit, since every answer and every
    /// log line has some.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(27)
        text.appendText(of: self)
        return String(decoding: text, as: UTF8.self)
    }

    /// Proleptic Gregorian calendar, by Howard Hinnant's `days_from_civil`
    /// (https://howardhinnant.github.io/date_algorithms.html).
    public static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredQuotient(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The inverse of `daysSinceEpoch`, by Hinnant's `civil_from_days`.
    public static func date(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func days(inMonth month: Int64, ofYear year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
}

extension [UInt8] {
    /// As `Instant.description` is.
    public mutating func appendText(of instant: Instant) {
        let seconds = instant.microseconds.flooredQuotient(by: 1_000_000)
        let date = Instant.date(daysSinceEpoch: seconds.flooredQuotient(by: 86_400))
        let clock = seconds.flooredRemainder(by: 86_400)
        if (0...9_999).contains(date.year) {
            self += Self.time
            self.put(date.year, digits: 4, before: self.count - 23)
        } else {
            self += String(date.year).utf8
            self += Self.time[4...]
        }
        self.put(date.month, digits: 2, before: self.count - 20)
        self.put(date.day, digits: 2, before: self.count - 17)
        self.put(clock / 3_600, digits: 2, before: self.count - 14)
        self.put(clock / 60 % 60, digits: 2, before: self.count - 11)
        self.put(clock % 60, digits: 2, before: self.count - 8)
        self.put(instant.microseconds.flooredRemainder(by: 1_000_000), digits: 6, before: self.count - 1)
    }

    private static let time = [UInt8]("0000-00-00T00:00:00.000000Z".utf8)

    /// Over what is there, from the right and by ten: to divide by what is not known beforehand takes ten times as long.
    private mutating func put(_ number: Int64, digits: Int, before end: Int) {
        var rest = UInt64(number)
        var text = self.mutableSpan
        for place in (end - digits..<end).reversed() {
            text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}

private struct DigitReader {
    private var rest: ArraySlice<UInt8>

    init(_ text: String.UTF8View) {
        self.rest = Array(text)[...]
    }

    var isAtEnd: Bool { self.rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = self.rest.first, first == UInt8(ascii: character) else { return false }
        self.rest.removeFirst()
        return true
    }

    mutating func take(anyOf characters: String) -> Bool {
        guard let first = self.rest.first, characters.utf8.contains(first) else { return false }
        self.rest.removeFirst()
        return true
    }

    mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = self.digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Zero where there is no fraction; `nil` for a point without a digit after it.
    mutating func fractionInMicroseconds() -> Int64? {
        guard self.take(".") else { return 0 }
        guard let first = self.digit() else { return nil }
        var value = first * 100_000
        var weight: Int64 = 10_000
        while let digit = self.digit() {
            value += digit * weight
            weight /= 10
        }
        return value
    }

    mutating func offsetInMinutes() -> Int64? {
        if self.take(anyOf: "Zz") { return 0 }
        let sign: Int64
        if self.take("+") { sign = 1 } else if self.take("-") { sign = -1 } else { return nil }
        guard let hours = self.number(digits: 2), self.take(":"), let minutes = self.number(digits: 2), hours < 24,
            minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }

    private mutating func digit() -> Int64? {
        guard let first = self.rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        self.rest.removeFirst()
        return Int64(first - UInt8(ascii: "0"))
    }
}
