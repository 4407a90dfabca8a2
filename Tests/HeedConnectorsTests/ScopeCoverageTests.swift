// Settings that name a scope there is not are refused, and scopes that they do not name are found.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Scope coverage")
struct ScopeCoverageTests {
    private let scopes = ["newsletter", "offers", "receipts"].map(ScopeName.init(stored:))

    private func coverage(
        _ kind: ConnectorKind,
        _ options: [String: String]
    ) throws -> ScopeCoverage {
        let settings = try ConnectorSettings(
            name: "esp",
            kind: kind.rawValue,
            url: "",
            secret: "s",
            options: options
        )
        return ScopeCoverage(of: settings, kind: kind, scopes: scopes)
    }

    @Test func whatIsNotNamedIsFound() throws {
        let options = ["scope.newsletter": "1", "scope.receipts": "none", "region": "x"]
        let found = try coverage(.sendgrid, options)
        #expect(found.unmapped == ["offers"] && found.unknown.isEmpty)
        try found.refuseUnknown(scopes: scopes)
    }

    @Test func aSystemThatKnowsScopesByNameNeedsNoMapping() throws {
        #expect(try coverage(.webhook, [:]).unmapped.isEmpty)
    }

    @Test func aScopeThereIsNotIsRefusedByTheNameOfItsOption() throws {
        let found = try coverage(.sendgrid, ["scope.newsleter": "1", "scope.offers": "2"])
        #expect(found.unknown == ["scope.newsleter"])
        let refusal = #expect(throws: Refusal.self) { try found.refuseUnknown(scopes: scopes) }
        #expect(refusal?.field == "scope.newsleter" && refusal?.code == .invalid)
        let known = "there are newsletter, offers, receipts"
        #expect(refusal?.message == "there is no such scope; \(known)")
        let none = #expect(throws: Refusal.self) { try found.refuseUnknown(scopes: []) }
        #expect(none?.message.contains("heed scope add") == true)
    }
}
