// What the guard is asked before a send leaves one line, and rows where they are wanted.

import Crypto
import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("Recording sends")
struct RecordSendsTests {
    private let recipients = ["a@mail.example", "b@mail.example", "wrong", "new@mail.example"]

    /// Somebody who agreed, and somebody who left.
    private func people(_ installation: Installation) async throws -> ContactID {
        let contact = try await installation.decide(Address(email: "a@mail.example"))
        try await installation.optOut(Address(email: "b@mail.example"))
        return contact
    }

    private func order(
        campaign: String? = "spring",
        wish: SendRecording? = nil,
        setting: SendRecording = .calls
    ) throws -> SendOrder {
        try SendOrder(
            scope: Sample.newsletter,
            campaign: campaign,
            source: .api,
            wish: wish,
            setting: setting
        )
    }

    /// Asks about the recipients and writes it down.
    private func ask(
        _ installation: Installation,
        _ order: SendOrder
    ) async throws -> (answer: MaySendMany.Answer, logged: SendLog.Logged?) {
        var log = SendLog(engine: installation.engine, order: order, actor: Sample.actor)
        let question = try MaySendMany(
            recipients: recipients,
            scope: order.scope,
            detail: order.detail
        )
        let answer = try await installation.engine.ask(question)
        try await log.add(answer)
        return (answer, try await log.finish())
    }

    private func lines(_ installation: Installation) async throws -> [AuditEvent] {
        try await installation.database.read { transaction in
            try transaction.events(after: 0, limit: 10_000)
                .filter { $0.kind.hasPrefix("sends.") }
                .compactMap { AuditEvent(canonical: $0.body) }
        }
    }

    @Test(arguments: Backend.allCases)
    func aCallIsOneLineWithItsCounts(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await people(installation)
            let (answer, logged) = try await ask(installation, try order())
            let line = try #require(try await lines(installation).first)
            #expect(try await lines(installation).count == 1)
            #expect(line.kind == "sends.checked" && line.contact == nil)
            #expect(line.scope == "newsletter" && line.source == .api)
            #expect(line.subject == logged?.call.bytes)
            #expect(
                line.facts == [
                    "campaign": "spring", "allowed": "1", "optOut": "1", "unknownContact": "2",
                    "recipients": "4", "position": String(answer.position),
                    "listSha256": hexadecimal(logged?.list ?? []),
                ]
            )
            let text = String(decoding: line.canonical(), as: UTF8.self)
            for recipient in recipients { #expect(!text.contains("\"\(recipient)")) }
            #expect(try await installation.contents().count(of: "send_decisions") == 0)
        }
    }

    /// One list has one hash, however it is cut, and another order is another list.
    @Test(arguments: Backend.allCases)
    func theHashIsThatOfTheListInItsOrder(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await people(installation)
            func hash(_ parts: [[String]]) async throws -> [UInt8]? {
                var log = SendLog(
                    engine: installation.engine,
                    order: try order(),
                    actor: Sample.actor
                )
                for part in parts {
                    let question = try MaySendMany(recipients: part, scope: Sample.newsletter)
                    try await log.add(installation.engine.ask(question))
                }
                return try await log.finish()?.list
            }
            let whole = try await hash([recipients])
            let cut = [Array(recipients.prefix(1)), Array(recipients.dropFirst(1))]
            #expect(try await hash(cut) == whole)
            #expect(try await hash([recipients.reversed()]) != whole)
            #expect(try await hash([Array(recipients.dropLast())]) != whole)
        }
    }

    @Test(arguments: Backend.allCases)
    func aRowSaysByWhichRecordSomebodyWasAllowed(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await people(installation)
            let (answer, logged) = try await ask(installation, try order(wish: .recipients))
            let history = try await installation.engine.ask(History(.contact(contact)))
            let send = try #require(history.sends.first)
            #expect(history.sends.count == 1)
            #expect(send.reason == .allowed && send.campaign == "spring")
            #expect(send.position == answer.position && send.decidedAt == installation.clock.now)
            #expect(send.record == history.consents.first?.id)
            // Whom nobody knows, nobody can be asked about later.
            #expect(try await installation.contents().count(of: "send_decisions") == 2)
            let found = try await lines(installation)
            #expect(found.map(\.kind) == ["sends.recorded", "sends.checked"])
            #expect(found[0].facts["call"] == logged?.call.text && found[0].facts["rows"] == "2")
            // The log has the hash of the rows' hashes, so that one row can be shown alone.
            let batch = try #require(found[0].subject.flatMap { SendBatchID(bytes: $0) })
            let document = try #require(
                try await installation.database.read { try $0.document(ofSends: batch) }
            )
            #expect(found[0].detailsHash == Array(SHA256.hash(data: document)))
            let row = SendRecord(contact: contact, reason: .allowed, record: send.record)
            let hash = hexadecimal(Array(SHA256.hash(data: Array(row.text.utf8))))
            #expect(String(decoding: document, as: UTF8.self).hasPrefix(hash + "\n"))
        }
    }

    @Test func howMuchIsWritten() async throws {
        struct Case {
            let setting: SendRecording
            let campaign: String?
            let wish: SendRecording?
            let calls: Int
            let rows: Int
        }
        for row in [
            Case(setting: .off, campaign: nil, wish: nil, calls: 0, rows: 0),
            Case(setting: .off, campaign: "spring", wish: nil, calls: 1, rows: 0),
            Case(setting: .off, campaign: nil, wish: .recipients, calls: 1, rows: 2),
            Case(setting: .calls, campaign: nil, wish: nil, calls: 1, rows: 0),
            Case(setting: .calls, campaign: "spring", wish: .recipients, calls: 1, rows: 2),
            Case(setting: .recipients, campaign: nil, wish: nil, calls: 1, rows: 2),
        ] {
            try await Backend.sqlite.withEngine { installation in
                _ = try await people(installation)
                let order = try order(campaign: row.campaign, wish: row.wish, setting: row.setting)
                let logged = try await ask(installation, order).logged
                let calls = try await lines(installation).count { $0.kind == "sends.checked" }
                #expect(calls == row.calls && (logged != nil) == (row.calls > 0), "\(row)")
                let rows = try await installation.contents().count(of: "send_decisions")
                #expect(rows == row.rows, "\(row)")
            }
        }
    }

    /// A check of one person is on the path of every message.
    @Test func oneCheckIsNoWriteUnlessItIsAskedFor() async throws {
        try await Backend.sqlite.withEngine { installation in
            let contact = try await people(installation)
            func check(_ order: SendOrder, _ subject: Subject) async throws -> SendLog.Logged? {
                var log = SendLog(engine: installation.engine, order: order, actor: Sample.actor)
                let question = MaySend(subject: subject, scope: Sample.newsletter)
                try await log.add(installation.engine.ask(question))
                return try await log.finish()
            }
            let address = Subject.address(try Address(email: "a@mail.example"))
            #expect(try await check(try order(campaign: nil), address) == nil)
            let named = try #require(try await check(try order(), address))
            let byID = try #require(
                try await check(try order(wish: .recipients), .contact(contact))
            )
            #expect(named.list == byID.list)
            #expect(try await installation.contents().count(of: "send_decisions") == 1)
            #expect(try await lines(installation).count == 3)
        }
    }

    @Test(arguments: ["", "for ada@mail.example", String(repeating: "x", count: 101)])
    func aCampaignsNameIsKeptForGood(_ name: String) throws {
        let refusal = try #require(throws: Refusal.self) { try order(campaign: name) }
        #expect(refusal.field == "campaign")
    }

    /// Neither line makes the guard's index read anybody again.
    @Test func theIndexPassesThemOver() {
        let touched = GuardTouched(
            ["sends.checked", "sends.recorded", "evidence.exported", "evidence.export-started"]
                .map { GuardNews.Change(contact: nil, kind: $0) }
        )
        #expect(!touched.everything && !touched.blocks && !touched.registry)
        #expect(touched.people.isEmpty)
    }

    @Test(arguments: Backend.allCases)
    func nobodyChangesARow(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await people(installation)
            _ = try await ask(installation, try order(wish: .recipients))
            _ = try await installation.requestErasure(of: "a@mail.example")
            try await installation.doSteps()
            // Random ids alone: what was decided can be shown after an erasure, too.
            let sends = try await installation.database.read {
                try $0.sends(of: contact, limit: 10)
            }
            #expect(sends.count == 1)
            for statement: SQL in [
                "UPDATE send_decisions SET reason = 'optOut'", "DELETE FROM send_decisions",
            ] {
                await #expect(throws: StoreError.self) { try await installation.sql(statement) }
            }
        }
    }
}
