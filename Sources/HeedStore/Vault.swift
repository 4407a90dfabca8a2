// The keys of an installation: one secret outside the database opens all those inside it.

import Crypto
import Foundation
package import HeedConsent
package import HeedLedger

/// The secret that lives outside the database, in a file or the environment.
public struct MasterKey: Sendable, CustomStringConvertible {
    /// Bytes in a key.
    public static let byteCount = 32

    let key: SymmetricKey
    /// Others that may open the database, while one key takes the place of another.
    private var others: [SymmetricKey] = []

    /// Takes 32 bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == MasterKey.byteCount else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// This key, or another one where a change of keys was interrupted.
    public func or(_ other: MasterKey) -> MasterKey {
        var both = self
        both.others.append(other.key)
        return both
    }

    /// Tells keys apart and says nothing about them: 8 bytes in hexadecimal.
    public var id: String { MasterKey.id(of: key) }

    static func id(of key: SymmetricKey) -> String {
        var hash = SHA256()
        hash.update(data: Array("heed-master-key|v1|".utf8))
        unsafe key.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        return hexadecimal(hash.finalize().prefix(8))
    }

    /// The one of these keys that has an id; the first where none is asked for.
    ///
    /// - Throws: `StoreError.wrongKey`, which names both ids.
    func candidate(_ id: String?) throws(StoreError) -> SymmetricKey {
        guard let id else { return key }
        let all = [key] + others
        guard let found = all.first(where: { MasterKey.id(of: $0) == id }) else {
            let given = all.map { MasterKey.id(of: $0) }.joined(separator: " or ")
            throw StoreError(
                .wrongKey,
                "the master key does not open this database: it needs key \(id), and was given "
                    + given
            )
        }
        return found
    }

    /// Nothing about the key.
    public var description: String { "<master key>" }
}

/// The unlocked keys of an installation.
///
/// The lookup key, the link key and the settings key are random and stored wrapped by the master
/// key, so each can be replaced on its own and a copy of the database alone opens nothing.
public struct Vault: Sendable, CustomStringConvertible {
    /// What a wrapped key is for; also the associated data it is bound to.
    enum Purpose: String, CaseIterable {
        /// Keyed hashes of addresses.
        case lookup
        /// Signatures of public links.
        case link
        /// Sealing of connector secrets and hashing of idempotency keys.
        case settings
        /// Signs the checkpoints of the audit log (Ed25519 seed).
        case log
        /// Wraps the keys of people.
        case people
    }

    let master: SymmetricKey
    /// Wraps people's keys, so that a new master key rewraps a handful of keys and no more.
    let people: SymmetricKey
    /// How addresses are found.
    var lookup: LookupChain
    /// The first lookup key; those after it are not in `vault_keys`.
    let firstLookup: SymmetricKey
    private let link: SymmetricKey
    private let settings: SymmetricKey
    private let log: SymmetricKey

    /// Nothing about the keys.
    public var description: String { "<vault>" }

    /// Opens the keys of a database, or makes them when it has none yet.
    ///
    /// - Throws: `StoreError.wrongKey` when `master` does not open what is stored.
    package static func unlock(
        _ connection: any SQLConnection,
        with master: MasterKey,
        in surroundings: Surroundings
    ) throws(StoreError) -> Vault {
        var keys: [Purpose: SymmetricKey] = [:]
        let rows = try connection.run("SELECT purpose, wrapped, master_id FROM vault_keys", [])
        let master = try master.candidate(try rows.first?.optionalText(2))
        for row in rows {
            guard let purpose = Purpose(rawValue: try row.text(0)) else { continue }
            let label = "vault-key:" + purpose.rawValue
            guard let bytes = open(try row.blob(1), with: master, label: label) else {
                throw StoreError(.wrongKey, "the master key does not open this database")
            }
            keys[purpose] = SymmetricKey(data: bytes)
        }
        for purpose in Purpose.allCases where keys[purpose] == nil {
            // A new key beside what the old one made would hide every address and every block at
            // once, or begin a second history.
            guard try isUnused(purpose, connection) else {
                throw StoreError(
                    .corrupt,
                    "a key of this installation is missing from the database"
                )
            }
            // Before there was a key for people's keys, the master key itself wrapped them.
            let isOlder = purpose == .people ? try hasPeople(connection) : false
            let bytes =
                isOlder
                ? unsafe master.withUnsafeBytes { unsafe Array($0) } : surroundings.randomBytes(32)
            let label = "vault-key:" + purpose.rawValue
            let wrapped = try seal(bytes, with: master, label: label, in: surroundings)
            _ = try connection.run(
                "INSERT INTO vault_keys (purpose, wrapped, created_at, master_id) "
                    + "VALUES ($1, $2, $3, $4)",
                [
                    .text(purpose.rawValue), .blob(wrapped), .time(surroundings.now()),
                    .text(MasterKey.id(of: master)),
                ]
            )
            keys[purpose] = SymmetricKey(data: bytes)
        }
        guard let vault = Vault(master: master, keys: keys) else {
            throw StoreError(.corrupt, "a key of the installation is missing")
        }
        return try vault.current(on: connection)
    }

    /// True while nothing in the database was made with this key.
    private static func isUnused(
        _ purpose: Purpose,
        _ connection: any SQLConnection
    ) throws(StoreError) -> Bool {
        switch purpose {
        case .log:
            return try connection.run("SELECT 1 FROM ledger_identity LIMIT 1", []).isEmpty
        case .people: return true
        case .lookup, .link, .settings:
            let rows = try connection.run(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM contacts) "
                    + "OR EXISTS (SELECT 1 FROM suppressions) "
                    + "OR EXISTS (SELECT 1 FROM connectors)",
                []
            )
            return rows.isEmpty
        }
    }

    private static func hasPeople(_ connection: any SQLConnection) throws(StoreError) -> Bool {
        try !connection.run("SELECT 1 FROM contact_keys LIMIT 1", []).isEmpty
    }

    private init?(master: SymmetricKey, keys: [Purpose: SymmetricKey]) {
        guard let lookup = keys[.lookup], let link = keys[.link], let settings = keys[.settings],
            let log = keys[.log], let people = keys[.people]
        else { return nil }
        self.master = master
        self.people = people
        firstLookup = lookup
        self.lookup = LookupChain(first: lookup)
        self.link = link
        self.settings = settings
        self.log = log
    }

    /// The signer of the audit log's checkpoints under the log's name.
    package func logSigner(origin: String) throws(LedgerError) -> NoteSigner {
        try NoteSigner(name: origin, seed: unsafe log.withUnsafeBytes { unsafe Array($0) })
    }
}

extension Vault {
    /// The keyed hashes of an address: HMAC-SHA-256 cut to 128 bits, bound to the channel.
    package func lookupKeys(for address: Address) -> LookupKeys { lookupWords(for: address).keys }

    /// The same as words.
    package func lookupWords(for address: Address) -> LookupWords {
        let match = lookup.hash(address.match, channel: address.channel)
        guard address.hasAliases else { return LookupWords(match: match, widened: nil) }
        let same = address.widened == address.match
        let widened = same ? match : lookup.hash(address.widened, channel: address.channel)
        return LookupWords(match: match, widened: widened)
    }

    /// The same of an address as it was given, which most of the time needs no string.
    ///
    /// - Throws: what `Address` throws for what is none.
    package func lookupWords(reading text: String) throws(Refusal) -> LookupWords {
        let plain = LookupWords(plain: text) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe lookup.hash($0, channel: .email) }
        }
        guard let plain else { return lookupWords(for: try Address(email: text)) }
        return plain
    }

    /// The signature of a public link, 16 bytes (RFC 8058 wants it hard to forge).
    package func linkTag(over bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: link).prefix(16))
    }

    /// Compares a link's signature in constant time.
    package func isLinkTag(_ tag: [UInt8], over bytes: [UInt8]) -> Bool {
        constantTimeEqual(linkTag(over: bytes), tag)
    }

    /// A keyed hash for values that must be compared later but not read, such as request bodies.
    package func fingerprint(_ parts: [[UInt8]]) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: settings)
        for part in parts {
            // Lengths first, so that no two lists of parts run together to the same bytes.
            hmac.update(data: withBigEndian(UInt64(part.count)))
            hmac.update(data: part)
        }
        return Array(hmac.finalize())
    }

    /// Seals a setting that is no person's data, such as a connector's secret.
    package func sealSetting(
        _ bytes: [UInt8],
        label: String,
        in surroundings: Surroundings
    ) throws(StoreError) -> [UInt8] {
        try seal(bytes, with: settings, label: "setting:" + label, in: surroundings)
    }

    /// Opens a sealed setting.
    package func openSetting(_ sealed: [UInt8], label: String) throws(StoreError) -> [UInt8] {
        guard let bytes = open(sealed, with: settings, label: "setting:" + label) else {
            throw StoreError(.corrupt, "a sealed setting does not open")
        }
        return bytes
    }
}

/// AES-256-GCM with the nonce from the injected source and `label` as associated data; the nonce
/// comes first, then ciphertext and tag.
func seal(
    _ bytes: [UInt8],
    with key: SymmetricKey,
    label: String,
    in surroundings: Surroundings
) throws(StoreError) -> [UInt8] {
    do {
        let nonce = try AES.GCM.Nonce(data: surroundings.randomBytes(12))
        let label = Array(label.utf8)
        let box = try AES.GCM.seal(bytes, using: key, nonce: nonce, authenticating: label)
        return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    } catch {
        throw StoreError(.corrupt, "sealing failed")
    }
}

/// Opens what `seal` made; nil when the key, the label or any byte differs.
func open(_ sealed: [UInt8], with key: SymmetricKey, label: String) -> [UInt8]? {
    guard sealed.count >= 28, let box = try? AES.GCM.SealedBox(combined: sealed) else { return nil }
    return (try? AES.GCM.open(box, using: key, authenticating: Array(label.utf8))).map(Array.init)
}

/// Compares without telling by the time taken where two values differ.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

private func withBigEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
}
