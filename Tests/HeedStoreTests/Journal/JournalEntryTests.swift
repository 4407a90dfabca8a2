// Lines of the journal: what was written is read, and nothing else is.

import HeedConsent
import TestSupport
import Testing

@testable import HeedStore

@Suite("Journal lines")
struct JournalEntryTests {
    private func withVault(_ test: @Sendable @escaping (Vault) throws -> Void) async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.database.read { try test($0.vault) }
        }
    }

    private static func entry() -> JournalEntry {
        var event = AuditEvent(
            id: EventID(high: 0x0190_0000_0000_7001, low: 0x8000_0000_0000_0001),
            at: Timestamp(seconds: 1_800_000_000),
            kind: "suppression.added",
            actor: .person
        )
        event.source = .oneClick
        event.facts = ["reason": "opt-out-global", "since": "2027-01-15T08:00:00Z"]
        let keys = [
            SuppressedKey(key: [UInt8](repeating: 7, count: 16), isWidened: false),
            SuppressedKey(key: [UInt8](repeating: 9, count: 16), isWidened: true),
        ]
        return JournalEntry(event, keys: keys, token: [1, 2, 3])
    }

    @Test func everyLineIsReadAsItWasWritten() async throws {
        try await withVault { vault in
            let lines: [JournalLine] = [
                .entry(JournalEntryTests.entry(), epoch: 3, isCertain: true),
                .entry(JournalEntry(JournalEntryTests.entry().event), epoch: 0, isCertain: false),
                .began(at: Timestamp(microseconds: 1_800_000_000_000_001)),
                .complete(epoch: 2, position: 4711),
            ]
            for line in lines {
                let text = line.text(vault)
                #expect(JournalLine(text, vault) == line)
                #expect(!text.contains("\n"))
            }
        }
    }

    /// A line that was cut anywhere, or changed in any byte, is no line.
    @Test func aCutOrChangedLineIsNone() async throws {
        try await withVault { vault in
            let line = JournalLine.entry(JournalEntryTests.entry(), epoch: 3, isCertain: true)
            let text = Array(line.text(vault).utf8)
            for end in text.indices {
                let cut = String(decoding: text[..<end], as: UTF8.self)
                #expect(JournalLine(cut, vault) == nil, "\(end)")
                var changed = text
                changed[end] ^= 1
                #expect(JournalLine(String(decoding: changed, as: UTF8.self), vault) == nil)
            }
        }
    }

    /// Whoever can write to the folder cannot have anybody erased.
    @Test func aLineOfAnotherInstallationIsNone() async throws {
        let line = JournalLine.entry(JournalEntryTests.entry(), epoch: 0, isCertain: true)
        try await Backend.sqlite.withDatabase(seed: 2) { other in
            let text = try await other.database.read { line.text($0.vault) }
            try await withVault { vault in #expect(JournalLine(text, vault) == nil) }
        }
    }

    @Test func whatIsKept() {
        func event(_ kind: String, _ facts: [String: String] = [:]) -> AuditEvent {
            var event = JournalEntryTests.entry().event
            event = AuditEvent(id: event.id, at: event.at, kind: kind, actor: .person)
            event.facts = facts
            return event
        }
        #expect(JournalEntry.isKept(event("suppression.added")))
        #expect(JournalEntry.isKept(event("consent.withdrawn")))
        #expect(JournalEntry.isKept(event("consent.denied")))
        #expect(JournalEntry.isKept(event("erasure.local-cascade-completed")))
        #expect(JournalEntry.isKept(event("request.received", ["request": "erasure"])))
        #expect(!JournalEntry.isKept(event("request.received", ["request": "access"])))
        #expect(!JournalEntry.isKept(event("consent.withdrawn", ["optOut": "x"])))
        #expect(!JournalEntry.isKept(event("consent.granted")))
        #expect(!JournalEntry.isKept(event("suppression.lifted")))
    }
}
