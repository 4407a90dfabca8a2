// Every row of every program's file is in exactly one of the counts, and a new yes has to be new.

import HeedConsent
import HeedEngine
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedExchange

/// A program's file, and the counts that are not nought.
struct CountedSample: CustomTestStringConvertible, Sendable {
    let format: ImportFormat
    let text: String
    let counts: [String: Int]

    var testDescription: String { format.rawValue }

    init(_ format: ImportFormat, _ text: String, _ counts: [String: Int]) {
        self.format = format
        self.text = text
        self.counts = counts
    }

    /// What no format but this one needs said.
    var status: String? { format == .sendgrid ? "unsubscribed" : nil }

    static let all: [CountedSample] = [
        CountedSample(
            .mailchimp,
            """
            Email Address,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,LEID
            a@m.example,2025-02-01 10:00:00,2025-03-01 10:00:00,NORMAL,3
            b@m.example,2025-02-01 10:00:00,2025-03-02 10:00:00,SPAM,4
            b@m.example,2025-02-01 10:00:00,2025-03-02 10:00:00,SPAM,4
            nobody,,,,
            """,
            ["optedOut": 1, "complaints": 1, "unchanged": 1, "invalid": 1]
        ),
        CountedSample(
            .listmonk,
            "email,name,attributes,subscription_status\na@m.example,A,{},confirmed\n"
                + "b@m.example,B,{},unsubscribed\nc@m.example,C,{},unconfirmed\n",
            ["granted": 1, "optedOut": 1, "invalid": 1]
        ),
        CountedSample(
            .keila,
            "Email,First name,Last name,Data,Status\na@m.example,,,{},active\n"
                + "b@m.example,,,{},unsubscribed\nc@m.example,,,{},unreachable\n",
            ["granted": 1, "optedOut": 1, "hardBounces": 1]
        ),
        CountedSample(.mailgun, "address,tags\na@m.example,*\n", ["optedOut": 1]),
        CountedSample(
            .sparkpost,
            "recipient,type,source\na@m.example,x,Spam Complaint\nb@m.example,x,Bounce Rule\n",
            ["complaints": 1, "hardBounces": 1]
        ),
        CountedSample(.sendgrid, "email,created\na@m.example,1318158175\n", ["optedOut": 1]),
        CountedSample(
            .ses,
            """
            {"Contacts": [
              {"EmailAddress": "a@m.example", "UnsubscribeAll": true},
              {"EmailAddress": "b@m.example", "UnsubscribeAll": false, "TopicPreferences": [
                {"TopicName": "newsletter", "SubscriptionStatus": "OPT_IN"}]},
              {"EmailAddress": "c@m.example", "UnsubscribeAll": false}
            ]}
            """,
            ["optedOut": 1, "granted": 1, "passedOver": 1]
        ),
        CountedSample(
            .mandrill,
            "email,reason,detail,last_event_at\na@m.example,hard-bounce,,\n"
                + "b@m.example,soft-bounce,,\nc@m.example,unsub,,\nd@m.example,spam,,\n",
            ["hardBounces": 1, "passedOver": 1, "optedOut": 1, "complaints": 1]
        ),
        CountedSample(
            .telnyx,
            "to,from,reason,source,scope\na@m.example,,unsubscribe,,\n+15550100,,unsubscribe,,\n",
            ["optedOut": 1, "invalid": 1]
        ),
        CountedSample(
            .dittofeed,
            "id,email,action\n1,a@m.example,subscribe\n2,b@m.example,unsubscribe\n",
            ["granted": 1, "optedOut": 1]
        ),
        CountedSample(
            .mautic,
            "email,doNotEmail\na@m.example,0\nb@m.example,2\na@m.example,1\n",
            ["invalid": 1, "hardBounces": 1, "optedOut": 1]
        ),
        CountedSample(
            .mailup,
            "Email;OptOut_Date\na@m.example;\nb@m.example;2025-01-01\n",
            ["invalid": 1, "optedOut": 1]
        ),
        CountedSample(
            .promio,
            "ts;mail;custID;id;sourceType\n2025-01-01 10:00:00;a@m.example;k;9;17\n",
            ["optedOut": 1]
        ),
        CountedSample(.cloudflare, "a@m.example,,account\n", ["optedOut": 1]),
        CountedSample(
            .csv,
            "email,status,consented_at\na@m.example,complained,\na@m.example,subscribed,\n"
                + "b@m.example,subscribed,2099-01-01\nc@m.example,subscribed,2025-01-01\n",
            ["complaints": 1, "refused": 1, "invalid": 1, "granted": 1]
        ),
    ]
}

extension ImportSource {
    /// A list in memory.
    static func text(_ text: String, name: String = "list.csv") -> ImportSource {
        ImportSource(name: name, byteCount: text.utf8.count) {
            var bytes: [UInt8]? = Array(text.utf8)
            return {
                defer { bytes = nil }
                return bytes
            }
        }
    }
}

@Suite("Import counts")
struct ImportCountsTests {
    private func run(
        _ installation: Installation,
        _ text: String,
        status: String? = nil,
        policy: String = Sample.version,
        mode: Importer.Mode = .write
    ) async throws -> ImportReport {
        let request = try ImportRequest(
            scope: Sample.newsletter.text,
            policyVersion: policy,
            format: nil,
            status: status
        )
        let importer = Importer(
            request,
            engine: installation.engine,
            mode: mode,
            actor: Sample.actor
        )
        return try await importer.run([.text(text)]) { _ in }
    }

    private func reason(
        _ installation: Installation,
        _ address: String,
        _ scope: ScopeName = Sample.newsletter
    ) async throws -> SendDecision.Reason {
        let question = MaySend(subject: .address(try Address(email: address)), scope: scope)
        return try await installation.engine.ask(question).decision.reason
    }

    /// People are no rows.
    private func expectEachRowOnce(_ counts: [String: Int], _ about: String) {
        var kinds = counts
        let rows = kinds.removeValue(forKey: "rows")
        kinds.removeValue(forKey: "contacts")
        #expect(kinds.values.reduce(0, +) == rows, "\(about): \(counts)")
    }

    @Test func everyFormatIsHere() {
        let formats = Set(CountedSample.all.map(\.format))
        #expect(formats == Set(ImportFormat.allCases).subtracting([.auto]))
    }

    @Test(arguments: CountedSample.all, Backend.allCases)
    func theCountsAddUpToTheRows(_ sample: CountedSample, _ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (text, asked) = (sample.text, sample.status)
            let dry = try await run(installation, text, status: asked, mode: .dryRun(nil))
            expectEachRowOnce(dry.counts, "dry run")
            let first = try await run(installation, text, status: asked)
            expectEachRowOnce(first.counts, "first")
            var found = first.counts.filter { $0.value != 0 }
            found["rows"] = nil
            found["contacts"] = nil
            #expect(found == sample.counts)
            let second = try await run(installation, text, status: asked)
            expectEachRowOnce(second.counts, "second")
            #expect(second.granted + second.optedOut + second.complaints + second.hardBounces == 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func aStopOfEverythingIsOneForEveryScope(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await run(
                installation,
                #"{"Contacts": [{"EmailAddress": "a@m.example", "UnsubscribeAll": true}]}"#
            )
            for scope in [Sample.newsletter, Sample.promotions] {
                #expect(try await reason(installation, "a@m.example", scope) == .globalOptOut)
            }
            // A scope's stop that came first does not hide the one of everything.
            let both = """
                {"Contacts": [
                  {"EmailAddress": "b@m.example", "UnsubscribeAll": false, "TopicPreferences": [
                    {"TopicName": "newsletter", "SubscriptionStatus": "OPT_OUT"}]},
                  {"EmailAddress": "b@m.example", "UnsubscribeAll": true}
                ]}
                """
            let report = try await run(installation, both)
            #expect(report.optedOut == 2)
            let decision = try await reason(installation, "b@m.example", Sample.promotions)
            #expect(decision == .globalOptOut)
        }
    }

    @Test(arguments: Backend.allCases)
    func onlyANewerYesRenewsOneThatIsNotEnough(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let list = "email,status,consented_at\na@m.example,subscribed,"
            _ = try await run(installation, list + "2026-01-10\n")
            let policy = try Sample.policy(
                "2026-02",
                effectiveAt: Timestamp(text: "2026-01-20") ?? installation.clock.now,
                reconsent: [Sample.newsletter]
            )
            _ = try await installation.engine.perform(PublishPolicy(policy), as: Sample.actor)
            #expect(try await reason(installation, "a@m.example") == .policyOutdated)
            for (time, version) in [
                ("", "2026-02"), ("2026-01-10", "2026-02"), ("2026-01-15", "2026-02"),
                ("2026-01-25", Sample.version),
            ] {
                let report = try await run(installation, list + time + "\n", policy: version)
                #expect(report.refused == 1, "\(time) \(version)")
                #expect(report.refusals.keys.first?.contains("not enough any more") == true)
            }
            #expect(try await reason(installation, "a@m.example") == .policyOutdated)
            let renewed = try await run(installation, list + "2026-01-25\n", policy: "2026-02")
            #expect(renewed.granted == 1)
            #expect(try await reason(installation, "a@m.example") == .allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func aYesThatRanOutIsRenewedByANewerOneAlone(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let consent = try RecordConsent(
                subject: .address(try Address(email: "a@m.example")),
                scope: Sample.newsletter,
                decision: .granted,
                basis: .consent,
                source: .form,
                policyVersion: Sample.version,
                expiresAt: installation.clock.now.adding(seconds: 60)
            )
            _ = try await installation.engine.perform(consent, as: .person)
            installation.clock.advance(seconds: 3600)
            #expect(try await reason(installation, "a@m.example") == .expired)
            let list = "email,status,consented_at\na@m.example,subscribed,"
            let report = try await run(installation, list + "\n")
            #expect(report.refusals.keys.first?.contains("ran out") == true)
            #expect(report.refused == 1)
            let time = installation.clock.now.adding(seconds: -60).text
            #expect(try await run(installation, list + time + "\n").granted == 1)
            #expect(try await reason(installation, "a@m.example") == .allowed)
        }
    }

    @Test func clocksMayDifferByFiveMinutes() async throws {
        try await Backend.sqlite.withEngine { installation in
            let now = installation.clock.now
            let list = "email,status,consented_at\n"
            let soon = "a@m.example,subscribed,\(now.adding(seconds: 299).text)\n"
            let late = "b@m.example,subscribed,\(now.adding(seconds: 301).text)\n"
            let report = try await run(installation, list + soon + late)
            #expect(report.granted == 1)
            #expect(report.invalid.map(\.reason) == ["consented_at: this time is in the future"])
        }
    }
}
