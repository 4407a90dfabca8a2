// How much evidence is kept, and which field is named when it is too much.

import Testing

@testable import HeedConsent

@Suite("Evidence")
struct EvidenceTests {
    struct Limit: Sendable, CustomTestStringConvertible {
        let field: String
        let path: @Sendable (inout Evidence, String) -> Void
        let bytes: Int

        var testDescription: String { field }
    }

    static let limits = [
        Limit(field: "evidence.ip", path: { $0.ip = $1 }, bytes: 64),
        Limit(field: "evidence.userAgent", path: { $0.userAgent = $1 }, bytes: 1_024),
        Limit(field: "evidence.formUrl", path: { $0.formURL = $1 }, bytes: 2_048),
        Limit(field: "evidence.requestedAt", path: { $0.requestedAt = $1 }, bytes: 64),
        Limit(field: "evidence.requestedIp", path: { $0.requestedIP = $1 }, bytes: 64),
        Limit(field: "evidence.confirmedAt", path: { $0.confirmedAt = $1 }, bytes: 64),
        Limit(field: "evidence.confirmedIp", path: { $0.confirmedIP = $1 }, bytes: 64),
        Limit(field: "evidence.relationshipAt", path: { $0.relationshipAt = $1 }, bytes: 64),
        Limit(field: "evidence.reference", path: { $0.reference = $1 }, bytes: 256),
        Limit(field: "reason", path: { $0.statement = $1 }, bytes: 2_000),
    ]

    @Test(arguments: limits)
    func longerThanAnyRealOne(_ limit: Limit) throws {
        var evidence = Evidence()
        limit.path(&evidence, String(repeating: "7", count: limit.bytes))
        try evidence.check()
        #expect(!evidence.isEmpty)
        limit.path(&evidence, String(repeating: "7", count: limit.bytes - 1) + "é")
        let refusal = try #require(throws: Refusal.self) { try evidence.check() }
        #expect(refusal.code == .tooLarge)
        #expect(refusal.field == limit.field)
        #expect(!refusal.message.contains("777"))
    }

    @Test(arguments: [
        "", "00", "zz", String(repeating: "0", count: 63),
        String(repeating: "0", count: 66), String(repeating: "é", count: 32),
    ])
    func refusesOtherHashes(_ text: String) throws {
        var evidence = Evidence()
        evidence.wordingSHA256 = text
        let refusal = try #require(throws: Refusal.self) { try evidence.check() }
        #expect(refusal.code == .invalid)
        #expect(refusal.field == "evidence.wordingSha256")
    }

    @Test(arguments: ["0", "a", "F"])
    func takesHashes(_ digit: String) throws {
        var evidence = Evidence()
        evidence.wordingSHA256 = String(repeating: digit, count: 64)
        try evidence.check()
    }

    @Test func refusesOtherRelationships() throws {
        var evidence = Evidence()
        for relationship in Relationship.allCases {
            evidence.relationship = relationship.rawValue
            try evidence.check()
        }
        evidence.relationship = "friendship"
        let refusal = try #require(throws: Refusal.self) { try evidence.check() }
        #expect(refusal.code == .invalid && refusal.field == "evidence.relationship")
        #expect(refusal.message.hasSuffix("membership, inquiry, application"))
    }

    @Test func nothingIsEmptyAndFine() throws {
        try Evidence().check()
        #expect(Evidence().isEmpty)
        #expect("\(Evidence())" == "<no evidence>")
    }
}
