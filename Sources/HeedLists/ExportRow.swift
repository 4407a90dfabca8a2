// One person of a list that goes out, and what every program calls where they stand.

package import HeedConsent

/// Where somebody stands with a list.
package enum ExportStatus: String, CaseIterable, Sendable {
    /// They may be written to.
    case subscribed
    /// They were asked and did not answer, or have to be asked again.
    case pending
    /// They said no.
    case unsubscribed
    /// They reported a message as spam.
    case complained
    /// Their address does not work.
    case cleaned
}

/// One row of a list that goes out; it holds personal data and prints as nothing.
package struct ExportRow: Sendable {
    /// The address as it is written to.
    package var address: String
    /// Where they stand.
    package var status: ExportStatus
    /// The guard's word for it.
    package var reason = ""
    /// Since when.
    package var at: Timestamp?
    /// What shows the consent.
    package var evidence = Evidence()
    /// Their language.
    package var locale: String?
    /// Their region.
    package var region: String?
    /// The caller's own key for them.
    package var externalID: String?

    /// Takes what every row has.
    package init(address: String, status: ExportStatus) {
        self.address = address
        self.status = status
    }

    /// The time of the status, when it is this one.
    func time(if wanted: ExportStatus...) -> String {
        wanted.contains(status) ? at?.text ?? "" : ""
    }

    /// The same as databases write it, to the second.
    func plainTime(if wanted: ExportStatus...) -> String {
        wanted.contains(status) ? at.map(plainText) ?? "" : ""
    }
}

extension ExportRow: CustomStringConvertible, CustomReflectable {
    /// Says only where they stand.
    package var description: String { "<\(status.rawValue)>" }

    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// `2026-01-31 09:30:00`, in UTC.
func plainText(_ time: Timestamp) -> String {
    String(time.text.prefix(19)).replacing("T", with: " ")
}

/// `31 Jan 2026 09:30:00 GMT` (RFC 5322 §3.3; the day of the week is optional).
func mailText(_ time: Timestamp) -> String {
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let parts = plainText(time).split { $0 == " " || $0 == "-" }.map(String.init)
    guard parts.count == 4, let month = Int(parts[1]), months.indices.contains(month - 1) else {
        return ""
    }
    return "\(parts[2]) \(months[month - 1]) \(parts[0]) \(parts[3]) GMT"
}
