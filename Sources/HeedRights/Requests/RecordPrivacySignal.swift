// Records a browser's Global Privacy Control, for people whose law gives it effect.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Objects to sale and sharing in the person's name; mailings are another matter.
///
/// A person who objected stays objecting, so a signal that comes again changes nothing.
public struct RecordPrivacySignal: Command {
    let contact: ContactID

    /// Names the person whose browser sent the signal.
    public init(contact: ContactID) { self.contact = contact }

    /// Whether the objection is on record now.
    public struct Receipt: Sendable {
        /// False where no law asks for it.
        public let isRecorded: Bool
    }

    /// Refuses a person nobody knows.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let person = try transaction.resolve(.contact(contact))
        guard PrivacySignal.isHeard(in: person.contact.region) else {
            return Decision(Receipt(isRecorded: false))
        }
        let name = PrivacySignal.recordName
        guard try !transaction.hasConsent(of: contact, named: name) else {
            return Decision(Receipt(isRecorded: true))
        }
        let record = ConsentRecord(
            id: transaction.newID(),
            contact: contact,
            scope: name,
            decision: .withdrawn,
            basis: .consent,
            source: .privacySignal,
            policy: nil,
            locale: person.contact.locale,
            givenAt: transaction.now,
            recordedAt: transaction.now,
            batch: nil
        )
        let event = Event.consentRecorded(
            record,
            Evidence(),
            from: Permission(),
            to: Permission()
        )
        return Decision(Receipt(isRecorded: true), events: [event])
    }
}
