// Puts another lookup key over the keyed hashes, a range of them at a time.

package import HeedConsent

/// Where keyed hashes are, in their order from `$1` on; the second form of an address only where it
/// is not the first.
private let hashSources: [SQL] = [
    "SELECT match_key FROM addresses WHERE match_key >= $1 ORDER BY match_key LIMIT $2",
    "SELECT widened_key FROM addresses WHERE widened_key >= $1 AND widened_key <> match_key "
        + "ORDER BY widened_key LIMIT $2",
    "SELECT match_key FROM suppressions WHERE match_key >= $1 ORDER BY match_key LIMIT $2",
]

extension Transaction {
    /// The number of the newest lookup key, and whether hashes are still going under it.
    package func lookupKeyState() throws(StoreError) -> (generation: Int, isChanging: Bool) {
        guard let row = try row("SELECT generation, bound FROM lookup_state") else {
            throw StoreError(.corrupt, "the state of the lookup keys is missing")
        }
        return (Int(try row.integer(0)), !row.isNull(1))
    }

    /// A new lookup key, sealed, or one that a journal has.
    ///
    /// - Throws: `StoreError.refused` while another one is being put over the hashes, and when
    ///   there is no number left.
    package func nextLookupKey(_ sealed: [UInt8]? = nil) throws(StoreError) -> LookupKeyChange {
        let generation = vault.lookup.generation + 1
        guard generation <= LookupChain.generationMaximum else {
            throw StoreError(
                .refused,
                "lookup keys were added \(LookupChain.generationMaximum) times, and there is no "
                    + "room for more"
            )
        }
        if let sealed { return LookupKeyChange(generation: generation, sealed: sealed) }
        let key = randomBytes(32)
        return LookupKeyChange(
            generation: generation,
            sealed: try vault.sealed(key, generation: generation, in: surroundings)
        )
    }

    /// The next hashes that go under the newest key, at most some `limit` of them, with the lock on
    /// all of them; nil when all are.
    package func nextLookupMove(limit: Int) throws(StoreError) -> LookupKeyMove? {
        try lockLookups()
        guard let bound = vault.lookup.bound else { return nil }
        var hashes: Set<KeyWords> = []
        var end: KeyWords?
        for source in hashSources {
            var last: KeyWords?
            let rows = try rows(source, .blob(bound.bytes), .integer(Int64(limit)))
            for row in rows {
                let hash: KeyWords = try row.id(0)
                hashes.insert(hash)
                last = hash
            }
            // What comes after the last one that was read is not known.
            if rows.count == limit, let last { end = end.map { min($0, last) } ?? last }
        }
        let old = vault.lookup.generation - 1
        let moving = hashes.filter { hash in
            LookupChain.generation(of: hash) == old && end.map { hash <= $0 } ?? true
        }
        return LookupKeyMove(
            generation: vault.lookup.generation,
            hashes: moving.sorted().map {
                LookupKeyMove.Hash(old: $0.bytes, new: vault.lookup.next($0).bytes)
            },
            bound: end?.successor?.bytes
        )
    }

    /// Keeps every other writer from addresses and blocks until this transaction ends.
    ///
    /// Who has hashed an address before and writes afterwards is told to begin again, because what
    /// it hashed with is old by then. SQLite's writer is alone.
    private func lockLookups() throws(StoreError) {
        for lock in connection.dialect.lookupLocks { try execute(lock) }
    }

    func apply(_ change: LookupKeyChange) throws(StoreError) {
        try execute(
            "INSERT INTO lookup_keys (generation, sealed, created_at) VALUES ($1, $2, $3)",
            .integer(Int64(change.generation)),
            .blob(change.sealed),
            .time(now)
        )
        try execute(
            "UPDATE lookup_state SET epoch = epoch + 1, generation = $1, bound = $2 "
                + "WHERE epoch = $3",
            .integer(Int64(change.generation)),
            .blob(KeyWords(high: 0, low: 0).bytes),
            .integer(vault.lookup.epoch)
        )
        journal?.keep(token: change.sealed)
    }

    func apply(_ move: LookupKeyMove) throws(StoreError) {
        for hash in move.hashes {
            try execute(
                "UPDATE addresses SET match_key = $2, widened_key = "
                    + "CASE WHEN widened_key = $1 THEN $2 ELSE widened_key END "
                    + "WHERE match_key = $1",
                .blob(hash.old),
                .blob(hash.new)
            )
            try execute(
                "UPDATE addresses SET widened_key = $2 "
                    + "WHERE widened_key = $1 AND widened_key <> match_key",
                .blob(hash.old),
                .blob(hash.new)
            )
            try execute(
                "UPDATE suppressions SET match_key = $2 WHERE match_key = $1",
                .blob(hash.old),
                .blob(hash.new)
            )
        }
        try execute(
            "UPDATE lookup_state SET epoch = epoch + 1, bound = $1 WHERE epoch = $2",
            .blob(move.bound),
            .integer(vault.lookup.epoch)
        )
    }
}

extension Identifier {
    /// The next one in the order of the bytes; nil after the last.
    fileprivate var successor: Identifier? {
        guard low == .max else { return Identifier(high: high, low: low + 1) }
        return high == .max ? nil : Identifier(high: high + 1, low: 0)
    }
}
