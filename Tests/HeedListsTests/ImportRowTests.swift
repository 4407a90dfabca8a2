// Rows keep of a person only what can be stored.

import HeedConsent
import HeedLists
import Testing

@Suite("Import rows")
struct ImportRowTests {
    private func row(
        locale: String? = nil,
        region: String? = nil,
        externalID: String? = nil
    ) throws -> ImportRow {
        ImportRow(
            line: 2,
            address: try Address(email: "ada@example.com"),
            status: .subscribed,
            decidedAt: nil,
            evidence: Evidence(),
            locale: locale,
            region: region,
            externalID: externalID
        )
    }

    @Test(arguments: [
        ("de", "de"), ("pt-BR", "pt-BR"), ("en_US", "en-US"), ("x", nil), ("Deutsch (Sie)", nil),
    ])
    func locales(_ given: String, _ kept: String?) throws {
        #expect(try row(locale: given).locale == kept)
    }

    @Test(arguments: [
        ("DE", "DE"), ("us-ca", "US-CA"), ("Spain", nil), ("Deutschland", nil), ("", nil),
    ])
    func regions(_ given: String, _ kept: String?) throws {
        #expect(try row(region: given).region == kept)
    }

    @Test(arguments: [
        ("42", "42"), ("crm/7 a", "crm/7 a"), ("ada@example.com", nil), ("a\nb", nil),
        (String(repeating: "x", count: 129), nil),
    ])
    func externalIDs(_ given: String, _ kept: String?) throws {
        #expect(try row(externalID: given).externalID == kept)
    }

    @Test func nothingGivenIsNothingKept() throws {
        let row = try row()
        #expect(row.locale == nil)
        #expect(row.region == nil)
        #expect(row.externalID == nil)
    }
}
