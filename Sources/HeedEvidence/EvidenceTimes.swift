// Times as a page shows them: in UTC, and in the time of a place with how far it is from UTC.

import Foundation
import HeedConsent

/// Writes times in UTC and in one time zone.
package struct EvidenceTimes: Sendable {
    let zone: TimeZone

    /// Both, the second one on a line of its own.
    func both(_ time: Timestamp) -> String {
        let utc = EvidenceTimes.written(time) + " UTC"
        let offset = offset(at: time)
        guard offset != 0 else { return utc }
        let local = EvidenceTimes.written(time.adding(seconds: offset))
        return "\(utc)<br><span class=\"local\">\(local) \(EvidenceTimes.sign(offset))</span>"
    }

    /// The zone's name with how far it is from UTC at a time, as `Europe/Berlin (+01:00)`.
    func place(at time: Timestamp) -> String {
        "\(zone.identifier) (\(EvidenceTimes.sign(offset(at: time))))"
    }

    /// Markup in which every time as the log writes it, `2026-01-31T09:30:00Z`, has the other
    /// beside it.
    func beside(in markup: String) -> String {
        markup.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/) { match in
            Timestamp(text: String(match.0)).map { both($0).replacing("<br>", with: " ") }
                ?? String(match.0)
        }
    }

    /// Markup in which every time as the log writes it reads `2026-01-31 09:30:00 UTC`.
    package static func readable(in markup: String) -> String {
        markup.replacing(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z/) {
            "\($0.1) \($0.2) UTC"
        }
    }

    /// Seconds that the zone's clocks are ahead of UTC at a time, summer time included.
    private func offset(at time: Timestamp) -> Int64 {
        let date = Date(timeIntervalSince1970: Double(time.microseconds) / 1_000_000)
        return Int64(zone.secondsFromGMT(for: date))
    }

    /// `2026-01-31 09:30:00`, with what there is of a fraction.
    private static func written(_ time: Timestamp) -> String {
        String(time.text.dropLast()).replacing("T", with: " ")
    }

    /// `+01:00`.
    private static func sign(_ offset: Int64) -> String {
        let minutes = abs(offset) / 60
        func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
        return (offset < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60)
    }
}
