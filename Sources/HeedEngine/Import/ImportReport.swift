// The counts of an import: every row is in exactly one of them, so that nothing is dropped in
// silence.

/// A row that could not be read.
package struct InvalidLine: Hashable, Sendable, Encodable {
    /// The file it is in.
    package let file: String
    /// The physical line it starts on, from 1.
    package let line: Int
    /// Why, without the address.
    package let reason: String
}

/// How an import of one or more files ended.
package struct ImportReport: Sendable, Encodable {
    /// The batch's id; empty for a dry run.
    package var batch = ""
    /// Rows read, without headers and blank lines.
    package var rows = 0
    /// Different people in them.
    package var contacts = 0
    /// Rows that recorded consent.
    package var granted = 0
    /// Rows that recorded an opt-out.
    package var optedOut = 0
    /// Rows that recorded a complaint.
    package var complaints = 0
    /// Rows that recorded a hard bounce.
    package var hardBounces = 0
    /// Rows whose address and status came before in the import.
    package var duplicates = 0
    /// Rows whose consent was refused because the person said no.
    package var refused = 0
    /// Rows Heed knew already.
    package var unchanged = 0
    /// The refusals by reason.
    package var refusals: [String: Int] = [:]
    /// Rows that could not be read.
    package var invalid: [InvalidLine] = []
    /// The counts by file.
    package var files: [File] = []

    /// The counts of one file.
    package struct File: Hashable, Sendable, Encodable {
        /// Its name.
        package let name: String
        /// Rows read.
        package var rows = 0
        /// Different people in it.
        package var contacts = 0
        /// Rows that came before.
        package var duplicates = 0
        /// Rows that could not be read.
        package var invalid = 0
    }

    /// Starts with nothing read.
    package init() {}

    mutating func add(_ outcome: RowOutcome) {
        if outcome.granted { granted += 1 }
        if outcome.optedOut { optedOut += 1 }
        if outcome.complaint { complaints += 1 }
        if outcome.hardBounce { hardBounces += 1 }
        if outcome.isUnchanged { unchanged += 1 }
        if let reason = outcome.refused {
            refused += 1
            refusals[reason, default: 0] += 1
        }
    }

    /// The counts as the audit log keeps them.
    var counts: [String: Int] {
        [
            "rows": rows, "contacts": contacts, "granted": granted, "optedOut": optedOut,
            "complaints": complaints, "hardBounces": hardBounces, "duplicates": duplicates,
            "refused": refused, "unchanged": unchanged, "invalid": invalid.count,
        ]
    }
}
