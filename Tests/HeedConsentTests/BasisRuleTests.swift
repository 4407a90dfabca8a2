// Each lawful basis against a table of what it needs, written out by hand.

import Testing

@testable import HeedConsent

@Suite("BasisRule")
struct BasisRuleTests {
    /// What a yes needs beside a policy version, by kind of scope: `-` nothing, `no` cannot be.
    struct Row: Sendable, CustomTestStringConvertible {
        let basis: ConsentRecord.Basis
        let campaign: String
        let transactional: String

        var testDescription: String { basis.rawValue }
    }

    static let rows = """
        consent             -            -
        implied-consent     relationship relationship
        soft-opt-in         relationship no
        contract            no           reference
        legal-obligation    no           reference
        vital-interests     no           reference
        public-task         no           reference
        legitimate-interest reference    reference
        """.split(separator: "\n").compactMap { line -> Row? in
            let cells = line.split(separator: " ").map(String.init)
            guard let basis = ConsentRecord.Basis(rawValue: cells[0]) else { return nil }
            return Row(basis: basis, campaign: cells[1], transactional: cells[2])
        }

    private let bought = Fixture.now.adding(days: -30)

    private func evidence(_ fields: Set<String>) -> Evidence {
        var evidence = Evidence()
        if fields.contains("relationship") {
            evidence.relationship = "purchase"
            evidence.relationshipAt = bought.text
        }
        if fields.contains("reference") { evidence.reference = "LIA-7" }
        return evidence
    }

    private func expiry(
        _ basis: ConsentRecord.Basis,
        _ evidence: Evidence,
        in scope: Scope = Fixture.campaign,
        expiresAt: Timestamp? = nil
    ) -> Result<Timestamp?, Refusal> {
        let claim = BasisClaim(
            basis,
            in: scope,
            region: "CA",
            givenAt: Fixture.now,
            expiresAt: expiresAt,
            evidence: evidence
        )
        return Result { () throws(Refusal) in try claim.expiry() }
    }

    @Test func theTableIsWhole() {
        #expect(Self.rows.map(\.basis) == ConsentRecord.Basis.allCases)
    }

    @Test(arguments: rows)
    func needs(_ row: Row) {
        for (scope, need) in [
            (Fixture.campaign, row.campaign), (Fixture.transactional, row.transactional),
        ] {
            for given: Set<String> in [
                [], ["relationship"], ["reference"], ["relationship", "reference"],
            ] {
                let outcome = expiry(row.basis, evidence(given), in: scope)
                switch outcome {
                case .success: #expect(need == "-" || given.contains(need), "\(given)")
                case .failure(let refusal) where need == "no":
                    #expect(refusal.code == .invalid && refusal.field == "basis")
                case .failure(let refusal):
                    #expect(!given.contains(need) && refusal.code == .missing)
                    #expect(refusal.field == "evidence.\(need)")
                }
            }
        }
    }

    @Test func impliedConsentEndsByItself() throws {
        let implied = evidence(["relationship"])
        let end = bought.adding(months: 24)
        #expect(try expiry(.impliedConsent, implied).get() == end)
        let sooner = end.adding(seconds: -1)
        #expect(try expiry(.impliedConsent, implied, expiresAt: sooner).get() == sooner)
        let later = expiry(.impliedConsent, implied, expiresAt: end.adding(seconds: 1))
        #expect(later.refusedField == "expiresAt")
        #expect(try expiry(.consent, implied, expiresAt: end.adding(days: 9)).get() != nil)
        #expect(try expiry(.softOptIn, implied).get() == nil)
    }

    @Test(arguments: [
        ("purchase", 24), ("inquiry", 6), ("application", 6), ("membership", 24),
    ])
    func anOldDealingImpliesNothing(_ relationship: String, _ months: Int64) throws {
        var old = Evidence()
        old.relationship = relationship
        // The end of the term is the moment of the yes, then a second later.
        let dealing = Fixture.now.adding(months: -months)
        old.relationshipAt = dealing.text
        #expect(expiry(.impliedConsent, old).refusedField == "evidence.relationshipAt")
        old.relationshipAt = dealing.adding(seconds: 1).text
        #expect(try expiry(.impliedConsent, old).get() != nil)
    }

    @Test func aDealingIsNamedAndDatedBeforeTheYes() {
        var evidence = Evidence()
        evidence.relationship = "purchase"
        #expect(expiry(.impliedConsent, evidence).refusedField == "evidence.relationshipAt")
        for text in ["yesterday", Fixture.now.adding(seconds: 1).text] {
            evidence.relationshipAt = text
            #expect(expiry(.impliedConsent, evidence).refusedField == "evidence.relationshipAt")
        }
        evidence.relationship = "friendship"
        #expect(expiry(.impliedConsent, evidence).refusedField == "evidence.relationship")
        evidence.relationship = "lease"
        evidence.relationshipAt = Fixture.now.text
        #expect(expiry(.softOptIn, evidence).refusedField == "evidence.relationship")
    }
}

extension Result where Failure == Refusal {
    /// The field that was refused.
    var refusedField: String? {
        if case .failure(let refusal) = self { refusal.field } else { nil }
    }
}
