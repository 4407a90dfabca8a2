// API keys by hash, and all of them with their times.

public import HeedConsent

/// A key with when it was made, and when it was revoked if it was.
public struct APIKeyRecord: Hashable, Sendable {
    /// The key.
    public let key: APIKey
    /// When it was made.
    public let createdAt: Timestamp
    /// Since when it opens nothing; nil while it does.
    public let revokedAt: Timestamp?
}

extension Transaction {
    func insert(_ key: APIKey) throws(StoreError) {
        try execute(
            "INSERT INTO api_keys (id, role, label, secret_sha256, created_at) "
                + "VALUES ($1, $2, $3, $4, $5)",
            .text(key.id),
            .text(key.role.rawValue),
            .text(key.label),
            .blob(key.secretHash),
            .time(now)
        )
    }

    func revoke(_ key: APIKey) throws(StoreError) {
        try execute("UPDATE api_keys SET revoked_at = $2 WHERE id = $1", .text(key.id), .time(now))
    }

    /// A key that has not been revoked.
    package func apiKey(_ id: String) throws(StoreError) -> APIKey? {
        try apiKeys(
            rows(
                "SELECT id, role, label, secret_sha256 FROM api_keys "
                    + "WHERE id = $1 AND revoked_at IS NULL",
                .text(id)
            )
        ).first
    }

    /// All keys that have not been revoked, by age.
    package func apiKeys() throws(StoreError) -> [APIKey] {
        try apiKeys(
            rows(
                "SELECT id, role, label, secret_sha256 FROM api_keys WHERE revoked_at IS NULL "
                    + "ORDER BY created_at, id"
            )
        )
    }

    /// All keys there ever were, by age.
    package func apiKeyRecords() throws(StoreError) -> [APIKeyRecord] {
        let rows = try rows(
            "SELECT id, role, label, secret_sha256, created_at, revoked_at FROM api_keys "
                + "ORDER BY created_at, id"
        )
        var records: [APIKeyRecord] = []
        for row in rows {
            records.append(
                APIKeyRecord(
                    key: try apiKey(row),
                    createdAt: try row.time(4),
                    revokedAt: try row.optionalTime(5)
                )
            )
        }
        return records
    }

    private func apiKeys(_ rows: [Row]) throws(StoreError) -> [APIKey] {
        var keys: [APIKey] = []
        for row in rows { keys.append(try apiKey(row)) }
        return keys
    }

    private func apiKey(_ row: Row) throws(StoreError) -> APIKey {
        APIKey(
            id: try row.text(0),
            role: try row.word(1),
            label: try row.text(2),
            secretHash: try row.blob(3)
        )
    }
}
