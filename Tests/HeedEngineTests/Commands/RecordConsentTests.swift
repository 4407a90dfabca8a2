// What a yes or a no needs, what it changes, and what it never changes.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("RecordConsent")
struct RecordConsentTests {
    @Test(arguments: Backend.allCases)
    func aYesAllowsItsScopeOnly(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let effect = try await installation.effect {
                try await installation.decide(address, terms: Terms(evidence: Sample.evidence()))
            }
            #expect(effect.failure == nil)
            #expect(
                effect.changed == [
                    "addresses", "audit_events", "consent_records", "contact_keys", "contacts",
                    "permissions",
                ]
            )
            #expect(try await installation.check(address).allowed)
            #expect(try await installation.check(address, Sample.promotions).reason == .noConsent)
            #expect(try await installation.check(address, Sample.receipts).reason == .noConsent)
        }
    }

    @Test(arguments: Backend.allCases, [ConsentRecord.Decision.granted, .denied, .withdrawn])
    func theUnknownIsNamedAndChangesNothing(
        _ backend: Backend,
        _ decision: ConsentRecord.Decision
    ) async throws {
        try await backend.withEngine { installation in
            let scope = try await installation.effect {
                try await installation.decide(
                    Sample.address(),
                    decision,
                    in: ScopeName(stored: "Newsletter")
                )
            }
            #expect(scope == .refused("invalid-field scope"))
            let policy = try await installation.effect {
                try await installation.decide(
                    Sample.address(),
                    decision,
                    terms: Terms(version: "2025-12")
                )
            }
            #expect(policy == .refused("invalid-field policyVersion"))
        }
    }

    /// Whoever took the yes may have a clock that is ahead, and ours may have been set back.
    @Test(arguments: Backend.allCases, [ConsentRecord.Decision.denied, .withdrawn])
    func aNoOfNowIsTheNewestWord(
        _ backend: Backend,
        _ decision: ConsentRecord.Decision
    ) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let ahead = installation.clock.now.adding(seconds: 250)
            try await installation.decide(address, terms: Terms(givenAt: ahead))
            try await installation.decide(address, decision)
            #expect(try await installation.check(address).reason.rawValue == decision.rawValue)
            // One that is said to be older than the yes is history, as before.
            let other = try Sample.address(2)
            try await installation.decide(other)
            let before = installation.clock.now.adding(seconds: -60)
            try await installation.decide(other, decision, terms: Terms(givenAt: before))
            #expect(try await installation.check(other).allowed)
            installation.clock.advance(seconds: -3600)
            try await installation.decide(other, decision)
            #expect(try await installation.check(other).reason.rawValue == decision.rawValue)
        }
    }

    @Test func oversizedEvidenceIsRefused() throws {
        var evidence = Evidence()
        evidence.userAgent = String(repeating: "x", count: 1025)
        let refusal = #expect(throws: Refusal.self) {
            try RecordConsent(
                subject: .address(Sample.address()),
                scope: Sample.newsletter,
                decision: .granted,
                basis: .consent,
                source: .form,
                policyVersion: Sample.version,
                evidence: evidence
            )
        }
        #expect(refusal?.field == "evidence.userAgent")
    }

    /// A yes on a basis that rests on a dealing or a document, by somebody in a region.
    private func claim(
        _ installation: Installation,
        _ basis: ConsentRecord.Basis,
        _ evidence: Evidence,
        source: Source = .api
    ) async throws {
        let command = try RecordConsent(
            subject: .address(Sample.address()),
            scope: Sample.newsletter,
            decision: .granted,
            basis: basis,
            source: source,
            policyVersion: Sample.version,
            evidence: evidence
        )
        _ = try await installation.engine.perform(command, as: Sample.actor)
    }

    private func add(_ installation: Installation, region: String) async throws {
        let contact = try AddContact(
            addresses: [Sample.address()],
            externalID: nil,
            locale: nil,
            region: region
        )
        _ = try await installation.engine.perform(contact, as: Sample.actor)
    }

    @Test(arguments: Backend.allCases)
    func impliedConsentEndsByTheLawOfTheRegion(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await add(installation, region: "CA-QC")
            let bought = installation.clock.now.adding(days: -10)
            var evidence = Evidence()
            let missing = try await installation.effect {
                try await claim(installation, .impliedConsent, Evidence())
            }
            #expect(missing == .refused("missing-field evidence.relationship"))
            (evidence.relationship, evidence.relationshipAt) = ("inquiry", bought.text)
            try await claim(installation, .impliedConsent, evidence)
            #expect(try await installation.check(Sample.address()).allowed)
            installation.clock.advance(seconds: 165 * 86_400)
            #expect(try await installation.check(Sample.address()).allowed)
            installation.clock.advance(seconds: 10 * 86_400)
            #expect(try await installation.check(Sample.address()).reason == .expired)
            let old = try await installation.effect {
                try await claim(installation, .impliedConsent, evidence)
            }
            #expect(old == .refused("invalid-field evidence.relationshipAt"))
            evidence.relationship = "purchase"
            try await claim(installation, .impliedConsent, evidence)
            #expect(try await installation.check(Sample.address()).allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func anObjectionToALegitimateInterestIsFinal(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await add(installation, region: "DE")
            var evidence = Evidence()
            evidence.reference = "LIA-2026-3"
            try await claim(installation, .legitimateInterest, evidence)
            #expect(try await installation.check(Sample.address()).allowed)
            installation.clock.advance(seconds: 1)
            let objection = try RecordConsent(
                subject: .address(Sample.address()),
                scope: Sample.newsletter,
                decision: .withdrawn,
                basis: .legitimateInterest,
                source: .form,
                policyVersion: Sample.version
            )
            _ = try await installation.engine.perform(objection, as: Sample.actor)
            #expect(try await installation.check(Sample.address()).reason == .withdrawn)
            installation.clock.advance(seconds: 1)
            evidence.relationship = "purchase"
            evidence.relationshipAt = installation.clock.now.text
            for basis in [ConsentRecord.Basis.legitimateInterest, .softOptIn] {
                let again = try await installation.effect {
                    try await claim(installation, basis, evidence, source: .form)
                }
                #expect(again == .refused("opted-out basis"))
            }
            let implied = try await installation.effect {
                try await claim(installation, .impliedConsent, evidence, source: .form)
            }
            #expect(implied == .refused("invalid-field basis"))
            try await claim(installation, .consent, Evidence(), source: .form)
            #expect(try await installation.check(Sample.address()).allowed)
        }
    }

    @Test func aRequestIsNoDecision() throws {
        let refusal = #expect(throws: Refusal.self) {
            try RecordConsent(
                subject: .address(Sample.address()),
                scope: Sample.newsletter,
                decision: .requested,
                basis: .consent,
                source: .form,
                policyVersion: Sample.version
            )
        }
        #expect(refusal?.field == "decision")
    }

    @Test func freeTextIsNoLocale() throws {
        let refusal = #expect(throws: Refusal.self) {
            try RecordConsent(
                subject: .address(Sample.address()),
                scope: Sample.newsletter,
                decision: .granted,
                basis: .consent,
                source: .form,
                policyVersion: Sample.version,
                locale: "Ada Lovelace of London"
            )
        }
        #expect(refusal?.field == "locale")
    }

    @Test(arguments: Backend.allCases)
    func aYesCannotRunOutBeforeItIsGiven(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now
            let effect = try await installation.effect {
                let command = try RecordConsent(
                    subject: .address(Sample.address()),
                    scope: Sample.newsletter,
                    decision: .granted,
                    basis: .impliedConsent,
                    source: .form,
                    policyVersion: Sample.version,
                    givenAt: now,
                    expiresAt: now
                )
                return try await installation.engine.perform(command, as: Sample.actor)
            }
            #expect(effect == .refused("invalid-field expiresAt"))
        }
    }

    @Test(arguments: Backend.allCases)
    func theNewestDecisionOfEitherSignCounts(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let now = installation.clock.now
            // When it was given, what, and what the guard says once it is recorded.
            let rows: [(Int64, ConsentRecord.Decision, SendDecision.Reason)] = [
                (-100, .granted, .allowed), (-200, .withdrawn, .allowed),
                (-150, .granted, .allowed),
                (-50, .denied, .denied), (-60, .withdrawn, .denied), (-50, .withdrawn, .withdrawn),
                (-40, .granted, .allowed), (-40, .denied, .denied), (-39, .granted, .allowed),
            ]
            var id: ContactID?
            for (offset, decision, expected) in rows {
                let terms = Terms(givenAt: now.adding(seconds: offset))
                id = try await installation.decide(address, decision, terms: terms)
                installation.clock.advance(seconds: 1)
                #expect(try await installation.check(address).reason == expected)
            }
            // Every one of them is history, in the order it was written down.
            let history = try await installation.engine.ask(History(.contact(try #require(id))))
            #expect(history.consents.map(\.decision) == rows.map(\.1))
            #expect(history.consents.map { $0.givenAt } == rows.map { now.adding(seconds: $0.0) })
        }
    }

    /// Order confirmations go on when marketing stops.
    @Test(arguments: Backend.allCases, [ConsentRecord.Decision.withdrawn, .denied])
    func aNoIsForItsScopeOnly(_ backend: Backend, _ no: ConsentRecord.Decision) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            for scope in Sample.scopes { try await installation.decide(address, in: scope.name) }
            try await installation.decide(address, no)
            #expect(try await !installation.check(address).allowed)
            #expect(try await installation.check(address, Sample.promotions).allowed)
            #expect(try await installation.check(address, Sample.receipts).allowed)
        }
    }

    struct Return: Sendable {
        let source: Source
        let laterSeconds: Int64
        let expected: String?
    }

    /// A yes against an opt-out: whose act, and how much newer.
    static let returns: [Return] = [
        Return(source: .form, laterSeconds: 1, expected: nil),
        Return(source: .preferenceCentre, laterSeconds: 1, expected: nil),
        Return(source: .doubleOptIn, laterSeconds: 1, expected: nil),
        Return(source: .form, laterSeconds: 0, expected: "opted-out givenAt"),
        Return(source: .form, laterSeconds: -1, expected: "opted-out givenAt"),
        Return(source: .batchImport, laterSeconds: 1, expected: "opted-out source"),
        Return(source: .api, laterSeconds: 1, expected: "opted-out source"),
        Return(source: .commandLine, laterSeconds: 1, expected: "opted-out source"),
        Return(source: .oneClick, laterSeconds: 1, expected: "opted-out source"),
        Return(source: Source(stored: "checkout"), laterSeconds: 1, expected: "opted-out source"),
    ]

    @Test(arguments: Backend.allCases, returns)
    func comingBackIsThePersonsOwnNewerAct(_ backend: Backend, _ row: Return) async throws {
        for extent in [OptOut.Extent.scope(Sample.newsletter), .global] {
            try await backend.withEngine { installation in
                let address = try Sample.address()
                let optedOutAt = installation.clock.now
                // Nobody knew the address before it opted out.
                try await installation.optOut(address, from: extent)
                installation.clock.advance(seconds: 60)
                let terms = Terms(
                    source: row.source,
                    givenAt: optedOutAt.adding(seconds: row.laterSeconds)
                )
                let effect = try await installation.effect {
                    try await installation.decide(address, terms: terms)
                }
                #expect(effect.failure == row.expected)
                let allowed = try await installation.check(address).allowed
                #expect(allowed == (row.expected == nil))
                if row.expected != nil { #expect(effect.changed == []) }
            }
        }
    }

    /// A plain withdrawal binds an import as an opt-out does.
    @Test(arguments: Backend.allCases, [ConsentRecord.Decision.withdrawn, .denied])
    func anImportDoesNotLiftANo(_ backend: Backend, _ no: ConsentRecord.Decision) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            try await installation.decide(address, no)
            installation.clock.advance(seconds: 60)
            let effect = try await installation.effect {
                try await installation.decide(address, terms: Terms(source: .batchImport))
            }
            #expect(effect == .refused("opted-out source"))
            try await installation.decide(address, terms: Terms(source: .form))
            #expect(try await installation.check(address).allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func consentRunsOut(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let end = installation.clock.now.adding(seconds: 100)
            try await installation.decide(address, terms: Terms(expiresAt: end))
            // An answer must not outlive the consent it rests on.
            #expect(try await installation.check(address).validUntil == end)
            installation.clock.set(to: Timestamp(microseconds: end.microseconds - 1))
            #expect(try await installation.check(address).allowed)
            installation.clock.set(to: end)
            #expect(try await installation.check(address).reason == .expired)
            try await installation.decide(address, terms: Terms(source: .api))
            #expect(try await installation.check(address).allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func aNewTextOutdatesOlderConsent(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let start = installation.clock.now.adding(seconds: 100)
            for scope in Sample.scopes { try await installation.decide(address, in: scope.name) }
            let policy = try Sample.policy(
                "2026-05",
                effectiveAt: start,
                reconsent: [Sample.newsletter]
            )
            _ = try await installation.engine.perform(PublishPolicy(policy), as: Sample.actor)
            #expect(try await installation.check(address).allowed)
            installation.clock.set(to: start)
            #expect(try await installation.check(address).reason == .policyOutdated)
            #expect(try await installation.check(address, Sample.promotions).allowed)
            #expect(try await installation.check(address, Sample.receipts).allowed)
            // Agreeing to the old text again is not enough.
            try await installation.decide(address)
            #expect(try await installation.check(address).reason == .policyOutdated)
            try await installation.decide(address, terms: Terms(version: "2026-05"))
            #expect(try await installation.check(address).allowed)
        }
    }
}
