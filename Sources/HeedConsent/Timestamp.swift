// An instant in microseconds since 1970, with the one text form Heed reads and writes (RFC 3339,
// UTC).

/// An instant, counted in microseconds since 1970-01-01T00:00:00Z.
///
/// Microseconds are what both databases store (`BIGINT`), so a value survives a round trip
/// unchanged.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since the epoch; negative before it.
    public let microseconds: Int64

    /// Makes an instant from microseconds since the epoch.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Makes an instant from whole seconds since the epoch.
    public init(seconds: Int64) { self.init(microseconds: seconds * 1_000_000) }

    /// Orders instants by time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The instant `seconds` later, or earlier when negative.
    public func adding(seconds: Int64) -> Timestamp {
        Timestamp(microseconds: microseconds + seconds * 1_000_000)
    }

    /// The instant `days` times 24 hours later.
    public func adding(days: Int64) -> Timestamp { adding(seconds: days * 86_400) }

    /// Whole milliseconds from `earlier` to this instant, never negative.
    public func milliseconds(since earlier: Timestamp) -> Int64 {
        max(0, (microseconds - earlier.microseconds) / 1000)
    }

    /// Whole seconds since the epoch, rounded down.
    public var wholeSeconds: Int64 { floorDivide(microseconds, 1_000_000).quotient }
}

/// A day of the proleptic Gregorian calendar, used for deadlines counted in days.
public struct CivilDay: Hashable, Sendable {
    /// Days since 1970-01-01.
    public let number: Int64

    /// Makes a day from its distance to 1970-01-01.
    public init(number: Int64) { self.number = number }

    /// Makes a day from a calendar date; nil when the date does not exist.
    public init?(year: Int64, month: Int64, day: Int64) {
        guard (0...9999).contains(year), (1...12).contains(month),
            day >= 1, day <= CivilDay.length(ofMonth: month, year: year)
        else { return nil }
        // Counted from 0000-03-01 so that the leap day is the last day of a year.
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = era * 146_097 + dayOfEra - 719_468
    }

    /// The calendar date of this day.
    public var date: (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(number + 719_468, 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    /// 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday.
    public var weekday: Int64 { floorDivide(number + 3, 7).remainder }

    /// The instant at which this day begins in UTC.
    public var start: Timestamp { Timestamp(seconds: number * 86_400) }

    static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2:
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            return leap ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }
}

extension Timestamp {
    /// The UTC day this instant falls on.
    public var day: CivilDay {
        CivilDay(number: floorDivide(microseconds, 86_400_000_000).quotient)
    }

    /// RFC 3339 in UTC, with six digits of fraction only where they are needed.
    public var text: String {
        var text: [UInt8] = []
        text.reserveCapacity(27)
        appendText(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes the text form behind other text.
    func appendText(to text: inout [UInt8]) {
        let (year, month, day) = self.day.date
        let inDay = floorDivide(microseconds, 86_400_000_000).remainder
        let (seconds, fraction) = inDay.quotientAndRemainder(dividingBy: 1_000_000)
        func append(_ value: Int64, _ unit: Int64, then separator: UInt8) {
            appendDigits(value, unit, to: &text)
            text.append(separator)
        }
        append(year, 1000, then: UInt8(ascii: "-"))
        append(month, 10, then: UInt8(ascii: "-"))
        append(day, 10, then: UInt8(ascii: "T"))
        append(seconds / 3600, 10, then: UInt8(ascii: ":"))
        append(seconds / 60 % 60, 10, then: UInt8(ascii: ":"))
        append(seconds % 60, 10, then: fraction == 0 ? UInt8(ascii: "Z") : UInt8(ascii: "."))
        if fraction != 0 { append(fraction, 100_000, then: UInt8(ascii: "Z")) }
    }

    /// Reads RFC 3339 (`2026-01-31T09:30:00.5+02:00`) and the space-separated form of list exports
    /// (`2026-01-31 09:30:00`, taken as UTC); nil for anything else, and for what `text` could not
    /// write because an offset takes it out of the years 0000 to 9999.
    public init?(text: some StringProtocol) {
        var scanner = DigitScanner(Array(text.utf8))
        guard let year = scanner.number(4), scanner.take(0x2D), let month = scanner.number(2),
            scanner.take(0x2D), let dayOfMonth = scanner.number(2),
            let day = CivilDay(year: year, month: month, day: dayOfMonth)
        else { return nil }
        if scanner.atEnd {
            self = day.start
            return
        }
        guard scanner.take(0x54) || scanner.take(0x74) || scanner.take(0x20),
            let hour = scanner.number(2), hour < 24, scanner.take(0x3A),
            let minute = scanner.number(2), minute < 60, scanner.take(0x3A),
            let second = scanner.number(2), second <= 60
        else { return nil }
        let fraction = scanner.take(0x2E) ? scanner.fraction() : 0
        guard let fraction, let offset = scanner.offsetSeconds(), scanner.atEnd else { return nil }
        let inDay = hour * 3600 + minute * 60 + min(second, 59) - offset
        self.init(microseconds: (day.number * 86_400 + inDay) * 1_000_000 + fraction)
        guard (0...9999).contains(self.day.date.year) else { return nil }
    }
}

/// Writes a number with leading zeros; `unit` is the weight of its first digit.
private func appendDigits(_ value: Int64, _ unit: Int64, to text: inout [UInt8]) {
    // A year before 0 or after 9999, which no text form has.
    guard (0..<10 * unit).contains(value) else {
        text.append(contentsOf: String(value).utf8)
        return
    }
    var unit = unit
    while unit > 0 {
        text.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
        unit /= 10
    }
}

/// Reads fixed-width ASCII numbers from a byte array.
private struct DigitScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var atEnd: Bool { position == bytes.count }

    mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        guard position + width <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + width] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        position += width
        return value
    }

    /// Up to nine digits, cut to microseconds.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
            if count < 6 { value = value * 10 + Int64(bytes[position] - 0x30) }
            count += 1
            position += 1
        }
        guard (1...9).contains(count) else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// `Z`, `+hh:mm`, `-hh:mm`, or nothing at all, which list exports use for UTC.
    mutating func offsetSeconds() -> Int64? {
        if atEnd || take(0x5A) || take(0x7A) { return 0 }
        let sign: Int64
        if take(0x2B) { sign = 1 } else if take(0x2D) { sign = -1 } else { return nil }
        guard let hours = number(2), hours < 24, take(0x3A), let minutes = number(2), minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

/// Division that rounds towards minus infinity, as calendars need before 1970.
func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}
