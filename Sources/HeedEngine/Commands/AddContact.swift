// Makes a person known, so that consent and opt-outs can be recorded under their id.

public import HeedConsent
public import HeedStore

/// Adds a person with their addresses.
///
/// A person known by all of them already is no change.
public struct AddContact: Command {
    /// At most so many addresses a person.
    public static let addressesMaximum = 20

    let addresses: [Address]
    let externalID: String?
    let locale: String?
    let region: String?

    /// Describes the person; refuses no address or too many.
    public init(
        addresses: [Address],
        externalID: String?,
        locale: String?,
        region: String?
    ) throws(Refusal) {
        guard !addresses.isEmpty else {
            throw Refusal(.missing, field: "addresses", "at least one address is needed")
        }
        guard addresses.count <= AddContact.addressesMaximum else {
            throw Refusal(
                .tooLarge,
                field: "addresses",
                "a contact has at most \(AddContact.addressesMaximum) addresses"
            )
        }
        // Before it is looked for: a database need not be able to compare with it.
        try Contact.check(externalID: externalID)
        var seen: Set<String> = []
        self.addresses = addresses.filter { seen.insert($0.match).inserted }
        self.externalID = externalID
        self.locale = locale
        self.region = region
    }

    /// The person's id, and whether they are new.
    public struct Receipt: Sendable, Codable {
        /// The id in its text form.
        public let id: String
        /// False when the person was known already.
        public let created: Bool
    }

    /// Refuses addresses that belong to different people or to somebody with another external id,
    /// and the address of somebody who was erased, as an import does: they come back by their own
    /// act alone.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        var known: Set<ContactID> = []
        var unknown = 0
        for address in addresses {
            if let id = try transaction.contactID(at: address) {
                known.insert(id)
            } else {
                try requireNoErasure(of: address, in: transaction)
                unknown += 1
            }
        }
        if let externalID, let id = try transaction.contactID(external: externalID) {
            known.insert(id)
        }
        guard let id = known.first else {
            let contact = try Contact(
                id: transaction.newID(),
                externalID: externalID,
                locale: locale,
                region: region
            )
            return Decision(
                Receipt(id: contact.id.text, created: true),
                events: [.contactAdded(contact, addresses)]
            )
        }
        guard known.count == 1, unknown == 0,
            try externalID == nil || transaction.contact(id)?.externalID == externalID
        else {
            throw Refusal(
                .conflict,
                field: "addresses",
                "these addresses or the external id belong to somebody known already"
            )
        }
        return Decision(Receipt(id: id.text, created: false))
    }

    private func requireNoErasure(of address: Address, in transaction: Transaction) throws {
        let blocks = try transaction.suppressions(at: transaction.vault.lookupKeys(for: address))
        guard blocks.contains(where: { $0.reason == .erasure }) else { return }
        throw Refusal(
            .optedOut,
            field: "addresses",
            "the person had their data erased; only their own act can bring them back"
        )
    }
}
