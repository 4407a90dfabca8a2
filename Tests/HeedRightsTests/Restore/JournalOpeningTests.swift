// What is found out when a database is opened beside its journal.

import Foundation
import HeedConsent
import HeedEngine
import HeedJournal
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Opening beside a journal")
struct JournalOpeningTests {
    private func entries(_ journal: Journal) throws -> [JournalEntry] {
        try journal.lines(of: journal.folder).lines.compactMap { line in
            if case .entry(let entry, _, _) = line { entry } else { nil }
        }
    }

    /// What an entry says, whatever the order of its keys.
    private func words(_ journal: Journal) throws -> [String] {
        try entries(journal).map { entry in
            let keys = entry.keys.map { hexadecimal($0.key) + ($0.isWidened ? "w" : "m") }
            let event = String(decoding: entry.event.canonical(), as: UTF8.self)
            return "\(event) \(keys.sorted()) \(entry.token)"
        }
    }

    /// What was committed by a process that died before it wrote its lines is written at the next
    /// start, with everything that a line of its own would have.
    @Test(arguments: Backend.allCases)
    func whatACrashLeftOutIsWritten(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            // One that keeps a journal of its own stands for what the lines would have been.
            let model = try plain.journaled(journal: plain.journalPath + "-model", seed: 70)
            let place = try plain.journaled()
            let dying = model.installation
            try await dying.optOut(Sample.address(1), from: .global)
            try await dying.decide(Sample.address(2))
            try await dying.decide(Sample.address(2), .withdrawn)
            let bounce = Suppression(
                reason: .hardBounce,
                scope: nil,
                since: plain.clock.now,
                source: .provider,
                optOut: nil
            )
            let address = try Address(email: "a.b@gmail.com")
            try await dying.record([.suppressionAdded(bounce, .address(address))])
            _ = try await dying.requestErasure(of: "person2@mail.example")
            try await dying.settle()
            #expect(try entries(place.journal).isEmpty)
            let missing = try await place.journal.complete(from: plain.database)
            #expect(try words(place.journal) == words(model.journal))
            #expect(try missing == entries(model.journal).count)
            #expect(try await place.journal.complete(from: plain.database) == 0)
            // Of what is older than its last look nothing is asked again.
            try await place.installation.optOut(Sample.address(3))
            #expect(try await place.journal.complete(from: plain.database) == 0)
        }
    }

    /// A folder without a journal beside a database that is not new may be the wrong one.
    @Test(arguments: Backend.allCases)
    func aJournalThatBeginsLateSaysSo(_ backend: Backend) async throws {
        try await backend.withDatabase { plain in
            let first = try plain.journaled()
            #expect(!first.journal.hasBegunLate)
        }
        try await backend.withEngine { plain in
            let late = try plain.journaled()
            #expect(late.journal.hasBegunLate)
            let again = try plain.journaled(seed: 79)
            #expect(!again.journal.hasBegunLate)
            let elsewhere = plain.journalPath + "-elsewhere"
            let restoring = try plain.journaled(.restoring, journal: elsewhere, seed: 80)
            #expect(!restoring.journal.hasBegunLate)
        }
    }

    /// A database that does not know its journal's newest line was put back, and serves nobody.
    @Test(arguments: Backend.allCases)
    func anOlderDatabaseIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let place = try plain.journaled()
            try await plain.withBackup { folder in
                let path = place.journal.folder.path
                _ = try plain.moved(to: folder, seed: 54).journaled(journal: path)
                try await place.installation.optOut(Sample.address(1))
                _ = try plain.journaled(seed: 78)
                let older = try plain.moved(to: folder)
                let error = #expect(throws: StoreError.self) {
                    _ = try older.journaled(journal: path)
                }
                #expect(error?.code == .restoring)
                #expect(error?.message.contains("heed restore --in-place") == true)
                _ = try older.journaled(.restoring, journal: path)
            }
        }
    }
}
