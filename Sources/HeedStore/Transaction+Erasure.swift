// The local part of an erasure: what the inventory says is taken away, in one transaction.

import Foundation
package import HeedConsent

extension Transaction {
    /// How many rows of each table are about a person; tables without any are left out.
    package func personalRows(of contact: ContactID) throws(StoreError) -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for table in PersonalData.people {
            guard let count = table.count else { continue }
            let rows = try row(count, .id(contact))?.integer(0) ?? 0
            if rows > 0 { counts[table.name] = rows }
        }
        return counts
    }

    /// True once an erasure has taken the person's key: nothing sealed about them opens again.
    ///
    /// - Throws: `wrongKey` where an address is left without its key. No erasure leaves that, and
    ///   it would be called one that never was.
    package func isErased(_ contact: ContactID) throws(StoreError) -> Bool {
        guard try row("SELECT 1 FROM contact_keys WHERE contact_id = $1", .id(contact)) == nil
        else { return false }
        guard
            try row("SELECT 1 FROM addresses WHERE contact_id = $1 LIMIT 1", .id(contact)) == nil
        else {
            throw StoreError(
                .wrongKey,
                "the key of \(contact.text) is gone, and they were not erased: go back to a backup"
            )
        }
        return true
    }

    /// Does what `PersonalData` says.
    ///
    /// The key goes first, and with it everything that was sealed under it; the insert-only tables
    /// are not touched.
    func erase(_ request: RightsRequest, _ erasure: LocalErasure) throws(StoreError) {
        try keepAddresses(of: request.contact, for: erasure.unconfirmed)
        if !request.keepsBlock { try deleteBlocks(of: request.contact) }
        try execute("DELETE FROM contact_keys WHERE contact_id = $1", .id(request.contact))
        try execute("DELETE FROM addresses WHERE contact_id = $1", .id(request.contact))
        try execute("DELETE FROM permissions WHERE contact_id = $1", .id(request.contact))
        try anonymiseActivities(of: request.contact)
        try execute(
            "UPDATE contacts SET external_id = NULL, locale = NULL, region = NULL WHERE id = $1",
            .id(request.contact)
        )
    }

    /// Seals the addresses for the systems that have not confirmed, under a key that outlives the
    /// person's, because a system that has refused can only be told again by address.
    private func keepAddresses(
        of contact: ContactID,
        for targets: [ErasureTargetID]
    ) throws(StoreError) {
        guard !targets.isEmpty else { return }
        let addresses = try deliveryAddresses(of: contact, on: .email).map(\.delivery)
        guard let bytes = try? JSONEncoder().encode(addresses) else {
            throw StoreError(.corrupt, "addresses could not be encoded")
        }
        for target in targets {
            let sealed = try vault.sealSetting(
                Array(bytes),
                label: "erasure:" + target.text,
                in: surroundings
            )
            try execute(
                "UPDATE erasure_targets SET sealed = $2 WHERE id = $1",
                .id(target),
                .blob(sealed)
            )
        }
    }

    /// The addresses a target is told by: the person's, or what was kept of them for it.
    package func addresses(for target: ErasureTarget, of contact: ContactID) throws -> [String] {
        let current = try deliveryAddresses(of: contact, on: .email).map(\.delivery)
        guard current.isEmpty,
            let sealed = try row(
                "SELECT sealed FROM erasure_targets WHERE id = $1",
                .id(target.id)
            )?
            .optionalBlob(0)
        else { return current }
        let bytes = try vault.openSetting(sealed, label: "erasure:" + target.id.text)
        return try JSONDecoder().decode([String].self, from: Data(bytes))
    }

    /// Takes away every block on a person's addresses.
    ///
    /// Under the form that covers aliases only what came from their own opt-outs: somebody else may
    /// have the same mailbox under another spelling.
    private func deleteBlocks(of contact: ContactID) throws(StoreError) {
        for keys in try lookupKeys(of: contact) {
            try execute(
                "DELETE FROM suppressions WHERE match_key = $1 AND widened = 0",
                .blob(keys.match)
            )
            guard let widened = keys.widened else { continue }
            try execute(
                "DELETE FROM suppressions WHERE match_key = $1 AND widened = 1 "
                    + "AND opt_out_id IN (SELECT id FROM opt_outs WHERE contact_id = $2)",
                .blob(widened),
                .id(contact)
            )
        }
    }
}
