// Whether a connector's settings name every scope there is, and none that there is not.

package import HeedConsent

/// How the scopes Heed has and those that a connector's settings name fit together.
package struct ScopeCoverage: Hashable, Sendable {
    /// Options for a scope that Heed does not have, such as `scope.newsleter`.
    package let unknown: [String]
    /// Scopes that the settings do not name: an opt-out from one cannot be told and is given up.
    package let unmapped: [String]

    /// Compares settings with the scopes there are.
    package init(of settings: ConnectorSettings, kind: ConnectorKind, scopes: [ScopeName]) {
        let prefix = ConnectorConfiguration.scopePrefix
        let fields = settings.options.keys.filter { $0.hasPrefix(prefix) }.sorted()
        let known = scopes.map { prefix + $0.text }
        unknown = fields.filter { !known.contains($0) }
        // A system that knows scopes by their own names needs no mapping.
        unmapped =
            kind.placeName == nil
            ? [] : scopes.map(\.text).filter { !fields.contains(prefix + $0) }.sorted()
    }

    /// Refuses an option for a scope that Heed does not have: it would never be used.
    package func refuseUnknown(scopes: [ScopeName]) throws(Refusal) {
        guard let field = unknown.first else { return }
        let names = scopes.map(\.text).sorted().joined(separator: ", ")
        throw Refusal(
            .invalid,
            field: field,
            scopes.isEmpty
                ? "there is no scope yet; `heed scope add` adds one"
                : "there is no such scope; there are \(names)"
        )
    }
}
