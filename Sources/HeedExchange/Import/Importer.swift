// Runs an import: reads files, takes opt-outs before consents, and records rows a thousand at a
// time.

package import HeedConsent
package import HeedEngine
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
        /// Only count what would happen; with an id the counts are kept under it.
        case dryRun(ImportID?)
    }

    private let request: ImportRequest
    private let engine: Engine
    private let mode: Mode
    private let actor: Actor
    /// Is told each row that was not taken as it says.
    package var onRejected: @Sendable (RejectedLine) throws -> Void = { _ in }
    /// Is told the batch before any row of it is recorded; nil for a dry run.
    package var onBegun: @Sendable (ImportID?) throws -> Void = { _ in }
    /// Is told lines of CSV about the rows that were not taken before a batch broke off.
    package var onRejectedBefore: @Sendable (String) throws -> Void = { _ in }

    /// Says what is asked for, whether it is written, and who asks.
    package init(_ request: ImportRequest, engine: Engine, mode: Mode, actor: Actor) {
        self.request = request
        self.engine = engine
        self.mode = mode
        self.actor = actor
    }

    /// What opens a batch of these files; refuses files that cannot be read as they are said to be.
    package func start(for sources: [ImportSource]) throws -> StartImport {
        start(ofOrdered: try orderedByNo(sources))
    }

    private func start(ofOrdered ordered: [ImportSource]) -> StartImport {
        var position = ImportPosition()
        position.files = ImportPosition.fingerprint(ordered)
        position.bytesAll = ordered.map(\.byteCount).reduce(0, +)
        return StartImport(request: request, position: position)
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
        } else if let id = run.dryRun {
            try await note(&run, of: id, ending: report.counts)
        }
        return report
    }

    /// What is remembered while an import runs; it does not grow with the files.
    private struct Run {
        var report = ImportReport()
        var batch: ImportID?
        /// What the counts of a dry run are kept under.
        var dryRun: ImportID?
        /// Rows of a dry run since its counts were written down.
        var rowsUnnoted = 0
        /// Rows that were not taken and are not written down yet.
        var rejected: [RejectedLine] = []
        var people = SeenAddresses()
        /// Who opts out in a dry run, by the name that covers their aliases.
        var leaving = SeenAddresses()
        /// The place after the rows that are recorded, and what became of them.
        var position = ImportPosition()
        /// Rows before this place were recorded before the import broke off.
        var doneBefore: (file: Int, row: Int) = (0, 0)
        var bytesBefore = 0
        /// A yes of after this is a mistake.
        var latest = Timestamp(microseconds: .max)

        /// Moves to a row of a file, of which so many bytes are read.
        mutating func move(to place: Place, in file: ImportReport.File, bytes: Int) {
            position.file = place.file
            position.row = place.row
            position.rows = report.rows + place.row
            position.duplicates = report.duplicates + file.duplicates
            position.invalid = report.invalidCount
            position.passedOver = report.passedOver
            position.bytesDone = bytesBefore + bytes
        }

        var progress: ImportProgress {
            ImportProgress(
                batch: batch,
                bytesDone: position.bytesDone,
                bytesAll: position.bytesAll,
                rows: position.rows
            )
        }
    }

    private typealias Place = (file: Int, row: Int)

    /// Opens the batch, or finds where it broke off.
    private func begin(_ ordered: [ImportSource]) async throws -> Run {
        var run = Run()
        let start = start(ofOrdered: ordered)
        run.position = start.position
        // Clocks differ by minutes.
        run.latest = try await engine.ask(Present()).adding(seconds: 300)
        switch mode {
        case .write: run.batch = try await engine.perform(start, as: actor).receipt
        case .dryRun(let id):
            run.dryRun = id
            _ = try await engine.ask(CheckImport(start: start))
            if let id { _ = try await engine.perform(NoteDryRun.anew(id), as: actor) }
        case .resume(let batch):
            run.position = try await engine.ask(ResumeImport(batch: batch, start: start))
            run.batch = batch
            run.doneBefore = (run.position.file, run.position.row)
        }
        try onBegun(run.batch)
        if case .resume(let batch) = mode { try await tellRejected(of: batch) }
        return run
    }

    /// Tells what was not taken before the batch broke off, some rows at a time.
    private func tellRejected(of batch: ImportID) async throws {
        var page = try await engine.ask(ReadRejections(of: batch))
        try onRejectedBefore(page.lines)
        while let place = page.next {
            page = try await engine.ask(ReadRejections(of: batch, after: place))
            try onRejectedBefore(page.lines)
        }
    }

    private func orderedByNo(_ sources: [ImportSource]) throws -> [ImportSource] {
        var no: [ImportSource] = []
        var yes: [ImportSource] = []
        for source in sources {
            if try reader(source).isListOfNo { no.append(source) } else { yes.append(source) }
        }
        return no + yes
    }

    private func reader(
        _ source: ImportSource,
        notAfter latest: Timestamp? = nil
    ) throws -> ImportReader {
        try ImportReader(
            format: request.format,
            fileName: source.name,
            status: request.status,
            topic: request.topic ?? request.scope.text,
            notAfter: latest,
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
        var reader = try reader(source, notAfter: run.latest)
        var file = ImportReport.File(name: source.name)
        var people = SeenAddresses()
        var chunk = Chunk()
        while let item = try reader.next() {
            file.rows += 1
            // Rows that were recorded before the import broke off are only counted.
            let isDone = (index, file.rows) <= run.doneBefore
            guard case .row(let row) = item else {
                let rejected = run.report.leaveOut(item, of: &file)
                guard !isDone, let rejected else { continue }
                run.rejected.append(rejected)
                try onRejected(rejected)
                guard run.rejected.count >= ImportRows.rejectedMaximum else { continue }
                run.move(to: (index, file.rows), in: file, bytes: reader.bytesRead)
                try await record(&chunk, of: source, into: &run)
                continue
            }
            let person = row.address.match
            let mark = SeenAddresses.Marks.of(row)
            _ = people.note(person, mark)
            let isRepeated = run.people.note(person, mark)?.contains(mark) == true
            // A later stop of the same person may be the one that nothing has followed.
            if isRepeated, row.status == .subscribed {
                file.duplicates += 1
                continue
            }
            if isDone { continue }
            // Two rows about one person are two transactions: the second must see the first. So
            // are rows of two aliases, as a stop covers both.
            let names = row.address.hasAliases ? [person, row.address.widened] : [person]
            if chunk.rows.count == ImportRows.rowsMaximum
                || names.contains(where: chunk.people.contains)
            {
                run.move(to: (index, file.rows - 1), in: file, bytes: reader.bytesRead)
                try await record(&chunk, of: source, into: &run)
                progress(run.progress)
            }
            chunk.people.formUnion(names)
            chunk.rows.append(row)
        }
        run.move(to: (index, file.rows), in: file, bytes: reader.bytesRead)
        try await record(&chunk, of: source, into: &run)
        progress(run.progress)
        file.contacts = people.count
        run.report.rows += file.rows
        run.report.duplicates += file.duplicates
        run.report.files.append(file)
    }

    /// Records the rows before the run's position, and empties the chunk.
    private func record(
        _ chunk: inout Chunk,
        of source: ImportSource,
        into run: inout Run
    ) async throws {
        guard !chunk.rows.isEmpty || !run.rejected.isEmpty else { return }
        try Task.checkCancellation()
        var command = ImportRows(
            rows: chunk.rows,
            scope: request.scope,
            policyVersion: request.policyVersion,
            batch: run.batch ?? ImportID(high: 0, low: 0)
        )
        command.fileName = source.name
        let outcomes: [RowOutcome]
        if run.batch == nil {
            let seen = try await engine.ask(PreviewRows(rows: command))
            outcomes = zip(command.rows, seen).map { row, outcome in
                let address = row.address
                let name = address.hasAliases ? address.widened : address.match
                return preview(outcome, of: name, &run.leaving)
            }
            run.rejected += command.refused(outcomes)
            run.rowsUnnoted += outcomes.count
        } else {
            command.position = run.position
            command.invalid = run.rejected
            outcomes = try await engine.perform(command, as: actor).receipt
            run.rejected.removeAll(keepingCapacity: true)
        }
        for outcome in outcomes { run.position.add(outcome) }
        for line in command.refused(outcomes) { try onRejected(line) }
        chunk.clear()
        guard run.batch == nil else { return }
        // Few and large: a preview writes nothing else.
        if let id = run.dryRun, run.rowsUnnoted >= 5000 || run.rejected.count >= 500 {
            try await note(&run, of: id, ending: nil)
        } else if run.dryRun == nil {
            run.rejected.removeAll(keepingCapacity: true)
        }
    }

    /// Writes down how far a dry run has come, or with which counts it ended.
    private func note(
        _ run: inout Run,
        of id: ImportID,
        ending counts: [String: Int]?
    ) async throws {
        let position = run.position
        let note = NoteDryRun(id: id, position: position, rejected: run.rejected, counts: counts)
        _ = try await engine.perform(note, as: actor)
        run.rejected.removeAll(keepingCapacity: true)
        run.rowsUnnoted = 0
    }

    /// What would become of a row, after what a dry run has already seen.
    private func preview(
        _ outcome: RowOutcome,
        of person: String,
        _ people: inout SeenAddresses
    ) -> RowOutcome {
        var outcome = outcome
        let known = people.marks(of: person)
        let isLeaving = known.contains(.leaving)
        if outcome.optedOut { _ = people.note(person, .leaving) }
        if outcome.complaint { _ = people.note(person, .complained) }
        if outcome.hardBounce { _ = people.note(person, .cleaned) }
        // What the first row of somebody does, the next does not do again.
        if isLeaving { outcome.optedOut = false }
        if known.contains(.complained) { outcome.complaint = false }
        if known.contains(.cleaned) { outcome.hardBounce = false }
        guard outcome.granted, isLeaving else { return outcome }
        var refused = RowOutcome()
        refused.refused = "the person opts out in this import"
        return refused
    }
}

/// What time it is where the rows are recorded.
private struct Present: Query {
    func answer(in transaction: Transaction) throws -> Timestamp { transaction.now }
}
