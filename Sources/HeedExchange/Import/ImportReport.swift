// The counts of an import: every row is in exactly one of them, so that nothing is dropped in
// silence.

package import HeedConsent
import HeedLists

/// A row that could not be read.
package struct InvalidLine: Hashable, Sendable, Encodable {
    /// The file it is in.
    package let file: String
    /// The physical line it starts on, from 1.
    package let line: Int
    /// Why, without the address.
    package let reason: String
}

/// A row that was not taken as it says: it could not be read, was refused, or says nothing of what
/// Heed keeps.
package struct RejectedLine: Hashable, Sendable {
    /// The file it is in.
    package let file: String
    /// The physical line it starts on, from 1.
    package let line: Int
    /// `invalid`, `refused` or `passed-over`.
    package let outcome: String
    /// Why, without the address.
    package let reason: String
}

extension RejectedLine {
    /// What `cells` are called.
    package static let names = ["file", "line", "outcome", "reason"]

    /// The columns of a list of such rows.
    package var cells: [String] { [file, String(line), outcome, reason] }
}

/// How far an import is.
package struct ImportProgress: Sendable {
    /// The batch; nil for a dry run.
    package let batch: ImportID?
    /// Bytes read.
    package let bytesDone: Int
    /// Bytes of all files.
    package let bytesAll: Int
    /// Rows done.
    package let rows: Int
}

/// How an import of one or more files ended.
package struct ImportReport: Sendable, Encodable {
    /// So many invalid rows are kept in it; all of them go to whoever listens.
    package static let invalidMaximum = 1000

    /// The batch's id; empty for a dry run.
    package var batch = ""
    /// Rows read, without headers and blank lines.
    package var rows = 0
    /// Different people in them.
    package var contacts = 0
    /// Rows that recorded consent.
    package var granted = 0
    /// Rows that recorded an opt-out without a complaint.
    package var optedOut = 0
    /// Rows that recorded a complaint.
    package var complaints = 0
    /// Rows that recorded a hard bounce.
    package var hardBounces = 0
    /// Rows whose address and status came before in the import.
    package var duplicates = 0
    /// Rows whose consent was refused: the person said no, or it is not enough any more.
    package var refused = 0
    /// Rows that changed nobody's standing.
    package var unchanged = 0
    /// Rows that say nothing of what Heed keeps, such as a bounce that may pass.
    package var passedOver = 0
    /// The refusals by reason.
    package var refusals: [String: Int] = [:]
    /// Rows that could not be read, the first `invalidMaximum` of them.
    package var invalid: [InvalidLine] = []
    /// Rows that could not be read, all of them.
    package var invalidCount = 0
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
        /// Rows that say nothing of what Heed keeps.
        package var passedOver = 0
    }

    /// Starts with nothing read.
    package init() {}

    /// Counts a row that is left out, in its file as well; nil for one that is taken.
    mutating func leaveOut(_ item: ImportItem, of file: inout File) -> RejectedLine? {
        switch item {
        case .row: return nil
        case .invalid(let line, let reason):
            file.invalid += 1
            add(InvalidLine(file: file.name, line: line, reason: reason))
            return RejectedLine(file: file.name, line: line, outcome: "invalid", reason: reason)
        case .passedOver(let line, let reason):
            file.passedOver += 1
            passedOver += 1
            return RejectedLine(file: file.name, line: line, outcome: "passed-over", reason: reason)
        }
    }

    private mutating func add(_ invalid: InvalidLine) {
        invalidCount += 1
        if self.invalid.count < ImportReport.invalidMaximum { self.invalid.append(invalid) }
    }

    /// Takes the counts of outcomes.
    mutating func take(_ position: ImportPosition) {
        granted = position.granted
        optedOut = position.optedOut
        complaints = position.complaints
        hardBounces = position.hardBounces
        unchanged = position.unchanged
        refusals = position.refusals
        refused = refusals.values.reduce(0, +)
    }

    /// The counts as the audit log keeps them.
    var counts: [String: Int] {
        [
            "rows": rows, "contacts": contacts, "granted": granted, "optedOut": optedOut,
            "complaints": complaints, "hardBounces": hardBounces, "duplicates": duplicates,
            "refused": refused, "unchanged": unchanged, "invalid": invalidCount,
            "passedOver": passedOver,
        ]
    }
}
