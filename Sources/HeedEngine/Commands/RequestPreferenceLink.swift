// Asks that a link to the preference centre be mailed to whoever has an address.

public import HeedConsent
public import HeedStore

/// Has a link mailed to an address, if anybody has it.
///
/// It looks nobody up: a job with the address's keyed hash is written for every address, and the
/// worker finds out later. So neither the answer nor its time tells whoever asks who is known.
public struct RequestPreferenceLink: Command {
    /// At most one message goes to an address in so many seconds, whoever asks and wherever.
    public static let slotSeconds: Int64 = 3600

    let address: Address
    let language: String

    /// Names the address, and the language of the page it was asked on.
    public init(address: Address, language: String) throws(Refusal) {
        try Contact.check(locale: language)
        self.address = address
        self.language = language
    }

    /// Makes a second request in the same slot of time a repeat of the first.
    public func repeatKey(at now: Timestamp) -> RepeatKey {
        let slot = now.wholeSeconds / RequestPreferenceLink.slotSeconds
        return RepeatKey(
            key: "\(slot) \(address.match)",
            caller: "person",
            operation: "POST /p",
            body: []
        )
    }

    /// Adds the job.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        let key = transaction.vault.lookupKeys(for: address).match
        return Decision(
            true,
            jobs: [transaction.job(mailing: .preferenceLink(key, language: language))]
        )
    }
}
