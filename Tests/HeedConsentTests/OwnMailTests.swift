// Messages of our own keep their names in the queue, and those of a newer version are left alone.

import Testing

@testable import HeedConsent

@Suite("OwnMail")
struct OwnMailTests {
    private static let other = ConsentID(high: 0x0190_0000_0000_7002, low: 0x8000_0000_0000_0003)
    private static let key = [UInt8](1...16)

    @Test func storedNamesAreStable() {
        let mail = OwnMail.confirmation([Fixture.consent])
        #expect(mail.stored.name == "mail-confirmation")
        #expect(mail.stored.subject == Fixture.consent.bytes)
        #expect(Job.Kind.mail(mail).stored.name == "mail-confirmation")
        let link = OwnMail.preferenceLink(OwnMailTests.key, language: "de")
        #expect(link.stored.name == "mail-preference-link")
        #expect(link.stored.subject == OwnMailTests.key + [0x64, 0x65])
        let data = OwnMail.dataLink(Fixture.contact, language: "de")
        #expect(data.stored.name == "mail-data-link")
        #expect(data.stored.subject == Fixture.contact.bytes + [0x64, 0x65])
    }

    @Test(arguments: [
        OwnMail.confirmation([Fixture.consent]), .confirmation([Fixture.consent, other]),
        .preferenceLink(key, language: "pt-BR"), .dataLink(Fixture.contact, language: "de"),
    ])
    func readsBack(_ mail: OwnMail) {
        let (name, subject) = mail.stored
        #expect(OwnMail(stored: name, subject: subject) == mail)
        #expect(Job.Kind(stored: name, subject: subject) == .mail(mail))
    }

    @Test(arguments: ["mail-other", "mail", "confirmation", ""])
    func leavesOthersAlone(_ name: String) {
        #expect(OwnMail(stored: name, subject: Fixture.consent.bytes) == nil)
        #expect(Job.Kind(stored: name, subject: Fixture.consent.bytes) == nil)
    }

    @Test(arguments: [[], [1, 2], [UInt8](repeating: 1, count: 17)])
    func whatIsCutOffIsNone(_ subject: [UInt8]) {
        #expect(OwnMail(stored: "mail-confirmation", subject: subject) == nil)
        #expect(OwnMail(stored: "mail-preference-link", subject: subject) == nil)
        #expect(OwnMail(stored: "mail-data-link", subject: subject) == nil)
    }

    /// What the person's own act lifts bars nothing: that act may be on its way.
    @Test(arguments: [
        (SuppressionReason.legal, true), (.manual, true), (.hardBounce, true), (.erasure, false),
        (.complaint, false), (.optOut, false), (.optOutGlobal, false),
    ])
    func someBlocksBarEveryMessage(_ reason: SuppressionReason, _ isBarred: Bool) {
        let block = Suppression(
            reason: reason,
            scope: nil,
            since: Fixture.now,
            source: .provider,
            optOut: nil
        )
        #expect(OwnMail.isBarred(by: [block]) == isBarred)
        #expect(!OwnMail.isBarred(by: []))
    }
}
