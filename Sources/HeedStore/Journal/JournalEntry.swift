// A line of the journal of stops: one audit event that must outlive its database, with the keyed
// hashes it is about.

import Foundation
package import HeedConsent

/// What is written down beside the database about one event.
///
/// Nothing in it is readable personal data: the audit log's line has none, addresses are keyed
/// hashes, and the token of a receipt is sealed.
package struct JournalEntry: Hashable, Sendable {
    /// The audit log's line.
    package let event: AuditEvent
    /// What a block was put on; empty for other events.
    package let keys: [SuppressedKey]
    /// The sealed token of a request that was received, or the sealed lookup key that was added;
    /// empty for other events.
    package let token: [UInt8]

    /// Makes an entry.
    package init(_ event: AuditEvent, keys: [SuppressedKey] = [], token: [UInt8] = []) {
        self.event = event
        self.keys = keys
        self.token = token
    }

    /// True when an event belongs in the journal.
    ///
    /// A withdrawal that belongs to an opt-out is there as its block; of requests only erasures
    /// are, as all others are done by people who have them in hand.
    static func isKept(_ event: AuditEvent) -> Bool {
        switch event.kind {
        case "suppression.added", "erasure.local-cascade-completed", LookupKeyChange.eventKind:
            true
        case "consent.withdrawn": event.facts["optOut"] == nil
        case "consent.denied": true
        default:
            event.kind.hasPrefix("request.") && event.facts["request"] == "erasure"
        }
    }
}

/// What a line of the journal says.
package enum JournalLine: Hashable, Sendable {
    /// An event. `isCertain` is false when nobody knows whether its transaction was committed.
    case entry(JournalEntry, epoch: Int64, isCertain: Bool)
    /// The journal began, or went on in a new file.
    case began(at: Timestamp)
    /// Every event of this epoch up to a position is above.
    case complete(epoch: Int64, position: Int64)
}

extension JournalLine {
    private static let version = "heed1"

    /// The words of the line; each is ASCII without spaces.
    private var words: [String] {
        switch self {
        case .began(let at): ["began", String(at.microseconds)]
        case .complete(let epoch, let position): ["complete", String(epoch), String(position)]
        case .entry(let entry, let epoch, let isCertain):
            [
                isCertain ? "event" : "perhaps", String(epoch),
                Data(entry.event.canonical()).base64EncodedString(),
                entry.keys.isEmpty ? "-" : entry.keys.map(\.word).joined(separator: ","),
                entry.token.isEmpty ? "-" : hexadecimal(entry.token),
            ]
        }
    }

    /// The line with its check value, and no line break.
    ///
    /// The check value is keyed: whoever can write to the folder cannot have people erased.
    package func text(_ vault: Vault) -> String {
        let text = ([JournalLine.version] + words).joined(separator: " ")
        return text + " " + JournalLine.check(text, vault)
    }

    /// Reads a line; nil for one that was cut, changed, or written with another vault.
    package init?(_ line: some StringProtocol, _ vault: Vault) {
        let line = String(line)
        guard let space = line.lastIndex(of: " ") else { return nil }
        let text = String(line[..<space])
        let found = Array(line[line.index(after: space)...].utf8)
        let wanted = Array(JournalLine.check(text, vault).utf8)
        guard constantTimeEqual(found, wanted) else { return nil }
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 3, words[0] == JournalLine.version, let number = Int64(words[2]) else {
            return nil
        }
        switch (words[1], words.count) {
        case ("began", 3): self = .began(at: Timestamp(microseconds: number))
        case ("complete", 4):
            guard let position = Int64(words[3]) else { return nil }
            self = .complete(epoch: number, position: position)
        case ("event", 6), ("perhaps", 6):
            guard let entry = JournalEntry(words[3], keys: words[4], token: words[5]) else {
                return nil
            }
            self = .entry(entry, epoch: number, isCertain: words[1] == "event")
        default: return nil
        }
    }

    private static func check(_ text: String, _ vault: Vault) -> String {
        hexadecimal(vault.fingerprint([Array("journal".utf8), Array(text.utf8)]).prefix(8))
    }
}

extension JournalEntry {
    fileprivate init?(_ event: String, keys: String, token: String) {
        guard let body = Data(base64Encoded: event), let event = AuditEvent(canonical: Array(body))
        else { return nil }
        var blocked: [SuppressedKey] = []
        for word in keys == "-" ? [] : keys.split(separator: ",") {
            guard let key = SuppressedKey(word: word) else { return nil }
            blocked.append(key)
        }
        guard let sealed = token == "-" ? [] : bytes(hexadecimal: token) else { return nil }
        self.init(event, keys: blocked, token: sealed)
    }
}

extension SuppressedKey {
    fileprivate var word: String { hexadecimal(key) + (isWidened ? "w" : "m") }

    fileprivate init?(word: Substring) {
        guard let form = word.last, form == "w" || form == "m",
            let key = bytes(hexadecimal: String(word.dropLast())), key.count == 16
        else { return nil }
        self.init(key: key, isWidened: form == "w")
    }
}
