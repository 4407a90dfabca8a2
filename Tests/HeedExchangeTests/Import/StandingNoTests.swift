// A "no" that a list brings, beside what else the list says and what the person did since.

import HeedConsent
import HeedEngine
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedExchange

@Suite("A no in a list")
struct StandingNoTests {
    private func run(
        _ installation: Installation,
        _ text: String,
        mode: Importer.Mode = .write
    ) async throws -> ImportReport {
        let importer = Importer(
            .sample,
            engine: installation.engine,
            mode: mode,
            actor: Sample.actor
        )
        return try await importer.run([.text(text)]) { _ in }
    }

    private func reason(
        _ installation: Installation,
        _ address: String = "a@m.example",
        in scope: ScopeName = Sample.newsletter
    ) async throws -> SendDecision.Reason {
        let question = MaySend(subject: .address(try Address(email: address)), scope: scope)
        return try await installation.engine.ask(question).decision.reason
    }

    /// Their own yes, now, after which the clock moves on.
    private func join(
        _ installation: Installation,
        _ scope: ScopeName = Sample.newsletter,
        _ source: Source = .form
    ) async throws {
        try await installation.decide(
            try Address(email: "a@m.example"),
            in: scope,
            terms: Terms(source: source)
        )
        installation.clock.advance(seconds: 60)
    }

    private func day(_ installation: Installation) -> String {
        String(installation.clock.now.text.prefix(10))
    }

    @Test(arguments: Backend.allCases)
    func ofTwoStopsTheLaterCounts(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await join(installation)
            let now = installation.clock.now.text
            let text =
                "email,status,unsubscribed_at\n"
                + "a@m.example,unsubscribed,2020-01-01T00:00:00Z\na@m.example,unsubscribed,\(now)\n"
            let report = try await run(installation, text)
            #expect(report.optedOut == 1)
            #expect(report.unchanged == 1)
            #expect(try await reason(installation) == .optOut)
        }
    }

    /// They came back to one list and to no other.
    @Test(arguments: Backend.allCases)
    func comingBackToOneListIsNotComingBackToAll(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let promotions = Sample.promotions
            try await installation.decide(
                try Address(email: "a@m.example"),
                in: promotions,
                terms: Terms(source: .batchImport)
            )
            installation.clock.advance(seconds: 60)
            let left = installation.clock.now.text
            installation.clock.advance(seconds: 60)
            try await join(installation)
            let all =
                #"{"Contacts": [{"EmailAddress": "a@m.example", "UnsubscribeAll": true, "#
                + #""LastUpdatedTimestamp": "\#(left)"}]}"#
            let report = try await run(installation, all)
            #expect(report.optedOut == 1)
            #expect(try await reason(installation, in: promotions) == .optOut)
            #expect(try await reason(installation) == .allowed)
            #expect(try await run(installation, all).unchanged == 1)
        }
    }

    /// Whichever came first, only a confirmed double opt-in takes a complaint back.
    @Test(arguments: [Source.form, .doubleOptIn], Backend.allCases)
    func aComplaintOutlastsAForm(_ source: Source, _ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await join(installation, Sample.newsletter, source)
            let text = "email,status,complained_at\na@m.example,complained,2020-01-01\n"
            let report = try await run(installation, text)
            #expect(report.complaints == (source == .form ? 1 : 0))
            let expected: SendDecision.Reason = source == .form ? .complaint : .allowed
            #expect(try await reason(installation) == expected)
        }
    }

    @Test(arguments: ["2020-01-01", "today"], Backend.allCases)
    func aStopOfTheSameDayCounts(_ day: String, _ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await join(installation)
            let date = day == "today" ? self.day(installation) : day
            let text = "email,status,unsubscribed_at\na@m.example,unsubscribed,\(date)\n"
            let report = try await run(installation, text)
            #expect(report.optedOut == (day == "today" ? 1 : 0))
            #expect(try await reason(installation) == (day == "today" ? .optOut : .allowed))
        }
    }

    @Test(arguments: ["unsubscribed", "complained"], Backend.allCases)
    func aStopCoversAnAliasInTheNextRow(_ status: String, _ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let text = "email,status\na.b@gmail.com,\(status)\nab@gmail.com,subscribed\n"
            let dry = try await run(installation, text, mode: .dryRun(nil))
            #expect((dry.granted, dry.refused) == (0, 1))
            let report = try await run(installation, text)
            #expect((report.granted, report.refused) == (0, 1))
        }
    }

    @Test(arguments: Backend.allCases)
    func aDryRunCountsAsTheImportDoes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let text =
                "email,status,unsubscribed_at\na@m.example,complained,\n"
                + "a@m.example,unsubscribed,2025-01-01\nb@m.example,unsubscribed,2025-01-01\n"
                + "b@m.example,unsubscribed,2025-02-01\nb@m.example,subscribed,\n"
                + "c@m.example,complained,\nc@m.example,complained,\n"
                + "d@m.example,bounced,\nd@m.example,bounced,\n"
            let dry = try await run(installation, text, mode: .dryRun(nil)).counts
            let real = try await run(installation, text).counts
            #expect(dry == real)
        }
    }

    /// Nobody known agreed to a text before there was one, and nobody unknown did.
    @Test(arguments: Backend.allCases)
    func nobodyAgreedBeforeTheyWereAsked(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let policy = try Sample.policy(
                "asks-again",
                effectiveAt: installation.clock.now,
                reconsent: [Sample.newsletter]
            )
            try await installation.record([.policyPublished(policy)])
            installation.clock.advance(seconds: 60)
            let later = installation.clock.now.text
            installation.clock.advance(seconds: 60)
            var request = ImportRequest.sample
            request.policyVersion = "asks-again"
            let importer = Importer(
                request,
                engine: installation.engine,
                mode: .write,
                actor: Sample.actor
            )
            let text =
                "email,status,confirmed_at\na@m.example,subscribed,2009-01-01\n"
                + "b@m.example,subscribed,\nc@m.example,subscribed,\(later)\n"
            let report = try await importer.run([.text(text)]) { _ in }
            #expect((report.granted, report.refused) == (1, 2))
            #expect(try await reason(installation) == .unknownContact)
            #expect(try await reason(installation, "c@m.example") == .allowed)
        }
    }
}
