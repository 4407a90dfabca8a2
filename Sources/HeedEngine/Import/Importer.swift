// Runs an import: reads files, takes opt-outs before consents, and records rows a few hundred at a
// time.

package import HeedConsent
package import HeedLists
import HeedStore

/// Imports lists of other programs.
package struct Importer: Sendable {
    /// Whether anything is written.
    package enum Mode: Sendable {
        /// Write.
        case write
        /// Go on with a batch that broke off.
        case resume(ImportID)
        /// Only count what would happen.
        case dryRun
    }

    private let engine: Engine
    private let format: ImportFormat
    private let scope: ScopeName
    private let policyVersion: String
    private let mode: Mode
    private let actor: Actor
    /// What rows are that say nothing else.
    package var status: ImportRow.Status?
    /// Is told each row that was not taken as it says.
    package var onRejected: @Sendable (RejectedLine) throws -> Void = { _ in }

    /// Says what the files are and to which scope and policy version their consents belong.
    package init(
        engine: Engine,
        format: ImportFormat,
        scope: ScopeName,
        policyVersion: String,
        mode: Mode,
        actor: Actor
    ) {
        self.engine = engine
        self.format = format
        self.scope = scope
        self.policyVersion = policyVersion
        self.mode = mode
        self.actor = actor
    }

    /// Imports the files; `progress` is told how far it is.
    ///
    /// Files of opt-outs and bounces are read first, so that at no moment a person is allowed who
    /// left. Running it again changes nothing.
    package func run(
        _ sources: [ImportSource],
        progress: (ImportProgress) -> Void
    ) async throws -> ImportReport {
        let ordered = try orderedByNo(sources)
        var run = try await begin(ordered)
        run.bytesAll = sources.map(\.byteCount).reduce(0, +)
        for (index, source) in ordered.enumerated() {
            try await read(source, at: index, into: &run, progress: progress)
            run.bytesBefore += source.byteCount
        }
        var report = run.report
        report.contacts = run.people.count
        report.take(run.position)
        if let batch = run.batch {
            report.batch = batch.text
            let finish = FinishImport(batch: batch, counts: report.counts)
            _ = try await engine.perform(finish, as: actor)
        }
        return report
    }

    /// What is remembered while an import runs; it does not grow with the files.
    private struct Run {
        var report = ImportReport()
        var batch: ImportID?
        var people = SeenAddresses()
        /// The place after the rows that are recorded, and what became of them.
        var position = ImportPosition()
        /// Rows before this place were recorded before the import broke off.
        var doneBefore: (file: Int, row: Int) = (0, 0)
        var bytesBefore = 0
        var bytesAll = 0

        func progress(_ bytes: Int, _ rows: Int) -> ImportProgress {
            ImportProgress(
                batch: batch,
                bytesDone: bytesBefore + bytes,
                bytesAll: bytesAll,
                rows: report.rows + rows
            )
        }
    }

    /// Opens the batch, or finds where it broke off.
    private func begin(_ ordered: [ImportSource]) async throws -> Run {
        var run = Run()
        var start = StartImport(
            format: format.rawValue,
            scope: scope,
            policyVersion: policyVersion
        )
        start.position.files = ImportPosition.fingerprint(ordered)
        run.position = start.position
        switch mode {
        case .write: run.batch = try await engine.perform(start, as: actor).receipt
        case .dryRun: _ = try await engine.ask(CheckImport(start: start))
        case .resume(let batch):
            run.position = try await engine.ask(ResumeImport(batch: batch, start: start))
            run.batch = batch
            run.doneBefore = (run.position.file, run.position.row)
        }
        return run
    }

    private func orderedByNo(_ sources: [ImportSource]) throws -> [ImportSource] {
        var no: [ImportSource] = []
        var yes: [ImportSource] = []
        for source in sources {
            if try reader(source).isListOfNo { no.append(source) } else { yes.append(source) }
        }
        return no + yes
    }

    private func reader(_ source: ImportSource) throws -> ImportReader {
        try ImportReader(
            format: format,
            fileName: source.name,
            status: status,
            chunk: source.open()
        )
    }

    /// The rows that are recorded together, and whom they are about.
    private struct Chunk {
        var rows: [ImportRow] = []
        var people: Set<String> = []

        mutating func clear() {
            rows.removeAll(keepingCapacity: true)
            people.removeAll(keepingCapacity: true)
        }
    }

    private func read(
        _ source: ImportSource,
        at index: Int,
        into run: inout Run,
        progress: (ImportProgress) -> Void
    ) async throws {
        var reader = try reader(source)
        var file = ImportReport.File(name: source.name)
        var people = SeenAddresses()
        var chunk = Chunk()
        while let item = try reader.next() {
            file.rows += 1
            // Rows that were recorded before the import broke off are only counted.
            let isDone = (index, file.rows) <= run.doneBefore
            switch item {
            case .invalid(let line, let reason):
                file.invalid += 1
                run.report.add(InvalidLine(file: source.name, line: line, reason: reason))
                if !isDone { try reject(source, line, "invalid", reason) }
            case .row(let row):
                let person = row.address.match
                let mark = SeenAddresses.Marks.of(row.status)
                _ = people.note(person, mark)
                if run.people.note(person, mark)?.contains(mark) == true {
                    file.duplicates += 1
                    continue
                }
                if isDone { continue }
                // Two rows about one person are two transactions: the second must see the first.
                if chunk.rows.count == ImportRows.rowsMaximum || chunk.people.contains(person) {
                    try await record(
                        chunk.rows,
                        of: source,
                        into: &run,
                        through: (index, file.rows - 1)
                    )
                    progress(run.progress(reader.bytesRead, file.rows))
                    chunk.clear()
                }
                chunk.people.insert(person)
                chunk.rows.append(row)
            }
        }
        try await record(chunk.rows, of: source, into: &run, through: (index, file.rows))
        progress(run.progress(reader.bytesRead, file.rows))
        file.contacts = people.count
        run.report.rows += file.rows
        run.report.duplicates += file.duplicates
        run.report.files.append(file)
    }

    private func record(
        _ rows: [ImportRow],
        of source: ImportSource,
        into run: inout Run,
        through place: (file: Int, row: Int)
    ) async throws {
        run.position.file = place.file
        run.position.row = place.row
        guard !rows.isEmpty else { return }
        var command = ImportRows(
            rows: rows,
            scope: scope,
            policyVersion: policyVersion,
            batch: run.batch ?? ImportID(high: 0, low: 0)
        )
        let outcomes: [RowOutcome]
        if run.batch == nil {
            let seen = try await engine.ask(PreviewRows(rows: command))
            outcomes = zip(rows, seen).map { row, outcome in
                preview(outcome, of: row.address.match, &run.people)
            }
        } else {
            command.position = run.position
            outcomes = try await engine.perform(command, as: actor).receipt
        }
        for (row, outcome) in zip(rows, outcomes) {
            run.position.add(outcome)
            if let reason = outcome.refused { try reject(source, row.line, "refused", reason) }
        }
    }

    /// What would become of a row, after what a dry run has already seen.
    private func preview(
        _ outcome: RowOutcome,
        of person: String,
        _ people: inout SeenAddresses
    ) -> RowOutcome {
        if outcome.optedOut { _ = people.note(person, .leaving) }
        guard outcome.granted, people.marks(of: person).contains(.leaving) else { return outcome }
        var refused = RowOutcome()
        refused.refused = "the person opts out in this import"
        return refused
    }

    private func reject(
        _ source: ImportSource,
        _ line: Int,
        _ outcome: String,
        _ reason: String
    ) throws {
        try onRejected(
            RejectedLine(file: source.name, line: line, outcome: outcome, reason: reason)
        )
    }
}

/// Finds where a batch broke off; refuses one that ended, or other files than it began with.
private struct ResumeImport: Query {
    let batch: ImportID
    let start: StartImport

    func answer(in transaction: Transaction) throws -> ImportPosition {
        guard let stored = try transaction.storedImport(batch) else {
            throw Refusal(.notFound, field: "resume", "there is no batch with this id")
        }
        guard stored.finishedAt == nil else {
            throw Refusal(.conflict, field: "resume", "this batch has ended; nothing is left to do")
        }
        guard let position = stored.progress.flatMap({ ImportPosition(text: $0) }),
            position.files == start.position.files, stored.format == start.format,
            stored.scope == start.scope, stored.policyVersion == start.policyVersion
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
private struct CheckImport: Query {
    let start: StartImport

    func answer(in transaction: Transaction) throws -> Bool {
        _ = try start.decide(in: transaction)
        return true
    }
}
