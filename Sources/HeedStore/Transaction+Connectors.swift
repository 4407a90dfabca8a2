// Connectors with their settings sealed: who has to be told, and what is still open for them.

import Foundation
package import HeedConsent

/// The part of a connector's settings that is sealed.
private struct SealedSettings: Codable {
    let url: String
    let secret: String
    let options: [String: String]
}

extension Transaction {
    func insert(_ settings: ConnectorSettings) throws(StoreError) {
        try execute(
            "INSERT INTO connectors (name, kind, sealed, created_at) VALUES ($1, $2, $3, $4)",
            .text(settings.name),
            .text(settings.kind),
            .blob(try seal(settings)),
            .time(now)
        )
    }

    func update(_ settings: ConnectorSettings) throws(StoreError) {
        try execute(
            "UPDATE connectors SET sealed = $2 WHERE name = $1",
            .text(settings.name),
            .blob(try seal(settings))
        )
    }

    func disableConnector(_ name: String, since time: Timestamp?) throws(StoreError) {
        try execute(
            "UPDATE connectors SET disabled_at = $2 WHERE name = $1",
            .text(name),
            .time(time)
        )
    }

    func deleteConnector(_ name: String) throws(StoreError) {
        try execute("DELETE FROM connectors WHERE name = $1", .text(name))
    }

    private func seal(_ settings: ConnectorSettings) throws(StoreError) -> [UInt8] {
        let secret = SealedSettings(
            url: settings.url,
            secret: settings.secret,
            options: settings.options
        )
        guard let bytes = try? JSONEncoder().encode(secret) else {
            throw StoreError(.corrupt, "connector settings could not be encoded")
        }
        let label = "connector:" + settings.name
        return try vault.sealSetting(Array(bytes), label: label, in: surroundings)
    }

    /// All connectors, by name.
    package func connectors() throws(StoreError) -> [ConnectorSettings] {
        var connectors: [ConnectorSettings] = []
        for row in try rows(
            "SELECT name, kind, sealed, disabled_at FROM connectors ORDER BY name"
        ) { connectors.append(try open(row)) }
        return connectors
    }

    /// A connector by its name; nobody else's settings are unsealed.
    package func connector(_ name: String) throws(StoreError) -> ConnectorSettings? {
        let row = try row(
            "SELECT name, kind, sealed, disabled_at FROM connectors WHERE name = $1",
            .text(name)
        )
        guard let row else { return nil }
        return try open(row)
    }

    private func open(_ row: Row) throws(StoreError) -> ConnectorSettings {
        let name = try row.text(0)
        let bytes = try vault.openSetting(try row.blob(2), label: "connector:" + name)
        guard let opened = try? JSONDecoder().decode(SealedSettings.self, from: Data(bytes)),
            var settings = try? ConnectorSettings(
                name: name,
                kind: try row.text(1),
                url: opened.url,
                secret: opened.secret,
                options: opened.options
            )
        else { throw StoreError(.corrupt, "a connector's settings are not readable") }
        settings.disabledAt = try row.optionalTime(3)
        return settings
    }

    /// The names of all connectors: who has to be told about an opt-out.
    package func connectorNames() throws(StoreError) -> [String] {
        var names: [String] = []
        for row in try rows(Transaction.statementForConnectorNames) {
            names.append(try row.text(0))
        }
        return names
    }

    /// What is open for a connector, confirmed or removed no more: the ids of targets and of the
    /// jobs about them, at most `limit`.
    package func openWork(
        for connector: String,
        limit: Int
    ) throws(StoreError) -> [(target: TargetID, job: JobID?)] {
        var work: [(target: TargetID, job: JobID?)] = []
        for row in try rows(
            "SELECT t.id, j.id FROM opt_out_targets t "
                + "LEFT JOIN jobs j ON j.kind = 'tell-connector' AND j.subject = t.id "
                + "WHERE t.connector = $1 AND t.state IN ('pending', 'buried') LIMIT $2",
            .text(connector),
            .integer(Int64(limit))
        ) { work.append((try row.id(0), try row.optionalID(1))) }
        return work
    }

    static let statementForConnectorNames = Statement(
        "SELECT name FROM connectors ORDER BY name",
        []
    )
}
