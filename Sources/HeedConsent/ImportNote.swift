// What is written down about an import beside its events: housekeeping that changes nobody's state.

/// A note about an import.
public enum ImportNote: Hashable, Sendable {
    /// It only counts what would happen, so that no event says it began or ended.
    case dryRun(format: String, scope: ScopeName, policyVersion: String)
    /// A dry run begins again from its first row.
    case dryRunBegunAnew
    /// A dry run ended, with its counts.
    case dryRunEnded(counts: [String: Int])
    /// Rows that were not taken before a place in its files, as lines of CSV without addresses.
    case rejected(file: Int, row: Int, lines: String)
    /// It ended before its files did, and why.
    case failed(String)
    /// It is to be undone, so nothing of it is recorded any more.
    case undoRequested(by: Actor)
}
