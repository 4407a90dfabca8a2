// Runs an import: reads files, takes opt-outs before consents, and records rows a few hundred at a
// time.

package import HeedConsent
import HeedStore

/// A file to import.
package struct ImportSource: Sendable {
    /// Its name, for reports.
    package let name: String
    /// Its size, for progress.
    package let byteCount: Int
    /// Opens it: each call of the result hands out some bytes, nil at the end.
    package let open: @Sendable () throws -> () throws -> [UInt8]?

    /// Takes all three.
    package init(
        name: String,
        byteCount: Int,
        open: @escaping @Sendable () throws -> () throws -> [UInt8]?
    ) {
        self.name = name
        self.byteCount = byteCount
        self.open = open
    }
}

/// Imports lists of other programs.
package struct Importer: Sendable {
    /// Whether anything is written.
    package enum Mode: Sendable {
        /// Write.
        case write
        /// Only count what would happen.
        case dryRun
    }

    private let engine: Engine
    private let format: ImportFormat
    private let scope: ScopeName
    private let policyVersion: String
    private let mode: Mode
    private let actor: Actor

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

    /// Imports the files; `progress` is told how many bytes of all are done.
    ///
    /// Files of opt-outs and bounces are read first, so that at no moment a person is allowed who
    /// left. Running it again changes nothing.
    package func run(
        _ sources: [ImportSource],
        progress: (_ bytesDone: Int, _ bytesAll: Int) -> Void
    ) async throws -> ImportReport {
        let ordered = try orderedByNo(sources)
        let start = StartImport(
            format: format.rawValue,
            scope: scope,
            policyVersion: policyVersion
        )
        var run = Run()
        switch mode {
        case .write: run.batch = try await engine.perform(start, as: actor).receipt
        case .dryRun: _ = try await engine.ask(CheckImport(start: start))
        }
        let bytesAll = sources.map(\.byteCount).reduce(0, +)
        var bytesBefore = 0
        for source in ordered {
            try await read(source, into: &run) { progress(bytesBefore + $0, bytesAll) }
            bytesBefore += source.byteCount
        }
        run.report.contacts = run.people.count
        if let batch = run.batch {
            run.report.batch = batch.text
            let finish = FinishImport(batch: batch, counts: run.report.counts)
            _ = try await engine.perform(finish, as: actor)
        }
        return run.report
    }

    /// What is remembered while an import runs.
    private struct Run {
        var report = ImportReport()
        var batch: ImportID?
        /// Match forms met, and which were met with which status: a row that came before is a
        /// duplicate.
        var people: Set<String> = []
        var seen: Set<String> = []
        /// People a dry run would have opted out, whose later consent it must count as refused.
        var leaving: Set<String> = []
    }

    private func orderedByNo(_ sources: [ImportSource]) throws -> [ImportSource] {
        var no: [ImportSource] = []
        var yes: [ImportSource] = []
        for source in sources {
            let reader = try ImportReader(
                format: format,
                fileName: source.name,
                chunk: source.open()
            )
            if reader.isListOfNo { no.append(source) } else { yes.append(source) }
        }
        return no + yes
    }

    private func read(
        _ source: ImportSource,
        into run: inout Run,
        progress: (Int) -> Void
    ) async throws {
        var reader = try ImportReader(format: format, fileName: source.name, chunk: source.open())
        var file = ImportReport.File(name: source.name)
        var people: Set<String> = []
        var chunk: [ImportRow] = []
        var inChunk: Set<String> = []
        while let item = try reader.next() {
            file.rows += 1
            switch item {
            case .invalid(let line, let reason):
                file.invalid += 1
                let invalid = InvalidLine(file: source.name, line: line, reason: reason)
                run.report.invalid.append(invalid)
            case .row(let row):
                let person = row.address.match
                people.insert(person)
                guard run.seen.insert("\(row.status) \(person)").inserted else {
                    file.duplicates += 1
                    continue
                }
                // Two rows about one person are two transactions: the second must see the first.
                if chunk.count == ImportRows.rowsMaximum || !inChunk.insert(person).inserted {
                    try await record(chunk, into: &run)
                    progress(reader.bytesRead)
                    chunk.removeAll(keepingCapacity: true)
                    inChunk = [person]
                }
                chunk.append(row)
            }
        }
        try await record(chunk, into: &run)
        progress(reader.bytesRead)
        file.contacts = people.count
        run.people.formUnion(people)
        run.report.rows += file.rows
        run.report.duplicates += file.duplicates
        run.report.files.append(file)
    }

    private func record(_ rows: [ImportRow], into run: inout Run) async throws {
        guard !rows.isEmpty else { return }
        guard let batch = run.batch else { return try await preview(rows, into: &run) }
        let command = ImportRows(
            rows: rows,
            scope: scope,
            policyVersion: policyVersion,
            batch: batch
        )
        for outcome in try await engine.perform(command, as: actor).receipt {
            run.report.add(outcome)
        }
    }

    private func preview(_ rows: [ImportRow], into run: inout Run) async throws {
        let command = ImportRows(
            rows: rows,
            scope: scope,
            policyVersion: policyVersion,
            batch: ImportID(high: 0, low: 0)
        )
        for (row, outcome) in zip(rows, try await engine.ask(PreviewRows(rows: command))) {
            var outcome = outcome
            if outcome.optedOut { run.leaving.insert(row.address.match) }
            if outcome.granted, run.leaving.contains(row.address.match) {
                outcome = RowOutcome()
                outcome.refused = "the person opts out in this import"
            }
            run.report.add(outcome)
        }
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
