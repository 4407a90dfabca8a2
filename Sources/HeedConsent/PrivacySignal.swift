// A browser's word against sale and sharing (Global Privacy Control), and for whom a law hears it.

/// The objection that `Sec-GPC: 1` stands for.
///
/// It says nothing about mailings: it is a record of its own beside the scopes, as the record of a
/// global withdrawal is, and no permission follows from it.
public enum PrivacySignal {
    /// What its consent records name where others name a scope.
    public static let recordName = "sale-sharing"

    /// The states of the US that give the signal effect (as of 2026-01).
    static let states: Set<String> = [
        "CA", "CO", "CT", "DE", "MD", "MN", "MT", "NE", "NH", "NJ", "OR", "TX",
    ]

    /// Whether the signal has effect by law for somebody from there.
    ///
    /// Of somebody in the US whose state is not known it is taken to have: hearing it once too
    /// often costs the person nothing.
    public static func isHeard(in region: String?) -> Bool {
        guard let parts = region?.split(separator: "-"), parts.first == "US" else { return false }
        return parts.count == 1 || states.contains(String(parts[1]))
    }

    /// Only the exact value `1` counts, in any of several headers.
    public static func isSet(_ values: [String]) -> Bool { values.contains("1") }
}

/// The scope that a consent record's name stands for; nil for records beside the scopes, which have
/// no permission.
package func permissionScope(named name: String) -> ScopeName? {
    guard name != PrivacySignal.recordName else { return nil }
    return OptOut.Extent(stored: name).scopeName
}
