// Scopes and policy versions: what can be agreed to, and to which text.

package import HeedConsent

private let scopeByName: SQL = "SELECT name, channel, kind FROM scopes WHERE name = $1"
private let policyByVersion: SQL =
    "SELECT version, url, text_sha256, effective_at FROM policies WHERE version = $1"
private let reconsentsByVersion: SQL =
    "SELECT scope FROM policy_reconsents WHERE version = $1 ORDER BY scope"

extension Transaction {
    func insert(_ scope: Scope) throws(StoreError) {
        try execute(
            "INSERT INTO scopes (name, channel, kind, created_at) VALUES ($1, $2, $3, $4)",
            .text(scope.name.text),
            .text(scope.channel.rawValue),
            .text(scope.kind.rawValue),
            .time(now)
        )
    }

    /// A scope by name.
    package func scope(_ name: ScopeName) throws(StoreError) -> Scope? {
        guard let row = try rows(Transaction.statement(forScope: name)).first else { return nil }
        return try scope(row)
    }

    static func statement(forScope name: ScopeName) -> Statement {
        Statement(scopeByName, [.text(name.text)])
    }

    /// All scopes, by name.
    package func scopes() throws(StoreError) -> [Scope] {
        var scopes: [Scope] = []
        for row in try rows(Transaction.statementForScopes) {
            scopes.append(try scope(row))
        }
        return scopes
    }

    static let statementForScopes = Statement(
        "SELECT name, channel, kind FROM scopes ORDER BY name",
        []
    )

    private func scope(_ row: Row) throws(StoreError) -> Scope {
        Scope(
            name: ScopeName(stored: try row.text(0)),
            channel: try row.word(1),
            kind: try row.word(2)
        )
    }

    func insert(_ policy: Policy) throws(StoreError) {
        try execute(
            "INSERT INTO policies (version, url, text_sha256, effective_at, created_at, "
                + "text) VALUES ($1, $2, $3, $4, $5, $6)",
            .text(policy.version),
            .text(policy.url),
            .blob(policy.textHash),
            .time(policy.effectiveAt),
            .time(now),
            .text(policy.text)
        )
        for scope in policy.reconsent {
            try execute(
                "INSERT INTO policy_reconsents (scope, effective_at, version) VALUES ($1, $2, $3)",
                .text(scope.text),
                .time(policy.effectiveAt),
                .text(policy.version)
            )
        }
    }

    /// Since when older consent to a scope is not enough; nil when all of it is.
    package func reconsentSince(_ scope: ScopeName) throws(StoreError) -> Timestamp? {
        try row(
            "SELECT max(effective_at) FROM policy_reconsents WHERE scope = $1 "
                + "AND effective_at <= $2",
            .text(scope.text),
            .time(now)
        )?.optionalTime(0)
    }

    /// A policy version by name.
    package func policy(_ version: String) throws(StoreError) -> Policy? {
        try policies(rows(Transaction.statement(forPolicy: version))).first
    }

    static func statement(forPolicy version: String) -> Statement {
        Statement(policyByVersion, [.text(version)])
    }

    static func statement(forReconsentsOf version: String) -> Statement {
        Statement(reconsentsByVersion, [.text(version)])
    }

    /// The text of a version as it was registered; nil where only its hash is known.
    package func text(ofPolicy version: String) throws(StoreError) -> String? {
        let row = try row("SELECT text FROM policies WHERE version = $1", .text(version))
        return try row?.optionalText(0)
    }

    /// All policy versions, newest first.
    package func policies() throws(StoreError) -> [Policy] {
        try policies(
            rows(
                "SELECT version, url, text_sha256, effective_at FROM policies "
                    + "ORDER BY effective_at DESC, version DESC"
            )
        )
    }

    private func policies(_ rows: [Row]) throws(StoreError) -> [Policy] {
        var policies: [Policy] = []
        for row in rows {
            let version = try row.text(0)
            var reconsent: [ScopeName] = []
            for scope in try self.rows(Transaction.statement(forReconsentsOf: version)) {
                reconsent.append(ScopeName(stored: try scope.text(0)))
            }
            let policy = try? Policy(
                version: version,
                url: try row.optionalText(1),
                textHash: try row.blob(2),
                effectiveAt: try row.time(3),
                reconsent: reconsent
            )
            guard let policy else {
                throw StoreError(.corrupt, "a stored policy version is not readable")
            }
            policies.append(policy)
        }
        return policies
    }
}
