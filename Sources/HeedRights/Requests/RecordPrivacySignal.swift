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
        let objection = SaleObjection(source: .privacySignal, at: transaction.now)
        return Decision(
            Receipt(isRecorded: true),
            events: try objection.events(for: person, in: transaction)
        )
    }
}

/// Asks whether a person has objected to the sale and sharing of their data.
public struct ObjectsToSale: Query {
    let contact: ContactID

    /// Names the person.
    public init(contact: ContactID) { self.contact = contact }

    /// True once an objection is on record; it is never taken back.
    public func answer(in transaction: Transaction) throws -> Bool {
        try transaction.hasConsent(of: contact, named: PrivacySignal.recordName)
    }
}

/// A person's objection to the sale and sharing of their data.
struct SaleObjection {
    let source: Source
    let at: Timestamp

    /// The record; nothing for a person who objects already.
    func events(for person: ResolvedSubject, in transaction: Transaction) throws -> [Event] {
        let name = PrivacySignal.recordName
        guard try !transaction.hasConsent(of: person.id, named: name) else { return [] }
        let record = ConsentRecord(
            id: transaction.newID(),
            contact: person.id,
            scope: name,
            decision: .withdrawn,
            basis: .consent,
            source: source,
            policy: nil,
            locale: person.contact.locale,
            givenAt: at,
            recordedAt: transaction.now,
            batch: nil
        )
        return [.consentRecorded(record, Evidence(), from: Permission(), to: Permission())]
    }
}
