// Tests that a preference link opens one person's page, for its time, and is no other kind of link.

import HeedConsent
import HeedEngine
import TestSupport
import Testing

@Suite("Preference link")
struct PreferenceLinkTests {
    private func token(
        _ installation: Installation,
        seconds: Int64 = 3600
    ) async throws -> String {
        try await installation.decide(Sample.address())
        let question = MakePreferenceLink(.address(try Sample.address()), validFor: seconds)
        return try #require(try await installation.engine.ask(question))
    }

    @Test(arguments: Backend.allCases)
    func itOpensThePersonsPageUntilItsLastSecond(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let token = try await token(installation)
            let person = try await installation.decide(Sample.address())
            let seen = try await installation.engine.ask(ReadPreferences(token: token))
            #expect(seen?.contact.id == person)
            installation.clock.advance(seconds: 3600)
            #expect(try await installation.engine.ask(ReadPreferences(token: token)) != nil)
            installation.clock.advance(seconds: 1)
            #expect(try await installation.engine.ask(ReadPreferences(token: token)) == nil)
        }
    }

    /// CASL wants 60 days of the link in a message.
    @Test func theGuardsLinkWorksForSixtyDays() async throws {
        try await Backend.sqlite.withEngine { installation in
            let person = try await installation.decide(Sample.address())
            let check = MaySend(
                subject: .contact(person),
                scope: Sample.newsletter,
                withLinks: true
            )
            let token = try #require(try await installation.engine.ask(check).links?.preferences)
            installation.clock.advance(seconds: 60 * 86_400)
            let seen = try await installation.engine.ask(ReadPreferences(token: token))
            #expect(seen?.contact.id == person)
            installation.clock.advance(seconds: 1)
            #expect(try await installation.engine.ask(ReadPreferences(token: token)) == nil)
        }
    }

    @Test func noOtherTextOpensIt() async throws {
        try await Backend.sqlite.withEngine { installation in
            let good = try await token(installation)
            let characters = Array(good)
            var bad = ["", "p1.k1.", good + "A", good + "=", String(good.dropLast()), "x" + good]
            for index in characters.indices {
                var other = characters
                other[index] = other[index] == "A" ? "B" : "A"
                bad.append(String(other))
            }
            for token in bad {
                let seen = try await installation.engine.ask(ReadPreferences(token: token))
                #expect(seen == nil, "\(token)")
            }
        }
    }

    /// Neither link opens the other's door, whatever stands in front of it.
    @Test func linksOfOnePurposeDoNotServeAnother() async throws {
        try await Backend.sqlite.withEngine { installation in
            let preference = try await token(installation)
            let check = MaySend(
                subject: .address(try Sample.address()),
                scope: Sample.newsletter,
                withLinks: true
            )
            let unsubscribe = try #require(
                try await installation.engine.ask(check).links?.unsubscribe
            )
            for text in [unsubscribe, "p1.k1." + unsubscribe.dropFirst(6)] {
                #expect(try await installation.engine.ask(ReadPreferences(token: text)) == nil)
            }
            for text in [preference, "v1.k1." + preference.dropFirst(6)] {
                #expect(try await installation.engine.ask(ReadUnsubscribeLink(token: text)) == nil)
            }
        }
    }

    @Test func nobodyHasNoLink() async throws {
        try await Backend.sqlite.withEngine { installation in
            let question = MakePreferenceLink(.address(try Sample.address(9)), validFor: 60)
            #expect(try await installation.engine.ask(question) == nil)
        }
    }
}
