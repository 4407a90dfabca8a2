// API keys by hash, and connectors with their secrets sealed.

import Foundation
package import HeedConsent

/// The part of a connector's settings that is sealed.
private struct SealedSettings: Codable {
    let url: String
    let secret: String
    let options: [String: String]
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

    private func apiKeys(_ rows: [Row]) throws(StoreError) -> [APIKey] {
        var keys: [APIKey] = []
        for row in rows {
            keys.append(
                APIKey(
                    id: try row.text(0),
                    role: try row.word(1),
                    label: try row.text(2),
                    secretHash: try row.blob(3)
                )
            )
        }
        return keys
    }

    func insert(_ settings: ConnectorSettings) throws(StoreError) {
        let secret = SealedSettings(
            url: settings.url,
            secret: settings.secret,
            options: settings.options
        )
        guard let bytes = try? JSONEncoder().encode(secret) else {
            throw StoreError(.corrupt, "connector settings could not be encoded")
        }
        let label = "connector:" + settings.name
        try execute(
            "INSERT INTO connectors (name, kind, sealed, created_at) VALUES ($1, $2, $3, $4)",
            .text(settings.name),
            .text(settings.kind),
            .blob(try vault.sealSetting(Array(bytes), label: label, in: surroundings)),
            .time(now)
        )
    }

    /// All connectors, by name.
    package func connectors() throws(StoreError) -> [ConnectorSettings] {
        var connectors: [ConnectorSettings] = []
        for row in try rows("SELECT name, kind, sealed FROM connectors ORDER BY name") {
            let name = try row.text(0)
            let bytes = try vault.openSetting(try row.blob(2), label: "connector:" + name)
            guard let opened = try? JSONDecoder().decode(SealedSettings.self, from: Data(bytes)),
                let settings = try? ConnectorSettings(
                    name: name,
                    kind: try row.text(1),
                    url: opened.url,
                    secret: opened.secret,
                    options: opened.options
                )
            else { throw StoreError(.corrupt, "a connector's settings are not readable") }
            connectors.append(settings)
        }
        return connectors
    }

    /// The names of all connectors: who has to be told about an opt-out.
    package func connectorNames() throws(StoreError) -> [String] {
        var names: [String] = []
        for row in try rows(Transaction.statementForConnectorNames) {
            names.append(try row.text(0))
        }
        return names
    }

    static let statementForConnectorNames = Statement(
        "SELECT name FROM connectors ORDER BY name",
        []
    )
}
