// Tests forms: a tick is a yes with its exact words, a missing box is nothing, and rules hold.

import Crypto
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

extension SignUpForm {
    fileprivate static func sample(_ circumstances: Circumstances = .client) throws -> SignUpForm {
        try SignUpForm(
            name: "footer",
            boxes: [
                .init(scope: Sample.newsletter, wording: "Yes, the newsletter."),
                .init(scope: Sample.promotions, wording: "Yes, offers."),
            ],
            policyVersion: Sample.version,
            redirects: [],
            circumstances: circumstances
        )
    }
}

@Suite("Form commands")
struct FormCommandsTests {
    private func submit(
        _ installation: Installation,
        ticked: Set<ScopeName>
    ) async throws -> SubmitForm.Receipt {
        installation.clock.advance(seconds: 1)
        let command = try SubmitForm(
            form: "footer",
            address: Sample.address(),
            ticked: ticked,
            evidence: Sample.evidence()
        )
        let receipt = try await installation.engine.perform(command, as: .person).receipt
        try await installation.settle()
        return receipt
    }

    @Test(arguments: Backend.allCases, SignUpForm.Circumstances.allCases)
    func aTickIsAYesWithItsWords(
        _ backend: Backend,
        _ circumstances: SignUpForm.Circumstances
    ) async throws {
        try await backend.withEngine { installation in
            let add = AddForm(try .sample(circumstances))
            _ = try await installation.engine.perform(add, as: Sample.actor)
            let receipt = try await submit(
                installation,
                ticked: [Sample.newsletter, Sample.receipts]
            )
            #expect(receipt.granted == [Sample.newsletter])
            let subject = Subject.address(try Sample.address())
            let history = try await installation.engine.ask(History(subject))
            // No tick is no record, and a scope that the form does not ask for is none either.
            #expect(history.consents.map(\.scope) == ["newsletter"])
            #expect(history.consents.map(\.source) == ["form"])
            let (contact, record) = (
                try #require(history.contact), try #require(history.consents.first)
            )
            let evidence = try await installation.database.read { transaction in
                try transaction.evidence(of: record.id, contact: contact.id)
            }
            let hash = SHA256.hash(data: Array("Yes, the newsletter.".utf8))
            #expect(evidence?.wordingSHA256 == hexadecimal(hash))
            #expect(evidence?.formURL == "https://shop.example/searchable-form")
            #expect((evidence?.ip == nil) == (circumstances == .none))
            #expect((evidence?.userAgent == nil) == (circumstances == .none))
        }
    }

    @Test(arguments: Backend.allCases)
    func aComplaintIsNotLifted(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let add = AddForm(try .sample())
            _ = try await installation.engine.perform(add, as: Sample.actor)
            let complaint = Suppression(
                reason: .complaint,
                scope: nil,
                since: installation.surroundings.now(),
                source: .provider,
                optOut: nil
            )
            let event = Event.suppressionAdded(complaint, .address(try Sample.address()))
            try await installation.record([event])
            let before = try await installation.contents()
            let receipt = try await submit(installation, ticked: [Sample.newsletter])
            #expect(receipt.granted == [] && receipt.refused == [Sample.newsletter])
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    @Test func whatCannotBeTaken() async throws {
        try await Backend.sqlite.withEngine { installation in
            let engine = installation.engine
            #expect(
                try await installation.effect {
                    try await submit(installation, ticked: [Sample.newsletter])
                } == .refused("not-found form")
            )
            _ = try await engine.perform(AddForm(.sample()), as: Sample.actor)
            #expect(
                try await installation.effect { try await submit(installation, ticked: []) }
                    == .refused("missing-field scope")
            )
            #expect(
                try await installation.effect {
                    try await engine.perform(AddForm(.sample()), as: Sample.actor)
                } == .unchanged
            )
            #expect(
                try await installation.effect {
                    try await engine.perform(AddForm(.sample(.none)), as: Sample.actor)
                } == .refused("conflict name")
            )
        }
    }

    @Test(arguments: Backend.allCases)
    func aScopeIsDescribedOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let text = try ScopeText(language: "de", title: "Rundbrief", description: "")
            let command = DescribeScope(Sample.newsletter, as: text)
            #expect(
                try await installation.effect {
                    try await installation.engine.perform(command, as: Sample.actor)
                } == Effect(failure: nil, changed: ["audit_events", "scope_texts"])
            )
            #expect(
                try await installation.effect {
                    try await installation.engine.perform(command, as: Sample.actor)
                } == .unchanged
            )
            let nobody = DescribeScope(ScopeName(stored: "nobody"), as: text)
            #expect(
                try await installation.effect {
                    try await installation.engine.perform(nobody, as: Sample.actor)
                } == .refused("invalid-field scope")
            )
        }
    }
}
