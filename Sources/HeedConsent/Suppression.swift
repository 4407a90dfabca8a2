// A block on an address, kept by keyed hash so that it outlives the person's data.

/// Why an address is blocked, from the one that binds most to the one that binds least.
public enum SuppressionReason: String, CaseIterable, Sendable {
    /// An authority or court says so.
    case legal
    /// The person had their data erased; the block is what remains.
    case erasure
    /// The person asked that their data is kept and not used (GDPR, article 18).
    case restriction
    /// The person reported a message as spam.
    case complaint
    /// The address does not exist.
    case hardBounce = "hard-bounce"
    /// An operator says so.
    case manual
    /// Opted out of every campaign scope.
    case optOutGlobal = "opt-out-global"
    /// Opted out of one scope.
    case optOut = "opt-out"
}

/// A block that applies to an address, in one scope or, with an empty scope, in all it covers.
public struct Suppression: Hashable, Sendable {
    /// Why.
    public let reason: SuppressionReason
    /// The scope it is limited to; nil for all.
    public let scope: ScopeName?
    /// Since when.
    public let since: Timestamp
    /// How it arrived.
    public let source: Source
    /// The opt-out behind it.
    public let optOut: OptOutID?

    /// Makes a block.
    public init(
        reason: SuppressionReason,
        scope: ScopeName?,
        since: Timestamp,
        source: Source,
        optOut: OptOutID?
    ) {
        self.reason = reason
        self.scope = scope
        self.since = since
        self.source = source
        self.optOut = optOut
    }
}

extension Suppression {
    /// The block that an event put or lifted; nil when it does not say which.
    package init?(_ line: AuditEvent) {
        guard let reason = line.facts["reason"].flatMap({ SuppressionReason(rawValue: $0) }),
            let since = line.facts["since"].flatMap({ Timestamp(text: $0) }),
            let source = line.source
        else { return nil }
        self.init(
            reason: reason,
            scope: line.scope.map { ScopeName(stored: $0) },
            since: since,
            source: source,
            optOut: line.subject.flatMap { OptOutID(bytes: $0) }
        )
    }
}
