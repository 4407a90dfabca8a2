// Links to a person's own data: mailed on their word, signed for that alone, and valid for an hour.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// The token in `/d/{token}`: who, and until when.
///
/// It shows that whoever has it reads the person's mail now, which a link in an old message does
/// not.
enum DataLink {
    /// How long it opens anything.
    static let seconds: Int64 = 3600

    static let kind = LinkKind.person(prefix: "d1.k1.", purpose: "data")
}

/// Has a link to a person's data mailed to them.
///
/// Where it goes, and whether any message may, is found out by the worker, so the answer is the
/// same for everybody.
public struct RequestDataLink: Command {
    /// At most one message goes to a person in so many seconds, however often it is asked for.
    public static let slotSeconds: Int64 = 3600

    let contact: ContactID
    let language: String

    /// Names the person, and the language of the page it was asked on.
    public init(contact: ContactID, language: String) throws(Refusal) {
        try Contact.check(locale: language)
        self.contact = contact
        self.language = language
    }

    /// Makes a second request in the same slot of time a repeat of the first.
    public func repeatKey(at now: Timestamp) -> RepeatKey {
        RepeatKey(
            key: "\(now.wholeSeconds / RequestDataLink.slotSeconds) \(contact.text)",
            caller: "person",
            operation: "POST /p/data",
            body: []
        )
    }

    /// Adds the job.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        Decision(true, jobs: [transaction.job(mailing: .dataLink(contact, language: language))])
    }
}

/// Asks where a link to a person's data goes, at the moment it is sent; for the worker.
public struct DataLinkDetails: Query {
    let contact: ContactID

    /// Names the person.
    public init(contact: ContactID) { self.contact = contact }

    /// Nil when the person has no address that a message may go to.
    public func answer(in transaction: Transaction) throws -> PreferenceLinkDetails.Details? {
        for address in try transaction.deliveryAddresses(of: contact, on: .email) {
            let keys = transaction.vault.lookupKeys(for: address)
            guard try !OwnMail.isBarred(by: transaction.suppressions(at: keys)) else { continue }
            let token = DataLink.kind.token(
                for: contact,
                until: transaction.now.adding(seconds: DataLink.seconds),
                with: transaction.vault
            )
            return PreferenceLinkDetails.Details(address: address, token: token)
        }
        return nil
    }
}

/// Asks whose data a link opens.
public struct OpenDataLink: Query {
    let token: String

    /// Takes the text after `/d/`.
    public init(token: String) { self.token = token }

    /// Nil for a token that opens nothing, or nothing any more.
    public func answer(in transaction: Transaction) throws -> ContactID? {
        let person = DataLink.kind.person(
            of: token,
            vault: transaction.vault,
            now: transaction.now
        )
        guard let contact = person?.contact, try !transaction.isErased(contact) else { return nil }
        return contact
    }
}
