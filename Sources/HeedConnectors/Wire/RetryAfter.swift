// How long another system asks to be left alone (RFC 9110 §10.2.3).

package import HeedConsent

/// Reads the `Retry-After` header field in both of its forms.
package enum RetryAfter {
    /// A day; a receiver that asks for more is asked again after one.
    package static let secondsMaximum: Int64 = 86_400

    /// The seconds a response asks for, within 0 to a day; nil when it does not say.
    ///
    /// A date is measured against the response's own `Date`, so that neither a wrong clock there
    /// nor one here changes the distance; without a `Date` it says nothing.
    package static func seconds(in response: OutboundResponse) -> Int64? {
        guard let value = response.header("retry-after") else { return nil }
        return seconds(value, date: response.header("date").flatMap(instant))
    }

    /// The seconds a field value asks for, counted from `date` when it is a date.
    package static func seconds(_ value: String, date: Timestamp?) -> Int64? {
        let text = value.trimmingSpaces
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than an Int64 holds is still a number, and more than a day.
            return min(Int64(text) ?? secondsMaximum, secondsMaximum)
        }
        guard let date, let then = instant(text) else { return nil }
        return min(max(0, then.wholeSeconds - date.wholeSeconds), secondsMaximum)
    }

    /// Reads an HTTP-date in its three forms (RFC 9110 §5.6.7); nil for anything else.
    static func instant(_ text: String) -> Timestamp? {
        let parts = text.trimmingSpaces.split { " ,".contains($0) }.map(String.init)
        switch parts.count {
        case 6 where parts[5] == "GMT":  // Sun, 06 Nov 1994 08:49:37 GMT
            return instant(day: parts[1], month: parts[2], year: parts[3], clock: parts[4])
        case 4 where parts[3] == "GMT":  // Sunday, 06-Nov-94 08:49:37 GMT
            let date = parts[1].split(separator: "-").map(String.init)
            guard date.count == 3, let short = number(date[2], 2...2) else { return nil }
            let year = String(short < 70 ? 2000 + short : 1900 + short)
            return instant(day: date[0], month: date[1], year: year, clock: parts[2])
        case 5:  // Sun Nov  6 08:49:37 1994
            return instant(day: parts[2], month: parts[1], year: parts[4], clock: parts[3])
        default: return nil
        }
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func instant(
        day: String,
        month: String,
        year: String,
        clock: String
    ) -> Timestamp? {
        let time = clock.split(separator: ":", omittingEmptySubsequences: false)
            .map { number(String($0), 2...2) }
        guard let month = months.firstIndex(of: month), let day = number(day, 1...2),
            let year = number(year, 4...4),
            let date = CivilDay(year: year, month: Int64(month) + 1, day: day),
            time.count == 3, let hour = time[0], let minute = time[1], let second = time[2],
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return date.start.adding(seconds: hour * 3600 + minute * 60 + second)
    }

    private static func number(_ text: String, _ width: ClosedRange<Int>) -> Int64? {
        guard width.contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(text)
    }
}

extension StringProtocol {
    /// The text without the spaces and tabs around it, which a field value may have.
    var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
