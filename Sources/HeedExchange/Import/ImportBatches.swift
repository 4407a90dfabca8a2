// The life of a batch: opened, gone on with, ended, failed, and asked to be undone.

package import HeedConsent
import HeedEngine
import HeedLists
package import HeedStore

/// Opens a batch; its id is on every record that comes with it.
package struct StartImport: Command {
    let request: ImportRequest
    /// Where it begins.
    let position: ImportPosition
    /// Its id; nil for a new one.
    package var id: ImportID?
    /// True to open what only counts what would happen.
    package var isDryRun = false

    /// Refuses an unknown scope or policy version before any row is read.
    package func decide(in transaction: Transaction) throws -> Decision<ImportID> {
        _ = try transaction.requireScope(request.scope)
        _ = try transaction.requirePolicy(request.policyVersion)
        let id = id ?? transaction.newID(of: ImportBatch.self)
        let progress = JobChange.noteProgress(id, try position.text)
        let (format, scope) = (request.format.rawValue, request.scope)
        if isDryRun {
            let note = ImportNote.dryRun(
                format: format,
                scope: scope,
                policyVersion: request.policyVersion
            )
            return Decision(id, jobs: [.noteImport(id, note), progress])
        }
        let event = Event.importStarted(
            id,
            format: format,
            scope: scope,
            policyVersion: request.policyVersion
        )
        return Decision(id, events: [event], jobs: [progress])
    }
}

/// Closes a batch with its counts.
struct FinishImport: Command {
    let batch: ImportID
    let counts: [String: Int]

    func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockImport(batch)
        guard try transaction.storedImport(batch)?.undoRequestedAt == nil else {
            throw Refusal(.conflict, field: "batch", "this batch is being undone")
        }
        return Decision(true, events: [.importFinished(batch, counts: counts)])
    }
}

/// Closes an import that cannot go on, with the counts of what was recorded.
package struct FailImport: Command {
    let id: ImportID
    let reason: String

    /// Changes nothing of one that has ended.
    package func decide(in transaction: Transaction) throws -> Decision<Bool> {
        guard let stored = try transaction.storedImport(id), stored.finishedAt == nil else {
            return Decision(false)
        }
        let counts = stored.progress.flatMap { ImportPosition(text: $0) }?.counts ?? [:]
        let failed = JobChange.noteImport(id, .failed(reason))
        guard !stored.isDryRun else {
            return Decision(true, jobs: [.noteImport(id, .dryRunEnded(counts: counts)), failed])
        }
        return Decision(true, events: [.importFinished(id, counts: counts)], jobs: [failed])
    }
}

/// Asks for a batch to be undone; from then on nothing of it is recorded.
package struct RequestUndo: Command {
    let batch: ImportID
    let actor: Actor

    /// Names the batch and who asks.
    package init(_ batch: ImportID, by actor: Actor) {
        self.batch = batch
        self.actor = actor
    }

    /// Refuses what never recorded anything; true when it was not asked for before.
    package func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockImport(batch)
        guard let stored = try transaction.storedImport(batch) else {
            throw Refusal(.notFound, field: "batch", "there is no batch with this id")
        }
        guard !stored.isDryRun else {
            throw Refusal(.conflict, field: "batch", "a dry run recorded nothing to take back")
        }
        guard stored.undoRequestedAt == nil else { return Decision(false) }
        return Decision(true, jobs: [.noteImport(batch, .undoRequested(by: actor))])
    }
}

/// Writes down how far a dry run has come; it is no event, since nothing happened.
struct NoteDryRun: Command {
    let id: ImportID
    let position: ImportPosition?
    var rejected: [RejectedLine] = []
    /// The counts, at its end.
    var counts: [String: Int]?

    /// Begins again from the first row.
    static func anew(_ id: ImportID) -> NoteDryRun { NoteDryRun(id: id, position: nil) }

    func decide(in transaction: Transaction) throws -> Decision<Bool> {
        guard let position else { return Decision(true, jobs: [.noteImport(id, .dryRunBegunAnew)]) }
        var jobs = [JobChange.noteProgress(id, try position.text)]
        if !rejected.isEmpty { jobs.append(.noteImport(id, rejected.note(at: position))) }
        if let counts { jobs.append(.noteImport(id, .dryRunEnded(counts: counts))) }
        return Decision(true, jobs: jobs)
    }
}

extension [RejectedLine] {
    /// The note that keeps them, as lines of CSV.
    func note(at position: ImportPosition) -> ImportNote {
        let lines = map { listLine($0.cells) + "\n" }.joined()
        return .rejected(file: position.file, row: position.row, lines: lines)
    }
}

/// Finds where a batch broke off; refuses one that ended, or other files than it began with.
struct ResumeImport: Query {
    let batch: ImportID
    let start: StartImport

    func answer(in transaction: Transaction) throws -> ImportPosition {
        guard let stored = try transaction.storedImport(batch), !stored.isDryRun else {
            throw Refusal(.notFound, field: "resume", "there is no batch with this id")
        }
        guard stored.finishedAt == nil else {
            throw Refusal(.conflict, field: "resume", "this batch has ended; nothing is left to do")
        }
        guard stored.undoRequestedAt == nil else {
            throw Refusal(.conflict, field: "resume", "this batch was undone; import it anew")
        }
        let request = start.request
        guard let position = stored.progress.flatMap({ ImportPosition(text: $0) }),
            position.files == start.position.files, stored.format == request.format.rawValue,
            stored.scope == request.scope, stored.policyVersion == request.policyVersion
        else {
            throw Refusal(
                .conflict,
                field: "resume",
                "this batch began with other files, scope, policy or format"
            )
        }
        return position
    }
}

/// Checks scope and policy version without opening a batch.
struct CheckImport: Query {
    let start: StartImport

    func answer(in transaction: Transaction) throws -> Bool {
        _ = try start.decide(in: transaction)
        return true
    }
}
