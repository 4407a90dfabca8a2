// The installation's keys under another master key.

package import HeedConsent

extension Transaction {
    /// The id of the master key that wraps the installation's keys; nil where it is not known.
    package func masterKeyID() throws(StoreError) -> String? {
        try row("SELECT master_id FROM vault_keys ORDER BY purpose")?.optionalText(0)
    }

    /// The installation's keys, wrapped by another master key.
    ///
    /// - Throws: `StoreError.wrongKey` when they are not under the key this database was opened
    ///   with, because somebody else has changed it since.
    package func rewrapped(with next: MasterKey) throws(StoreError) -> MasterKeyChange {
        var wrapped: [String: [UInt8]] = [:]
        for row in try rows("SELECT purpose, wrapped FROM vault_keys") {
            let purpose = try row.text(0)
            let label = "vault-key:" + purpose
            guard let bytes = HeedStore.open(try row.blob(1), with: vault.master, label: label)
            else {
                throw StoreError(.wrongKey, "the master key was changed by another process")
            }
            wrapped[purpose] = try HeedStore.seal(
                bytes,
                with: next.key,
                label: label,
                in: surroundings
            )
        }
        return MasterKeyChange(
            from: try masterKeyID() ?? MasterKey.id(of: vault.master),
            to: next.id,
            wrapped: wrapped
        )
    }

    func apply(_ change: MasterKeyChange) throws(StoreError) {
        for (purpose, wrapped) in change.wrapped.sorted(by: { $0.key < $1.key }) {
            try execute(
                "UPDATE vault_keys SET wrapped = $2, master_id = $3 WHERE purpose = $1",
                .text(purpose),
                .blob(wrapped),
                .text(change.to)
            )
        }
    }
}
