// What is kept of a person beside their addresses, and what is refused.

import Testing

@testable import HeedConsent

@Suite("Contact")
struct ContactTests {
    private func contact(
        externalID: String? = nil,
        locale: String? = nil,
        region: String? = nil
    ) throws -> Contact {
        try Contact(id: Fixture.contact, externalID: externalID, locale: locale, region: region)
    }

    @Test(arguments: ["c-1", "1", "Kunde 7/ä", String(repeating: "x", count: 128)])
    func takesExternalIDs(_ text: String) throws {
        #expect(try contact(externalID: text).externalID == text)
    }

    @Test(arguments: [
        "", "a@mail.example", "@", "a@\u{301}b", "a\nb", "a\u{0}", "a\u{85}b",
        String(repeating: "x", count: 129), String(repeating: "é", count: 65),
    ])
    func refusesExternalIDs(_ text: String) throws {
        let refusal = try #require(throws: Refusal.self) { try contact(externalID: text) }
        #expect(refusal.field == "externalId")
        #expect(refusal.code == .invalid)
        #expect(text.isEmpty || text == "@" || !refusal.message.contains(text))
    }

    @Test(arguments: ["de", "pt-BR", "zh-Hant-TW", "sl-rozaj-biske-1994", "de-CH-1996"])
    func takesLocales(_ text: String) throws {
        #expect(try contact(locale: text).locale == text)
    }

    @Test(arguments: [
        "", "d", "de_DE", "de-", "-de", "de--CH", "dé", "de DE", "abcdefghi",
        "aa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa",
    ])
    func refusesLocales(_ text: String) throws {
        let refusal = try #require(throws: Refusal.self) { try contact(locale: text) }
        #expect(refusal.field == "locale")
    }

    @Test(arguments: [
        ("DE", "DE"), ("de", "DE"), ("US-CA", "US-CA"), ("us-ca", "US-CA"), ("GB-ENG", "GB-ENG"),
        ("AT-9", "AT-9"), ("FR-75C", "FR-75C"),
    ])
    func takesRegions(_ text: String, _ expected: String) throws {
        #expect(try contact(region: text).region == expected)
    }

    /// `AUT` is Austria, but its first two letters are Australia's: another law, a later deadline.
    @Test(arguments: [
        "", "D", "AUT", "USA", "France", "Canada", "12", "1A", "U-CA", "US-", "-CA", "US-CALI",
        "US-C-A", "US_CA", "ÖS", "US CA",
    ])
    func refusesRegions(_ text: String) throws {
        let refusal = try #require(throws: Refusal.self) { try contact(region: text) }
        #expect(refusal.field == "region")
        #expect(refusal.code == .invalid)
    }

    @Test func nothingNeedsToBeKnown() throws {
        let unknown = try contact()
        #expect(unknown == Contact(stored: unknown.id, externalID: nil, locale: nil, region: nil))
    }
}
