// What Amazon SES' own API and command line print: contacts with their topics, and the account's
// suppression list.

import Foundation
import HeedConsent

/// Reads the objects of `ListContacts`, `GetContact`, `ListSuppressedDestinations`,
/// `GetSuppressedDestination`, and of files for an import job.
struct SESContacts: Sendable {
    /// The members whose lists are the records.
    static let members: Set<String> = ["contacts", "suppresseddestinationsummaries"]

    /// The topic the rows are asked about; nobody's topic is somebody else's yes.
    let topic: String
    /// What contacts are whose topics do not say it.
    let given: ImportRow.Status?
    /// A yes of after this is a mistake.
    let notAfter: Timestamp?

    /// One object of either list, its members as SES or as its import files spell them.
    private struct Entry: Decodable {
        struct Preference: Decodable {
            let topicName: String
            let subscriptionStatus: String
        }

        struct Suppressed: Decodable {
            let emailAddress: String?
            let reason: String?
            let lastUpdateTime: Time?
        }

        let emailAddress: String?
        let unsubscribeAll: Bool?
        let topicPreferences: [Preference]?
        let createdTimestamp: Time?
        let lastUpdatedTimestamp: Time?
        let reason: String?
        let lastUpdateTime: Time?
        let suppressedDestination: Suppressed?
    }

    /// The API prints seconds, the command line a text.
    private struct Time: Decodable {
        let time: Timestamp?

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let seconds = try? value.decode(Double.self), abs(seconds) < 1e11 {
                time = Timestamp(microseconds: Int64(seconds * 1_000_000))
            } else {
                time = (try? value.decode(String.self)).flatMap { Timestamp(text: $0) }
            }
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// True when the object is of the suppression list.
    static func isSuppressed(_ record: JSONRecord) -> Bool {
        guard let entry = try? entry(record) else { return false }
        return entry.reason != nil || entry.suppressedDestination != nil
    }

    private static func entry(_ record: JSONRecord) throws(InvalidRow) -> Entry {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            let name = path.last?.stringValue ?? ""
            return Name(stringValue: name.prefix(1).lowercased() + name.dropFirst())
        }
        do {
            return try decoder.decode(Entry.self, from: Data(record.bytes))
        } catch {
            throw InvalidRow("this is neither a contact nor a suppressed destination of SES")
        }
    }

    /// Reads one object.
    func row(_ record: JSONRecord) throws(InvalidRow) -> ImportRow {
        let entry = try SESContacts.entry(record)
        if let reason = entry.suppressedDestination?.reason ?? entry.reason {
            let stopped = entry.suppressedDestination?.lastUpdateTime ?? entry.lastUpdateTime
            return ImportRow(
                line: record.line,
                address: try address(
                    entry.suppressedDestination?.emailAddress ?? entry.emailAddress
                ),
                status: try SESContacts.status(reason: reason),
                decidedAt: stopped?.time,
                evidence: Evidence()
            )
        }
        return try contact(entry, line: record.line)
    }

    private func contact(_ entry: Entry, line: Int) throws(InvalidRow) -> ImportRow {
        let address = try address(entry.emailAddress)
        let isGlobal = entry.unsubscribeAll == true
        let status = isGlobal ? .unsubscribed : try status(of: entry)
        // A yes is no newer than the contact, a stop no older than the last change.
        let decidedAt =
            status == .subscribed
            ? entry.createdTimestamp?.time ?? entry.lastUpdatedTimestamp?.time
            : entry.lastUpdatedTimestamp?.time
        if status == .subscribed, let decidedAt, let notAfter, decidedAt > notAfter {
            throw InvalidRow("lastUpdatedTimestamp: this time is in the future")
        }
        var row = ImportRow(
            line: line,
            address: address,
            status: status,
            decidedAt: decidedAt,
            evidence: Evidence()
        )
        row.isGlobal = isGlobal
        return row
    }

    /// What the person said of the topic; a list's default is nobody's word.
    private func status(of entry: Entry) throws(InvalidRow) -> ImportRow.Status {
        let wanted = folded(topic)
        let said = Set(
            (entry.topicPreferences ?? []).filter { folded($0.topicName) == wanted }
                .map { folded($0.subscriptionStatus) }
        )
        if said.contains("opt_out") { return .unsubscribed }
        if said == ["opt_in"] { return .subscribed }
        guard said.isEmpty else {
            throw InvalidRow("subscriptionStatus: neither OPT_IN nor OPT_OUT")
        }
        if let given { return given }
        throw InvalidRow(passingOver: "topicPreferences: nothing is said of '\(topic)'")
    }

    private static func status(reason: String) throws(InvalidRow) -> ImportRow.Status {
        switch folded(reason) {
        case "bounce": return .cleaned
        case "complaint": return .complained
        default: throw InvalidRow("reason: neither BOUNCE nor COMPLAINT")
        }
    }

    private func address(_ text: String?) throws(InvalidRow) -> Address {
        do {
            return try Address(email: text ?? "", field: "emailAddress")
        } catch {
            throw InvalidRow(error.description)
        }
    }
}
