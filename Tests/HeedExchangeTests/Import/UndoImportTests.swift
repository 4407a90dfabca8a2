// Undoing a batch restores what was, revives nobody who left since, and deletes no record.

import HeedConsent
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine
@testable import HeedExchange

@Suite("Undo import")
struct UndoImportTests {
    private func run(_ installation: Installation, _ text: String) async throws -> ImportID {
        let importer = Importer(
            .sample,
            engine: installation.engine,
            mode: .write,
            actor: Sample.actor
        )
        let source = ImportSource(name: "list.csv", byteCount: text.utf8.count) {
            var bytes: [UInt8]? = Array(text.utf8)
            return {
                defer { bytes = nil }
                return bytes
            }
        }
        let report = try await importer.run([source]) { _ in }
        return try #require(ImportID(text: report.batch))
    }

    private func reason(
        _ installation: Installation,
        _ name: String
    ) async throws -> SendDecision.Reason {
        let subject = Subject.address(try Address(email: "\(name)@mail.example"))
        let question = MaySend(subject: subject, scope: Sample.newsletter)
        return try await installation.engine.ask(question).decision.reason
    }

    private func consent(_ installation: Installation, _ name: String) async throws {
        _ = try await installation.decide(Address(email: "\(name)@mail.example"))
    }

    @Test(arguments: Backend.allCases)
    func permissionsBecomeWhatTheyWouldBeWithoutTheBatch(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let engine = installation.engine
            // Somebody agreed before, and the batch brings a newer yes.
            _ = try await run(installation, "email,consented_at\nolder@mail.example,2025-01-01\n")
            let batch = try await run(
                installation,
                """
                email,status,consented_at
                new@mail.example,subscribed,2025-06-01
                older@mail.example,subscribed,2025-06-01
                left@mail.example,subscribed,2025-06-01
                again@mail.example,subscribed,2025-06-01
                stop@mail.example,unsubscribed,
                """
            )
            let address = try Address(email: "left@mail.example")
            let optOut = try RequestOptOut(
                subject: .address(address),
                extent: .scope(Sample.newsletter),
                source: .oneClick
            )
            _ = try await engine.perform(optOut, as: .person)
            try await consent(installation, "again")
            let records: SQL = "SELECT count(*) FROM consent_records"
            let before = try await installation.number(records)
            let undoing = ImportUndoing(engine: engine, actor: Sample.actor)
            let report = try await undoing.run(batch)
            #expect(report.takenBack == 4)
            // Of the one who left nothing is another: a stop shows no policy.
            #expect(report.changed == 2)
            #expect(report.optOutsKept == 1)
            let expected: [(String, SendDecision.Reason)] = [
                ("new", .noConsent), ("older", .allowed), ("left", .optOut), ("again", .allowed),
                ("stop", .optOut),
            ]
            for (name, wanted) in expected {
                #expect(try await reason(installation, name) == wanted, "\(name)")
            }
            #expect(try await installation.number(records) == before)
            let older = try Address(email: "older@mail.example")
            let history = try await engine.ask(History(.address(older)))
            let permission = history.scopes.first { $0.scope.name == Sample.newsletter }?.permission
            #expect(permission?.decidedAt?.text == "2025-01-01T00:00:00Z")
            #expect(history.timeline.map(\.kind).contains("import.consent-taken-back"))
        }
    }

    @Test(arguments: Backend.allCases)
    func aSecondUndoChangesNothingAndTheVerifierAgrees(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let names = (0..<230).map { "p\($0)@mail.example,subscribed" }.joined(separator: "\n")
            let batch = try await run(installation, "email,status\n\(names)\n")
            let undoing = ImportUndoing(engine: installation.engine, actor: Sample.actor)
            #expect(try await undoing.run(batch).takenBack == 230)
            let before = try await installation.contents()
            #expect(try await undoing.run(batch).takenBack == 0)
            #expect(try await installation.contents().changed(since: before).isEmpty)
            let page = try await installation.database.read { transaction in
                try transaction.people(
                    in: ContactRange(
                        after: Array(repeating: 0, count: 16),
                        through: Array(repeating: 255, count: 16)
                    )
                )
            }
            let fold = PermissionFold(page, horizon: Timestamp(microseconds: 0))
            #expect(fold.differences(from: page.permissions).isEmpty)
            #expect(page.takenBack.count == 230)
            // The same list may come again: it was never a no.
            let again = try await run(installation, "email,status\n\(names)\n")
            #expect(again != batch)
            #expect(try await reason(installation, "p7") == .allowed)
        }
    }

    private func evidence(_ installation: Installation, _ name: String) async throws -> String? {
        let address = try Address(email: "\(name)@mail.example")
        let history = try await installation.engine.ask(History(.address(address)))
        let scope = history.scopes.first { $0.scope.name == Sample.newsletter }
        guard let record = scope?.permission.record, let contact = history.contact else {
            return nil
        }
        return try await installation.database.read { transaction in
            try transaction.evidence(of: record, contact: contact.id)?.ip
        }
    }

    /// What a later batch said as well stands by itself.
    @Test(arguments: Backend.allCases)
    func aYesThatALaterBatchRepeatedStaysUntilThatIsUndone(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let engine = installation.engine
            let header = "email,status,consented_at,ip\n"
            func list(_ ip: String) -> String {
                header + "dated@mail.example,subscribed,2025-01-01,\(ip)\n"
                    + "plain@mail.example,subscribed,,\(ip)\n"
            }
            try await consent(installation, "own")
            let own = header + "own@mail.example,subscribed,2025-01-01,192.0.2.1\n"
            #expect(try await installation.number("SELECT count(*) FROM consent_records") == 1)
            _ = try await run(installation, own)
            // What rests on the person's own act needs no list.
            #expect(try await installation.number("SELECT count(*) FROM consent_records") == 1)
            let first = try await run(installation, list("192.0.2.1"))
            let second = try await run(installation, list("192.0.2.2"))
            // With two behind it a yes needs no more: a nightly list does not fill the record.
            let count = try await installation.number("SELECT count(*) FROM consent_records")
            for _ in 1...3 { _ = try await run(installation, list("192.0.2.3")) }
            let later = try await installation.number("SELECT count(*) FROM consent_records")
            #expect(count == later)
            let undoing = ImportUndoing(engine: engine, actor: Sample.actor)
            #expect(try await undoing.run(first).takenBack == 2)
            for name in ["dated", "plain"] {
                #expect(try await reason(installation, name) == .allowed, "\(name)")
                #expect(try await evidence(installation, name) == "192.0.2.2", "\(name)")
            }
            #expect(try await undoing.run(second).takenBack == 2)
            for name in ["dated", "plain"] {
                #expect(try await reason(installation, name) == .noConsent, "\(name)")
            }
            _ = try await run(installation, list("192.0.2.3"))
            #expect(try await reason(installation, "dated") == .allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func undoingTheLaterOneRestoresTheFirst(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let list = "email,status,consented_at,ip\na@mail.example,subscribed,,192.0.2.1\n"
            _ = try await run(installation, list)
            let address = try Address(email: "a@mail.example")
            func permission() async throws -> Permission? {
                let history = try await installation.engine.ask(History(.address(address)))
                return history.scopes.first { $0.scope.name == Sample.newsletter }?.permission
            }
            let before = try await permission()
            installation.clock.advance(seconds: 60)
            let second = try await run(installation, list)
            #expect(try await permission() != before)
            let undoing = ImportUndoing(engine: installation.engine, actor: Sample.actor)
            _ = try await undoing.run(second)
            #expect(try await permission() == before)
        }
    }

    @Test func abatchNobodyKnowsIsRefused() async throws {
        try await Backend.sqlite.withEngine { installation in
            let undoing = ImportUndoing(engine: installation.engine, actor: Sample.actor)
            let effect = try await installation.effect {
                try await undoing.run(ImportID(high: 5, low: 5))
            }
            #expect(effect == .refused("not-found batch"))
        }
    }
}
