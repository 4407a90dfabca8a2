// What a transaction keeps others from changing until it ends, where the engine has many writers.

package import HeedConsent

/// Locks are taken before what they protect is loaded, so that a rule decides on what it changes.
///
/// A read takes none: it has its snapshot. Nor does SQLite, whose writer is alone.
extension Transaction {
    /// Locks a person: their permissions, opt-outs and what connectors answered about them.
    package func lock(_ contact: ContactID) throws(StoreError) {
        guard !foresight.hasLocked(contact) else { return }
        try lock("SELECT 1 FROM contacts WHERE id = $1", [[.id(contact)]])
    }

    /// Locks the person an opt-out belongs to.
    package func lockContact(of optOut: OptOutID) throws(StoreError) {
        try lock(
            "SELECT 1 FROM contacts WHERE id = (SELECT contact_id FROM opt_outs WHERE id = $1)",
            [[.id(optOut)]]
        )
    }

    /// Locks the person whose opt-out a target belongs to.
    package func lockContact(of target: TargetID) throws(StoreError) {
        try lock(
            "SELECT 1 FROM contacts WHERE id = (SELECT o.contact_id FROM opt_out_targets t "
                + "JOIN opt_outs o ON o.id = t.opt_out_id WHERE t.id = $1)",
            [[.id(target)]]
        )
    }

    /// Locks the person a request is about.
    package func lockContact(of request: RequestID) throws(StoreError) {
        try lock(
            "SELECT 1 FROM contacts WHERE id = (SELECT contact_id FROM requests WHERE id = $1)",
            [[.id(request)]]
        )
    }

    /// Locks the person whose erasure a target belongs to.
    package func lockContact(of target: ErasureTargetID) throws(StoreError) {
        try lock(
            "SELECT 1 FROM contacts WHERE id = (SELECT r.contact_id FROM erasure_targets t "
                + "JOIN requests r ON r.id = t.request_id WHERE t.id = $1)",
            [[.id(target)]]
        )
    }

    /// Locks all API keys that have not been revoked.
    package func lockKeys() throws(StoreError) {
        try lock("SELECT 1 FROM api_keys WHERE revoked_at IS NULL ORDER BY id", [[]])
    }

    /// Locks a connector's settings, so that two operators do not change them at once.
    package func lockConnector(_ name: String) throws(StoreError) {
        try lock("SELECT 1 FROM connectors WHERE name = $1", [[.text(name)]])
    }

    /// Locks an import, so that nothing of it is recorded after it was asked to be undone.
    package func lockImport(_ id: ImportID) throws(StoreError) {
        try lock("SELECT 1 FROM imports WHERE id = $1", [[.id(id)]])
    }

    private func lock(_ rows: SQL, _ sets: [[SQLValue]]) throws(StoreError) {
        guard mode == .writing, let rowLock = connection.dialect.rowLock else { return }
        let statement = rows + rowLock
        _ = try connection.runAll(sets.map { Statement(statement, $0) })
    }
}
