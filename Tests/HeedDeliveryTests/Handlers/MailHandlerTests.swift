// Messages of our own over a real socket: what is said, what is tried again, and what is given up.

import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedServer
import HeedStore
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("MailHandler")
struct MailHandlerTests {
    private let ada = Result { try Sample.address() }

    private func handler(
        _ installation: Installation,
        _ server: ScriptedMailServer,
        by engine: Engine? = nil,
        _ log: LogLines = LogLines()
    ) throws -> MailHandler {
        var mailServer = MailServer(host: "127.0.0.1", port: server.port, security: .none)
        // A machine with much else to do must not make an answer late.
        mailServer.timeoutSeconds = 600
        return MailHandler(
            engine: engine ?? installation.engine,
            outlet: try MailOutlet(
                mailer: SMTPMailer(mailServer),
                sender: "hello@shop.example",
                languages: try PageLanguages(folder: nil, fallback: nil),
                linkBase: { "https://heed.shop.example" }
            ),
            retryPolicy: RetryPolicy(),
            surroundings: installation.surroundings,
            logger: log.logger
        )
    }

    private func ask(_ installation: Installation) async throws {
        let command = try RequestDoubleOptIn(
            address: ada.get(),
            scope: Sample.newsletter,
            source: .form,
            policyVersion: Sample.version,
            terms: DoubleOptInTerms()
        )
        _ = try await installation.engine.perform(command, as: Sample.actor)
    }

    private func jobs(_ installation: Installation) async throws -> [Job] {
        let claim = ClaimJobs(lane: .mail, limit: 9, leaseSeconds: 30)
        return try await installation.engine.perform(claim, as: .system("worker")).receipt
    }

    /// Does the two jobs there are, and answers with what the mail server was told.
    private func sendingBoth(_ installation: Installation) async throws -> [String] {
        let server = try await ScriptedMailServer.listen()
        let jobs = try await jobs(installation)
        try #require(jobs.count == 2)
        for job in jobs { try await handler(installation, server).handle(job) }
        try await server.close()
        #expect(try await states(installation) == [])
        return server.lines
    }

    private func states(_ installation: Installation) async throws -> [String] {
        try await installation.queueDepth().map { "\($0.lane) \($0.state)" }
    }

    /// The parts of the message that a server heard, decoded.
    private func parts(_ lines: [String]) -> [String] {
        guard let start = lines.firstIndex(of: "DATA") else { return [] }
        let message = lines[(start + 1)...].prefix { $0 != "." }
        return message.split { $0.hasPrefix("--heed-") }.dropFirst().map { part in
            let body = part.drop { !$0.isEmpty }.joined()
            return String(decoding: Data(base64Encoded: body) ?? Data(), as: UTF8.self)
        }
    }

    @Test(arguments: Backend.allCases)
    func theMessageLeadsToThePage(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let server = try await ScriptedMailServer.listen()
            try await ask(installation)
            let job = try #require(try await jobs(installation).first)
            try await handler(installation, server).handle(job)
            try await server.close()
            #expect(try await states(installation) == [])
            let lines = server.lines
            #expect(lines.contains("MAIL FROM:<hello@shop.example>"))
            #expect(lines.contains("RCPT TO:<person1@mail.example>"))
            #expect(lines.contains("Message-ID: <\(job.id.text)@shop.example>"))
            #expect(lines.contains("Auto-Submitted: auto-generated"))
            #expect(lines.contains("Subject: Please confirm: newsletter"))
            let parts = parts(lines)
            try #require(parts.count == 2)
            let link = /https:\/\/heed\.shop\.example\/c\/(v1\.k1\.[\w-]+)/
            let token = try #require(parts[0].firstMatch(of: link)?.1)
            #expect(parts[1].firstMatch(of: link)?.1 == token)
            // No picture, no script, no other address that would tell that it was read.
            #expect(!parts[1].contains("<img") && !parts[1].contains("<script"))
            #expect(parts[1].ranges(of: "http").count == 1)
            #expect(!parts.joined().contains("person1"))
            let confirm = ConfirmDoubleOptIn(token: String(token), ip: nil)
            #expect(try await installation.engine.perform(confirm, as: .person).receipt)
        }
    }

    @Test(arguments: ["EHLO", "MAIL", "RCPT", "DATA", "."])
    func aServerThatBreaksOffIsTriedAgain(_ command: String) async throws {
        try await Backend.sqlite.withEngine { installation in
            var answers = ScriptedMailServer.good
            answers[command] = "close"
            let broken = try await ScriptedMailServer.listen(answers)
            try await ask(installation)
            let log = LogLines()
            let job = try #require(try await jobs(installation).first)
            try await handler(installation, broken, log).handle(job)
            try await broken.close()
            #expect(try await states(installation) == ["mail ready"])
            #expect(log.all.contains { $0.contains("tried again") })
            #expect(!log.all.contains { $0.contains("person1") })
            installation.clock.advance(seconds: 60)
            let server = try await ScriptedMailServer.listen()
            let again = try #require(try await jobs(installation).first)
            try await handler(installation, server).handle(again)
            try await server.close()
            #expect(again.id == job.id)
            #expect(server.lines.contains("Message-ID: <\(job.id.text)@shop.example>"))
            #expect(try await states(installation) == [])
        }
    }

    @Test func aReceiverThatIsRefusedIsGivenUp() async throws {
        try await Backend.sqlite.withEngine { installation in
            var answers = ScriptedMailServer.good
            answers["RCPT"] = "550 5.1.1 no person1@mail.example here"
            let server = try await ScriptedMailServer.listen(answers)
            try await ask(installation)
            let log = LogLines()
            let job = try #require(try await jobs(installation).first)
            try await handler(installation, server, log).handle(job)
            try await server.close()
            #expect(try await states(installation) == ["mail buried"])
            #expect(log.all.contains { $0.contains("given up") && $0.contains("550") })
            #expect(!log.all.contains { $0.contains("person1") })
        }
    }

    @Test func afterTheLastAttemptItIsGivenUp() async throws {
        try await Backend.sqlite.withEngine { installation in
            let server = try await ScriptedMailServer.listen(greeting: "421 busy")
            try await ask(installation)
            let job = try #require(try await jobs(installation).first)
            let last = Job(
                id: job.id,
                kind: job.kind,
                lane: job.lane,
                priority: job.priority,
                runAt: job.runAt,
                attempts: Job.attemptsMaximum - 1
            )
            try await handler(installation, server).handle(last)
            try await server.close()
            #expect(try await states(installation) == ["mail buried"])
        }
    }

    /// Whoever has decided meanwhile is not asked.
    @Test func whatNobodyNeedsIsNotSent() async throws {
        try await Backend.sqlite.withEngine { installation in
            let server = try await ScriptedMailServer.listen()
            try await ask(installation)
            installation.clock.advance(seconds: 1)
            try await installation.optOut(ada.get())
            let job = try #require(try await jobs(installation).first)
            try await handler(installation, server).handle(job)
            try await server.close()
            #expect(server.lines.isEmpty)
            #expect(try await states(installation) == ["opt-out ready"])
        }
    }

    /// It went, and that it went could not be stored: it goes again under the same Message-ID.
    @Test(arguments: [FaultyDatabase.Fault.beforeCommit, .afterCommit])
    func aLostOutcomeSendsTwiceAtWorst(_ fault: FaultyDatabase.Fault) async throws {
        try await Backend.sqlite.withEngine { installation in
            let server = try await ScriptedMailServer.listen()
            try await ask(installation)
            let faulty = Engine(database: FaultyDatabase(installation.database, [fault]))
            let job = try #require(try await jobs(installation).first)
            await #expect(throws: StoreError.self) {
                try await handler(installation, server, by: faulty).handle(job)
            }
            installation.clock.advance(seconds: 31)
            _ = try await installation.engine.perform(RescueJobs(), as: .system("rescuer"))
            for job in try await jobs(installation) {
                try await handler(installation, server).handle(job)
            }
            try await server.close()
            let sent = server.lines.filter { $0 == "Message-ID: <\(job.id.text)@shop.example>" }
            #expect(sent.count == (fault == .beforeCommit ? 2 : 1))
            #expect(try await states(installation) == [])
        }
    }

    @Test func aStrayJobIsNotLost() async throws {
        try await Backend.sqlite.withEngine { installation in
            let server = try await ScriptedMailServer.listen()
            try await installation.optOut(ada.get())
            let claim = ClaimJobs(lane: .optOut, limit: 9, leaseSeconds: 30)
            let job = try #require(
                try await installation.engine.perform(claim, as: .system("worker")).receipt.first
            )
            await #expect(throws: StrayJob.self) {
                try await handler(installation, server).handle(job)
            }
            try await server.close()
            #expect(try await states(installation) == ["opt-out leased"])
        }
    }

    @Test func aSenderIsAnAddress() async throws {
        let server = MailServer(host: "127.0.0.1", port: 25, security: .none)
        let refusal = #expect(throws: Refusal.self) {
            try MailOutlet(
                mailer: SMTPMailer(server),
                sender: "Heed",
                languages: PageLanguages(),
                linkBase: { "" }
            )
        }
        #expect(refusal?.field == "from")
    }

    /// Whoever has the address gets a link that opens their page; nobody else gets anything.
    @Test(arguments: Backend.allCases)
    func aLinkThatWasAskedForByAddress(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(ada.get())
            for address in [try ada.get(), try Sample.address(7)] {
                let command = try RequestPreferenceLink(address: address, language: "de")
                _ = try await installation.engine.perform(command, as: .person)
            }
            let lines = try await sendingBoth(installation)
            #expect(lines.filter { $0.hasPrefix("RCPT") } == ["RCPT TO:<person1@mail.example>"])
            #expect(lines.contains("Subject: Ihr Link zu Ihren Mailings"))
            #expect(lines.contains("Content-Language: de"))
            let parts = parts(lines)
            try #require(parts.count == 2)
            #expect(parts[0].hasPrefix("Jemand, hoffentlich Sie, hat auf heed.shop.example um"))
            let link = /https:\/\/heed\.shop\.example\/p\/(p1\.k1\.[\w-]+)\?lang=de/
            let token = try #require(parts[0].firstMatch(of: link)?.1)
            #expect(parts[1].firstMatch(of: link)?.1 == token)
            #expect(!parts.joined().contains("person1"))
            let page = try await installation.engine.ask(ReadPreferences(token: String(token)))
            #expect(page?.choices.filter(\.isOn).map(\.scope.name) == [Sample.newsletter])
        }
    }

    /// A link to somebody's data goes to their own address; whoever was erased gets none.
    @Test(arguments: Backend.allCases)
    func aLinkToSomebodysData(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.decide(ada.get())
            let gone = ContactID(high: 1, low: 2)
            for person in [contact, gone] {
                let command = try RequestDataLink(contact: person, language: "de")
                _ = try await installation.engine.perform(command, as: .person)
            }
            let lines = try await sendingBoth(installation)
            #expect(lines.filter { $0.hasPrefix("RCPT") } == ["RCPT TO:<person1@mail.example>"])
            #expect(lines.contains("Subject: Ihre Daten"))
            let link = /https:\/\/heed\.shop\.example\/d\/(d1\.k1\.[\w-]+)\?lang=de/
            let token = try #require(parts(lines)[0].firstMatch(of: link)?.1)
            let opened = try await installation.engine.ask(OpenDataLink(token: String(token)))
            #expect(opened == contact)
        }
    }
}
