// The times in other programs' lists, and how much later each may have been.

import HeedConsent

/// A time as a list has it.
struct ListTime: Hashable, Sendable {
    /// The instant it names, in UTC where it names no zone.
    let time: Timestamp
    /// The latest instant it may mean: the end of a day, half a day more for a zone west of UTC.
    ///
    /// A stop of that day may have been after what the person did on it, and in doubt the stop
    /// counts.
    let latest: Timestamp

    /// Where clocks are furthest ahead.
    private static let easternmostSeconds: Int64 = 14 * 3600

    /// True when it was later for certain; two times of one form are taken for of one zone.
    func isAfter(_ other: ListTime) -> Bool {
        let doubt = latest.microseconds - time.microseconds
        let otherDoubt = other.latest.microseconds - other.time.microseconds
        if doubt == otherDoubt { return time > other.time }
        let earliest = doubt == 0 ? time : time.adding(seconds: -ListTime.easternmostSeconds)
        return earliest > other.latest
    }

    /// Where clocks are furthest behind.
    private static let westernmostSeconds: Int64 = 12 * 3600

    /// Reads ISO 8601 as programs write it, mail's dates, and seconds or milliseconds since 1970.
    ///
    /// `01/02/2025` is two days, so it is no time.
    init?(_ text: String) {
        if let time = unixTime(text) ?? mailTime(text) {
            (self.time, latest) = (time, time)
            return
        }
        guard let (canonical, doubt) = ListTime.canonical(text),
            let time = Timestamp(text: canonical)
        else { return nil }
        (self.time, latest) = (time, time.adding(seconds: doubt))
    }

    /// The text as `Timestamp` reads it, and how many seconds later it may have been.
    private static func canonical(_ text: String) -> (text: String, doubt: Int64)? {
        let day = text.prefix(10).map { $0 == "/" ? "-" : $0 }
        guard day.count == 10, day[4] == "-", day[7] == "-" else { return nil }
        var rest = text.dropFirst(10)
        guard !rest.isEmpty else { return (String(day), 86_400 + westernmostSeconds) }
        guard let joint = rest.popFirst(), joint == "T" || joint == "t" || joint == " " else {
            return nil
        }
        let clock = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ":" || $0 == ".") }
        let zone = trimmed(String(rest[clock.endIndex...])).uppercased()
        let seconds = clock.count { $0 == ":" } == 1 ? ":00" : ""
        let begun = String(day) + "T" + clock + seconds
        if zone.isEmpty { return (begun, westernmostSeconds) }
        if ["Z", "UTC", "GMT"].contains(zone) { return (begun + "Z", 0) }
        let digits = zone.dropFirst().filter { $0 != ":" }
        guard let sign = zone.first, sign == "+" || sign == "-", digits.allSatisfy(\.isNumber),
            digits.count == 2 || digits.count == 4
        else { return nil }
        let minutes = digits.count == 4 ? digits.suffix(2) : "00"
        return (begun + "\(sign)\(digits.prefix(2)):\(minutes)", 0)
    }
}

/// A date as mail has it (RFC 5322 §3.3), such as `Fri, 21 Oct 2011 11:02:55 GMT`.
private func mailTime(_ text: String) -> Timestamp? {
    let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    var parts = text.lowercased().split { $0 == " " || $0 == "," }.map(String.init)
    if parts.count == 6 { parts.removeFirst() }
    guard parts.count == 5, let day = Int(parts[0]), (1...31).contains(day),
        let month = months.firstIndex(of: parts[1]), parts[2].utf8.count == 4
    else { return nil }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    var zone = ["gmt", "ut", "utc", "z"].contains(parts[4]) ? "+0000" : parts[4]
    guard zone.utf8.count == 5 else { return nil }
    zone.insert(":", at: zone.index(zone.startIndex, offsetBy: 3))
    return Timestamp(text: "\(parts[2])-\(two(month + 1))-\(two(day))T\(parts[3])\(zone)")
}

/// Seconds since 1970 in nine to eleven digits, or milliseconds in thirteen: fewer may be a year or
/// a day.
private func unixTime(_ text: String) -> Timestamp? {
    let count = text.utf8.count
    guard (9...11).contains(count) || count == 13,
        text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let number = Int64(text)
    else { return nil }
    return count == 13 ? Timestamp(microseconds: number * 1000) : Timestamp(seconds: number)
}
