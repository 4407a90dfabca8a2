// Uploads become imports in the background: once, whatever breaks off, and their files go.

import Foundation
import HeedConsent
import HeedEngine
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedExchange

@Suite("Import worker")
struct ImportWorkerTests {
    private static let list: String = {
        let people = (0..<3500).map { "p\($0)@mail.example,subscribed" }
        let wrong = ["nobody,subscribed", "p1@mail.example,subscribed", "x@mail.example,perhaps"]
        let left = ["q@mail.example,unsubscribed"]
        return (["email,status"] + people.prefix(1700) + wrong + left + people.dropFirst(1700))
            .joined(separator: "\n")
    }()

    private static let counts = [
        "rows": 3504, "granted": 3500, "optedOut": 1, "complaints": 0, "hardBounces": 0,
        "duplicates": 1, "refused": 0, "unchanged": 0, "invalid": 2, "contacts": 3501,
        "passedOver": 0,
    ]

    private func worker(_ engine: Engine, _ fixture: SpoolFixture) -> ImportWorker {
        let holder = [UInt8](repeating: 7, count: 16)
        return ImportWorker(engine: engine, spool: fixture.spool, holder: holder)
    }

    private func rejected(_ engine: Engine, _ id: ImportID) async throws -> [String] {
        var page = try await engine.ask(ReadRejections(of: id))
        var text = page.lines
        while let next = page.next {
            page = try await engine.ask(ReadRejections(of: id, after: next))
            text += page.lines
        }
        return text.split(separator: "\n").map(String.init)
    }

    @Test(arguments: Backend.allCases)
    func anUploadIsImportedAndItsFileGoes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let fixture = SpoolFixture()
            defer { fixture.remove() }
            let engine = installation.engine
            let id = try await fixture.upload(ImportWorkerTests.list, to: installation)
            #expect(try await engine.ask(ReadImport(id)).state == .running)
            #expect(fixture.files.count == 2)
            try await worker(engine, fixture).round()
            let view = try await engine.ask(ReadImport(id))
            #expect(view.state == .finished)
            #expect(view.counts == ImportWorkerTests.counts)
            #expect(view.bytes?.done == ImportWorkerTests.list.utf8.count)
            #expect(fixture.files.isEmpty)
            let lines = try await rejected(engine, id)
            #expect(lines.map { $0.split(separator: ",")[1] } == ["1702", "1704"])
        }
    }

    /// Each number of writes after which the database goes away, before and after its commit.
    @Test(arguments: [1, 2, 3, 4], [FaultyDatabase.Fault.beforeCommit, .afterCommit])
    func eachRowIsCountedOnceWhereverItBreaksOff(
        _ writes: Int,
        _ fault: FaultyDatabase.Fault
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            let fixture = SpoolFixture()
            defer { fixture.remove() }
            let faults = FaultyDatabase(installation.database)
            let engine = Engine(database: faults)
            let id = try await fixture.upload(ImportWorkerTests.list, to: installation)
            faults.plan([FaultyDatabase.Fault](repeating: .none, count: writes - 1) + [fault])
            await #expect(throws: StoreError.self) { try await worker(engine, fixture).round() }
            #expect(fixture.files.count == 2)
            // Another process, after the first one died.
            try await worker(installation.engine, fixture).round()
            let view = try await engine.ask(ReadImport(id))
            #expect(view.state == .finished)
            #expect(view.counts == ImportWorkerTests.counts)
            #expect(try await rejected(engine, id).count == 2)
            let records = try await installation.number("SELECT count(*) FROM consent_records")
            #expect(records == 3501)
            #expect(fixture.files.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func aDryRunChangesNobodyAndLeavesNoFile(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let fixture = SpoolFixture()
            defer { fixture.remove() }
            let before = try await installation.contents()
            let id = try await fixture.upload(
                ImportWorkerTests.list,
                to: installation,
                isDryRun: true
            )
            // Broken off and begun again: nothing is listed twice.
            let note = NoteDryRun(
                id: id,
                position: ImportPosition(),
                rejected: [RejectedLine(file: "f", line: 1, outcome: "invalid", reason: "r")]
            )
            _ = try await installation.engine.perform(note, as: Sample.actor)
            try await worker(installation.engine, fixture).round()
            let view = try await installation.engine.ask(ReadImport(id))
            #expect(view.state == .finished)
            #expect(view.isDryRun)
            #expect(view.counts == ImportWorkerTests.counts)
            #expect(try await rejected(installation.engine, id).count == 2)
            let changed = try await installation.contents().changed(since: before)
            #expect(Set(changed).subtracting(["leases"]) == ["import_rejections", "imports"])
            #expect(fixture.files.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func anImportThatIsUndoneWhileItWaitsRecordsNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let fixture = SpoolFixture()
            defer { fixture.remove() }
            let engine = installation.engine
            let id = try await fixture.upload(ImportWorkerTests.list, to: installation)
            let request = RequestUndo(id, by: Sample.actor)
            _ = try await engine.perform(request, as: Sample.actor)
            try await worker(engine, fixture).round()
            #expect(try await engine.ask(ReadImport(id)).state == .undone)
            #expect(try await installation.number("SELECT count(*) FROM consent_records") == 0)
            #expect(fixture.files.isEmpty)
        }
    }

    /// It broke off, is undone elsewhere, and must not go on with the rest.
    @Test(arguments: Backend.allCases)
    func whatIsUndoneDoesNotGoOn(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let fixture = SpoolFixture()
            defer { fixture.remove() }
            let faults = FaultyDatabase(installation.database)
            let id = try await fixture.upload(ImportWorkerTests.list, to: installation)
            faults.plan([.none, .beforeCommit])
            await #expect(throws: StoreError.self) {
                try await worker(Engine(database: faults), fixture).round()
            }
            let undoing = ImportUndoing(engine: installation.engine, actor: Sample.actor)
            let report = try await undoing.run(id)
            #expect(report.takenBack == ImportRows.rowsMaximum)
            try await worker(installation.engine, fixture).round()
            #expect(fixture.files.isEmpty)
            let records = try await installation.number("SELECT count(*) FROM consent_records")
            #expect(Int(records) == ImportRows.rowsMaximum)
            let granted = try await installation.number(
                "SELECT count(*) FROM permissions WHERE state = 'granted'"
            )
            #expect(granted == 0)
        }
    }

    @Test func aListThatBreaksInTheMiddleEndsWithItsReason() async throws {
        try await Backend.sqlite.withEngine { installation in
            let fixture = SpoolFixture()
            defer { fixture.remove() }
            let id = try await fixture.upload(ImportWorkerTests.list, to: installation)
            // The file is another one than the batch began with.
            let path = "\(fixture.path)/\(id.text).list"
            try Data("email,status\na@mail.example\n".utf8).write(to: URL(filePath: path))
            try await worker(installation.engine, fixture).round()
            let view = try await installation.engine.ask(ReadImport(id))
            #expect(view.state == .failed)
            #expect(view.failure?.contains("other files") == true)
            #expect(fixture.files.isEmpty)
        }
    }

    @Test func whatACrashLeftBeforeTheAnswerIsRemoved() async throws {
        try await Backend.sqlite.withEngine { installation in
            let fixture = SpoolFixture()
            defer { fixture.remove() }
            let half = try fixture.spool.receive(for: ImportID(high: 1, low: 1))
            half.release()
            let whole = try fixture.spool.receive(for: ImportID(high: 1, low: 2))
            try whole.close(
                ImportOrder(.sample, name: "a", isDryRun: false, actor: Sample.actor)
            )
            // Being received just now.
            try await worker(installation.engine, fixture).round()
            #expect(fixture.files.count == 2)
            whole.release()
            try await worker(installation.engine, fixture).round()
            #expect(fixture.files.isEmpty)
            #expect(try await installation.number("SELECT count(*) FROM imports") == 0)
        }
    }
}
