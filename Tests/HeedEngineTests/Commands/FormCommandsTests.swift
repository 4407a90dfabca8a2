// Tests forms: a tick is a yes with its exact words, a missing box is nothing, and rules hold.

import Crypto
import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

extension SignUpForm {
    fileprivate static func sample(
        _ circumstances: Circumstances = .client,
        _ confirmation: Confirmation = .none
    ) throws -> SignUpForm {
        try SignUpForm(
            name: "footer",
            boxes: [
                .init(scope: Sample.newsletter, wording: "Yes, the newsletter."),
                .init(scope: Sample.promotions, wording: "Yes, offers."),
            ],
            policyVersion: Sample.version,
            redirects: [],
            circumstances: circumstances,
            confirmation: confirmation
        )
    }
}

@Suite("Form commands")
struct FormCommandsTests {
    private func submit(
        _ installation: Installation,
        ticked: Set<ScopeName>,
        mail: SubmitForm.Mail? = nil
    ) async throws -> SubmitForm.Receipt {
        installation.clock.advance(seconds: 1)
        let command = try SubmitForm(
            form: "footer",
            address: Sample.address(),
            ticked: ticked,
            evidence: Sample.evidence(),
            mail: mail
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

    private static let mail = SubmitForm.Mail(terms: DoubleOptInTerms(), language: "fr")

    /// One message and one press for all boxes, and no yes before it.
    @Test(arguments: Backend.allCases)
    func aFormThatIsConfirmedByMail(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let add = AddForm(try .sample(.client, .mail))
            _ = try await installation.engine.perform(add, as: Sample.actor)
            let receipt = try await submit(
                installation,
                ticked: [Sample.newsletter, Sample.promotions, Sample.receipts],
                mail: FormCommandsTests.mail
            )
            #expect(receipt.granted == [])
            #expect(receipt.requested == [Sample.newsletter, Sample.promotions])
            #expect(try await installation.check(Sample.address()).reason == .unconfirmed)
            #expect(try await installation.grants() == 0)
            let messages = try await installation.requests()
            #expect(messages.map(\.count) == [2])
            let question = ConfirmationDetails(try #require(messages.first))
            let details = try #require(try await installation.engine.ask(question))
            #expect(details.doubleOptIns.map(\.scope) == receipt.requested)
            #expect(details.doubleOptIns.map(\.locale) == ["fr", "fr"])
            installation.clock.advance(seconds: 60)
            #expect(try await installation.confirm(details.token))
            #expect(try await installation.grants() == 2)
            for scope in receipt.requested {
                #expect(try await installation.check(Sample.address(), scope).allowed)
            }
            let decision = try await installation.check(Sample.address())
            let (contact, record) = (
                try #require(decision.contact), try #require(decision.record)
            )
            let evidence = try await installation.database.read { transaction in
                try transaction.evidence(of: record, contact: contact)
            }
            let hash = SHA256.hash(data: Array("Yes, the newsletter.".utf8))
            #expect(evidence?.wordingSHA256 == hexadecimal(hash))
            #expect(evidence?.confirmedIP == "198.51.100.9")
            #expect(try await installation.confirm(details.token))
            #expect(try await installation.grants() == 2)
            #expect(try await installation.verify().findings == [])
        }
    }

    /// What was answered otherwise in between stays so; the rest of the message still counts.
    @Test(arguments: Backend.allCases)
    func oneOfTwoHasLapsed(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let add = AddForm(try .sample(.none, .mail))
            _ = try await installation.engine.perform(add, as: Sample.actor)
            _ = try await submit(
                installation,
                ticked: [Sample.newsletter, Sample.promotions],
                mail: FormCommandsTests.mail
            )
            let token = try await installation.onlyToken()
            installation.clock.advance(seconds: 1)
            try await installation.decide(Sample.address(), .denied)
            #expect(try await installation.confirm(token))
            #expect(try await installation.check(Sample.address()).reason == .denied)
            #expect(try await installation.check(Sample.address(), Sample.promotions).allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func aFormIsConfirmedByNothingWithoutMail(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let add = AddForm(try .sample(.none, .mail))
            _ = try await installation.engine.perform(add, as: Sample.actor)
            #expect(
                try await installation.effect {
                    try await submit(installation, ticked: [Sample.newsletter])
                } == .refused("no-mail")
            )
        }
    }

    /// The fourth message in two days is not sent, and nobody is told.
    @Test func oneAddressIsAskedSoOftenAndNoMore() async throws {
        try await Backend.sqlite.withEngine { installation in
            let add = AddForm(try .sample(.none, .mail))
            _ = try await installation.engine.perform(add, as: Sample.actor)
            for count in [1, 2, 3, 3] {
                _ = try await submit(
                    installation,
                    ticked: [Sample.newsletter],
                    mail: FormCommandsTests.mail
                )
                let sent = try await installation.number("SELECT count(*) FROM jobs")
                #expect(sent == count)
            }
        }
    }
}
