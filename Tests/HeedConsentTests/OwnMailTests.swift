// Messages of our own keep their names in the queue, and those of a newer version are left alone.

import Testing

@testable import HeedConsent

@Suite("OwnMail")
struct OwnMailTests {
    @Test func storedNamesAreStable() {
        let mail = OwnMail.confirmation(Fixture.consent)
        #expect(mail.stored.name == "mail-confirmation")
        #expect(mail.stored.subject == Fixture.consent.bytes)
        #expect(Job.Kind.mail(mail).stored.name == "mail-confirmation")
    }

    @Test func readsBack() {
        let mail = OwnMail.confirmation(Fixture.consent)
        let (name, subject) = mail.stored
        #expect(OwnMail(stored: name, subject: subject) == mail)
        #expect(Job.Kind(stored: name, subject: subject) == .mail(mail))
    }

    @Test(arguments: ["mail-other", "mail", "confirmation", ""])
    func leavesOthersAlone(_ name: String) {
        #expect(OwnMail(stored: name, subject: Fixture.consent.bytes) == nil)
        #expect(Job.Kind(stored: name, subject: Fixture.consent.bytes) == nil)
        #expect(OwnMail(stored: "mail-confirmation", subject: [1, 2]) == nil)
    }
}
