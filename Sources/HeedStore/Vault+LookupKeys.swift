// The lookup keys of an installation as a snapshot of its database has them.

import Crypto
import HeedConsent

extension Vault {
    /// Grows with every change of how addresses are found.
    package var lookupEpoch: Int64 { lookup.epoch }

    /// True while a new lookup key is being put over the hashes.
    package var isChangingLookupKey: Bool { lookup.bound != nil }

    /// This vault, or one that finds addresses as the open snapshot has them.
    package func current(on connection: any SQLConnection) throws(StoreError) -> Vault {
        let rows = try connection.run("SELECT epoch, generation, bound FROM lookup_state", [])
        guard let row = rows.first else {
            throw StoreError(.corrupt, "the state of the lookup keys is missing")
        }
        let epoch = try row.integer(0)
        guard epoch != lookup.epoch else { return self }
        var later: [SymmetricKey] = []
        for key in try connection.run("SELECT sealed FROM lookup_keys ORDER BY generation", []) {
            later.append(try open(try key.blob(0), generation: later.count + 1))
        }
        // A key less would hide every address and every block at once.
        guard try row.integer(1) == Int64(later.count) else {
            throw StoreError(.corrupt, "a lookup key is missing from the database")
        }
        var vault = self
        vault.lookup = LookupChain(
            first: firstLookup,
            later: later,
            epoch: epoch,
            bound: try row.optionalBlob(2).flatMap { KeyWords(bytes: $0) }
        )
        return vault
    }

    /// Where the database has what was hashed under fewer keys than there are by now.
    ///
    /// - Throws: `StoreError.corrupt` for a hash under a key that this installation does not have.
    package func current(_ key: [UInt8]) throws(StoreError) -> [UInt8] {
        guard let words = KeyWords(bytes: key), let current = lookup.current(words) else {
            throw StoreError(.corrupt, "a keyed hash is under a lookup key that is missing")
        }
        return current.bytes
    }

    /// A lookup key in the form it is stored in.
    ///
    /// Sealed by the key for people's keys, which a running server has: it goes on when the master
    /// key was changed.
    func sealed(
        _ key: [UInt8],
        generation: Int,
        in surroundings: Surroundings
    ) throws(StoreError) -> [UInt8] {
        try seal(key, with: people, label: "lookup-key:\(generation)", in: surroundings)
    }

    private func open(_ sealed: [UInt8], generation: Int) throws(StoreError) -> SymmetricKey {
        let label = "lookup-key:\(generation)"
        guard let bytes = HeedStore.open(sealed, with: people, label: label) else {
            throw StoreError(.corrupt, "a lookup key does not open")
        }
        return SymmetricKey(data: bytes)
    }
}
