// The journal beside a database: in it before anybody is told, whatever fails.

import Foundation
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedJournal

@Suite("Journal")
struct JournalTests {
    /// The kinds of the entries a journal has, in order.
    private func kinds(_ journal: Journal) throws -> [String] {
        let (lines, damaged) = try journal.lines(of: journal.folder)
        #expect(damaged == 0)
        return lines.compactMap { line in
            if case .entry(let entry, _, true) = line { entry.event.kind } else { nil }
        }
    }

    @Test(arguments: Backend.allCases)
    func whatWasAcknowledgedIsInIt(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let place = try plain.journaled()
            let here = place.installation
            try await here.decide(Sample.address(1))
            #expect(try kinds(place.journal).isEmpty)
            try await here.optOut(Sample.address(1))
            #expect(try kinds(place.journal) == ["suppression.added"])
            // A repeat changes nothing.
            try await here.optOut(Sample.address(1))
            try await here.optOut(Sample.address(2), from: .global)
            try await here.decide(Sample.address(3))
            try await here.decide(Sample.address(3), .withdrawn)
            try await here.decide(Sample.address(4), .denied)
            let all = ["suppression.added", "suppression.added", "consent.withdrawn"]
            #expect(try kinds(place.journal) == all + ["consent.denied"])
            let (lines, _) = try place.journal.lines(of: place.journal.folder)
            let keys = try await here.database.read { transaction in
                try [1, 2].map { transaction.vault.lookupKeys(for: try Sample.address($0)).match }
            }
            let kept = lines.compactMap { line -> [UInt8]? in
                if case .entry(let entry, _, _) = line { entry.keys.first?.key } else { nil }
            }
            #expect(kept == keys)
            // Not one byte of who it was.
            let file = place.journal.folder.path + "/00000001.journal"
            let text = String(
                decoding: FileManager.default.contents(atPath: file) ?? Data(),
                as: UTF8.self
            )
            #expect(text.contains("heed1 event 0 "))
            #expect(!text.contains("person1") && !text.contains("mail.example"))
        }
    }

    /// Many at once share flushes, and every acknowledgement has its line.
    @Test(arguments: Backend.allCases)
    func manyAtOnce(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let place = try plain.journaled()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...40 {
                    group.addTask {
                        try await place.installation.optOut(Sample.address(number), from: .global)
                        let (lines, _) = try place.journal.lines(of: place.journal.folder)
                        let key = try await plain.database.read { transaction in
                            transaction.vault.lookupKeys(for: try Sample.address(number)).match
                        }
                        let isThere = lines.contains { line in
                            if case .entry(let entry, _, _) = line {
                                entry.keys.contains { $0.key == key }
                            } else {
                                false
                            }
                        }
                        #expect(isThere)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// A refusal leaves nothing in it, and neither does a body that ran in vain.
    @Test(arguments: Backend.allCases)
    func whatWasNotCommittedIsNotInIt(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let place = try plain.journaled()
            struct Changed: Error {}
            let block = Suppression(
                reason: .manual,
                scope: nil,
                since: plain.clock.now,
                source: .api,
                optOut: nil
            )
            await #expect(throws: Changed.self) {
                try await place.installation.database.write { transaction -> Int in
                    let address = try Sample.address(1)
                    let event = Event.suppressionAdded(block, .address(address))
                    _ = try transaction.record(Decision((), events: [event]), by: Sample.actor)
                    throw Changed()
                }
            }
            #expect(try kinds(place.journal).isEmpty)
        }
    }

    /// When it cannot be written the caller is told to come again, and nothing else is committed.
    @Test(arguments: Backend.allCases)
    func aJournalThatCannotBeWrittenStopsAcknowledgements(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            _ = try plain.journaled(seed: 76)
            // It opens its file at the first line, and then there is none.
            let place = try plain.journaled()
            let folder = place.journal.folder.path
            let away = folder + "-away"
            try FileManager.default.moveItem(atPath: folder, toPath: away)
            let first = await failureCode {
                try await place.installation.optOut(Sample.address(1), from: .global)
            }
            #expect(first == "outcome-unknown")
            #expect(place.journal.isBehind)
            // The change was made; saying so before it is in the journal would be too early.
            #expect(try await plain.check(Sample.address(1)).reason == .globalOptOut)
            let again = await failureCode {
                try await place.installation.optOut(Sample.address(1), from: .global)
            }
            #expect(again == "unavailable")
            try FileManager.default.moveItem(atPath: away, toPath: folder)
            try await place.installation.optOut(Sample.address(1), from: .global)
            #expect(try kinds(place.journal) == ["suppression.added"])
            #expect(!place.journal.isBehind)
        }
    }

    /// A full disk, and files and folders that went away, are noticed before a stop meets them;
    /// when the cause is gone it is over by itself.
    @Test(arguments: Backend.allCases)
    func itSaysWhyItCannotBeWritten(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let place = try plain.journaled()
            let files = FileManager.default
            let folder = place.journal.folder.path
            let (file, away) = (folder + "/00000001.journal", folder + "-away")
            #expect(place.journal.fault() == nil)
            try await place.installation.optOut(Sample.address(1), from: .global)
            try files.moveItem(atPath: folder, toPath: away)
            #expect(place.journal.fault()?.code == .unavailable)
            // What is written to a file without a name is lost, so nobody is acknowledged anything.
            let code = await failureCode {
                try await place.installation.optOut(Sample.address(2), from: .global)
            }
            #expect(code == "outcome-unknown")
            #expect(place.journal.fault()?.code == .unavailable)
            try files.moveItem(atPath: away, toPath: folder)
            #expect(place.journal.fault() == nil && !place.journal.isBehind)
            #expect(try kinds(place.journal) == ["suppression.added", "suppression.added"])
            try files.moveItem(atPath: file, toPath: away)
            try files.createSymbolicLink(atPath: file, withDestinationPath: "/dev/full")
            #expect(place.journal.fault()?.code == .full)
            try files.removeItem(atPath: file)
            try files.moveItem(atPath: away, toPath: file)
            #expect(place.journal.fault() == nil)
            try await place.installation.optOut(Sample.address(3), from: .global)
            #expect(try kinds(place.journal).count == 3)
        }
    }
}
