// What is known about imports: one, the newest, and the rows of one that were not taken.

import Foundation
package import HeedConsent
import HeedEngine
package import HeedStore

/// An import as it is shown.
package struct ImportView: Sendable {
    /// How far it is.
    package enum State: String, CaseIterable, Sendable {
        /// It is read, waits to be, or broke off.
        case running
        /// It ended.
        case finished
        /// It ended before its files did.
        case failed
        /// Its consents are being taken back.
        case undoing
        /// Its consents were taken back.
        case undone
    }

    /// Its id, which is on every record it brought.
    package let id: ImportID
    /// How far it is.
    package let state: State
    /// True when it only counts what would happen.
    package let isDryRun: Bool
    /// The format as it was asked for.
    package let format: String
    /// The scope its rows are about.
    package let scope: ScopeName
    /// The policy version of its consents.
    package let policyVersion: String
    /// When it began.
    package let startedAt: Timestamp
    /// When it ended.
    package let finishedAt: Timestamp?
    /// When it was undone.
    package let undoneAt: Timestamp?
    /// Why it ended before its files did.
    package let failure: String?
    /// Bytes read, of how many; nil when nothing is known about it.
    package let bytes: (done: Int, all: Int)?
    /// What became of its rows, by the names of a report; each row is in one of them.
    package let counts: [String: Int]
    /// Refused rows by reason.
    package let refusals: [String: Int]

    init(_ stored: StoredImport) {
        id = stored.id
        isDryRun = stored.isDryRun
        format = stored.format
        scope = stored.scope
        policyVersion = stored.policyVersion
        startedAt = stored.startedAt
        finishedAt = stored.finishedAt
        undoneAt = stored.undoneAt
        failure = stored.failure
        state =
            if stored.undoneAt != nil { .undone } else if stored.undoRequestedAt != nil {
                .undoing
            } else if stored.finishedAt == nil { .running } else {
                stored.failure == nil ? .finished : .failed
            }
        let position = stored.progress.flatMap { ImportPosition(text: $0) }
        bytes = position.map { ($0.bytesDone, $0.bytesAll) }
        let ended = stored.counts.flatMap {
            try? JSONDecoder().decode([String: Int].self, from: Data($0.utf8))
        }
        counts = ended ?? position?.counts ?? [:]
        refusals = position?.refusals ?? [:]
    }
}

/// Asks for one import.
package struct ReadImport: Query {
    let id: ImportID

    /// Names it.
    package init(_ id: ImportID) { self.id = id }

    /// The import; refuses an id nobody knows.
    package func answer(in transaction: Transaction) throws -> ImportView {
        guard let stored = try transaction.storedImport(id) else {
            throw Refusal(.notFound, field: "id", "there is no import with this id")
        }
        return ImportView(stored)
    }
}

/// Asks for imports, the newest first.
package struct ListImports: Query {
    /// At most so many an answer.
    package static let limitMaximum = 500

    /// Some imports; `next` is nil at the end.
    package struct Page: Sendable {
        /// The imports.
        package let imports: [ImportView]
        /// Where to go on.
        package let next: ImportID?
    }

    let after: ImportID?
    let limit: Int

    /// Says where to go on, and how many at most.
    package init(after: ImportID?, limit: Int) throws(Refusal) {
        try Refusal.checkPage(of: limit, atMost: ListImports.limitMaximum)
        self.after = after
        self.limit = limit
    }

    /// The page.
    package func answer(in transaction: Transaction) throws -> Page {
        let found = try transaction.storedImports(before: after, limit: Int64(limit) + 1)
        let page = found.prefix(limit)
        return Page(
            imports: page.map(ImportView.init),
            next: found.count > limit ? page.last?.id : nil
        )
    }
}

/// Asks for the rows of an import that were not taken, some at a time.
package struct ReadRejections: Query {
    /// The first line of the list.
    package static var header: String { RejectedLine.names.joined(separator: ",") + "\n" }

    /// Where a page ends.
    package struct Place: Sendable {
        fileprivate let place: (file: Int64, row: Int64)
    }

    /// Lines of CSV; `next` is nil at the end.
    package struct Page: Sendable {
        /// The lines.
        package let lines: String
        /// Where to go on.
        package let next: Place?
    }

    let id: ImportID
    let after: Place?

    /// Names the import and where to go on.
    package init(of id: ImportID, after: Place? = nil) {
        self.id = id
        self.after = after
    }

    /// The page; refuses an id nobody knows.
    package func answer(in transaction: Transaction) throws -> Page {
        let limit = 20
        if after == nil { _ = try ReadImport(id).answer(in: transaction) }
        let rejections = try transaction.importRejections(
            of: id,
            after: after?.place ?? (-1, -1),
            limit: Int64(limit)
        )
        let last = rejections.count < limit ? nil : rejections.last
        return Page(
            lines: rejections.map(\.lines).joined(),
            next: last.map { Place(place: $0.place) }
        )
    }
}

/// Asks for the id of an import to come.
package struct NewImport: Query {
    /// Asks for one.
    package init() {}
    /// The id.
    package func answer(in transaction: Transaction) throws -> ImportID { transaction.newID() }
}
