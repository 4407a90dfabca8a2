// People, their sealed addresses, and the per-person keys that make erasure possible.

import Crypto
import Foundation
package import HeedConsent

/// What a sealed value is: part of the associated data, so that none can be passed off as another.
enum SealedPlace {
    case address
    case consent(ConsentID)
    case optOut(OptOutID)
    case activity([UInt8])

    /// The associated data for a person's value.
    func label(of contact: ContactID) -> String {
        switch self {
        case .address: "address:\(contact.text)"
        case .consent(let id): "consent:\(contact.text):\(id.text)"
        case .optOut(let id): "opt-out:\(contact.text):\(id.text)"
        case .activity(let id): "event:\(contact.text):\(hexadecimal(id))"
        }
    }
}

private let contactInsertion = Insertion(
    into: "contacts",
    [
        "id": .bytes, "external_id": .text, "locale": .text, "region": .text,
        "created_at": .integer,
    ],
    depth: 0
)

private let keyInsertion = Insertion(
    into: "contact_keys",
    ["contact_id": .bytes, "wrapped": .bytes],
    depth: 1
)

private let addressInsertion = Insertion(
    into: "addresses",
    [
        "channel": .text, "match_key": .bytes, "widened_key": .bytes, "contact_id": .bytes,
        "sealed": .bytes, "created_at": .integer,
    ],
    depth: 1
)

private let contactByID: SQL = "SELECT external_id, locale, region FROM contacts WHERE id = $1"
private let contactByAddress: SQL =
    "SELECT contact_id FROM addresses WHERE channel = $1 AND match_key = $2"
private let contactByExternalID: SQL = "SELECT id FROM contacts WHERE external_id = $1"

extension Transaction {
    func insert(_ contact: Contact, wrappedKey: [UInt8]) throws(StoreError) {
        let row: [SQLValue] = [
            .id(contact.id), .text(contact.externalID), .text(contact.locale),
            .text(contact.region), .time(now),
        ]
        try insert(row, with: contactInsertion)
        try insert([.id(contact.id), .blob(wrappedKey)], with: keyInsertion)
    }

    func insert(_ address: Address, of contact: ContactID, sealed: [UInt8]) throws(StoreError) {
        let keys = vault.lookupKeys(for: address)
        let row: [SQLValue] = [
            .text(address.channel.rawValue), .blob(keys.match), .blob(keys.widened),
            .id(contact), .blob(sealed), .time(now),
        ]
        try insert(row, with: addressInsertion)
    }

    /// The new address, sealed under the person's key.
    func sealAddress(of replacement: AddressReplacement) throws(StoreError) -> [UInt8] {
        guard let key = try contactKey(of: replacement.contact) else {
            throw StoreError(.corrupt, "a person without a key has no address to put right")
        }
        return try seal(replacement.new, for: replacement.contact, with: key)
    }

    /// Puts the new address in the place of the old; blocks are events of their own.
    func apply(
        _ replacement: AddressReplacement,
        sealed: [UInt8]
    ) throws(StoreError) {
        try execute(
            "DELETE FROM addresses WHERE channel = $1 AND match_key = $2 AND contact_id = $3",
            .text(replacement.old.channel.rawValue),
            .blob(vault.lookupKeys(for: replacement.old).match),
            .id(replacement.contact)
        )
        try insert(replacement.new, of: replacement.contact, sealed: sealed)
    }

    /// A person by id.
    package func contact(_ id: ContactID) throws(StoreError) -> Contact? {
        guard let row = try rows(Transaction.statement(forContact: id)).first else { return nil }
        return Contact(
            stored: id,
            externalID: try row.optionalText(0),
            locale: try row.optionalText(1),
            region: try row.optionalText(2)
        )
    }

    static func statement(forContact id: ContactID) -> Statement {
        Statement(contactByID, [.id(id)])
    }

    /// The person an address belongs to.
    package func contactID(at address: Address) throws(StoreError) -> ContactID? {
        let keys = vault.lookupKeys(for: address)
        return try rows(Transaction.statement(for: address, keys)).first?.id(0)
    }

    static func statement(for address: Address, _ keys: LookupKeys) -> Statement {
        Statement(contactByAddress, [.text(address.channel.rawValue), .blob(keys.match)])
    }

    /// The person the caller knows by this id.
    package func contactID(external id: String) throws(StoreError) -> ContactID? {
        try rows(Transaction.statement(forExternalID: id)).first?.id(0)
    }

    static func statement(forExternalID id: String) -> Statement {
        Statement(contactByExternalID, [.text(id)])
    }

    /// A person's addresses on a channel, as they were given.
    ///
    /// Unsealed personal data: for delivery to a connector and for the person's own export only.
    package func deliveryAddresses(
        of contact: ContactID,
        on channel: Channel
    ) throws(StoreError) -> [Address] {
        let rows = try rows(
            "SELECT sealed FROM addresses WHERE contact_id = $1 AND channel = $2 ORDER BY "
                + "created_at",
            .id(contact),
            .text(channel.rawValue)
        )
        guard !rows.isEmpty, let key = try contactKey(of: contact) else { return [] }
        var addresses: [Address] = []
        for row in rows {
            let text = String(
                decoding: try open(row.blob(0), of: contact, as: .address, with: key),
                as: UTF8.self
            )
            guard let address = try? Address(email: text) else {
                throw StoreError(.corrupt, "a sealed address is not readable")
            }
            addresses.append(address)
        }
        return addresses
    }

    /// Who has the mail address with this keyed hash, and the address as it was given.
    ///
    /// Unsealed personal data: for a message to that person only. Nil when nobody has it.
    package func holder(
        of matchKey: [UInt8]
    ) throws(StoreError) -> (contact: ContactID, address: Address)? {
        let row = try row(
            "SELECT contact_id, sealed FROM addresses WHERE channel = 'email' AND match_key = $1",
            .blob(matchKey)
        )
        guard let row else { return nil }
        let contact: ContactID = try row.id(0)
        guard let key = try contactKey(of: contact) else { return nil }
        let bytes = try open(row.blob(1), of: contact, as: .address, with: key)
        guard let address = try? Address(email: String(decoding: bytes, as: UTF8.self)) else {
            throw StoreError(.corrupt, "a sealed address is not readable")
        }
        return (contact, address)
    }

    /// The evidence sealed with a consent record.
    package func evidence(of record: ConsentID, contact: ContactID) throws(StoreError) -> Evidence?
    {
        let row = try row("SELECT evidence FROM consent_records WHERE id = $1", .id(record))
        guard let sealed = try row?.optionalBlob(0), let key = try contactKey(of: contact)
        else { return nil }
        let bytes = try open(sealed, of: contact, as: .consent(record), with: key)
        return try? JSONDecoder().decode(Evidence.self, from: Data(bytes))
    }

    func makeContactKey() throws(StoreError) -> SymmetricKey { SymmetricKey(data: randomBytes(32)) }

    func wrap(_ key: SymmetricKey, for contact: ContactID) throws(StoreError) -> [UInt8] {
        try HeedStore.seal(
            unsafe key.withUnsafeBytes { unsafe Array($0) },
            with: vault.people,
            label: "contact-key:" + contact.text,
            in: surroundings
        )
    }

    func seal(
        _ address: Address,
        for contact: ContactID,
        with key: SymmetricKey
    ) throws(StoreError) -> [UInt8] {
        try HeedStore.seal(
            Array(address.delivery.utf8),
            with: key,
            label: SealedPlace.address.label(of: contact),
            in: surroundings
        )
    }

    /// Nil when there is nothing to seal, or the person's key is gone because they were erased.
    func seal(
        _ evidence: Evidence,
        for contact: ContactID,
        as place: SealedPlace
    ) throws(StoreError) -> [UInt8]? {
        guard !evidence.isEmpty, let key = try contactKey(of: contact) else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let bytes = try? encoder.encode(evidence) else {
            throw StoreError(.corrupt, "evidence could not be encoded")
        }
        return try HeedStore.seal(
            Array(bytes),
            with: key,
            label: place.label(of: contact),
            in: surroundings
        )
    }

    func open(
        _ sealed: [UInt8],
        of contact: ContactID,
        as place: SealedPlace,
        with key: SymmetricKey
    ) throws(StoreError) -> [UInt8] {
        guard let bytes = HeedStore.open(sealed, with: key, label: place.label(of: contact)) else {
            throw StoreError(.corrupt, "a sealed value does not open with its person's key")
        }
        return bytes
    }

    func contactKey(of contact: ContactID) throws(StoreError) -> SymmetricKey? {
        if let key = foresight.key(of: contact) { return key }
        guard
            let row = try row(
                "SELECT wrapped FROM contact_keys WHERE contact_id = $1",
                .id(contact)
            )
        else { return nil }
        return try unwrap(row.blob(0), of: contact)
    }

    /// A person's key, opened with the key for people's keys.
    func unwrap(_ wrapped: [UInt8], of contact: ContactID) throws(StoreError) -> SymmetricKey {
        let label = "contact-key:" + contact.text
        guard let bytes = HeedStore.open(wrapped, with: vault.people, label: label) else {
            throw StoreError(.wrongKey, "a person's key does not open with the master key")
        }
        return SymmetricKey(data: bytes)
    }
}
