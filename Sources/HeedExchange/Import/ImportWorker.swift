// Imports uploaded lists and undoes batches in the background, one after the other.

package import HeedConsent
package import HeedEngine
package import HeedLists
import HeedStore

/// What an upload's import came to.
package enum ImportOutcome: Hashable, Sendable {
    /// It ended; the upload is gone.
    case over
    /// It ended with a failure that is written down; the upload is gone.
    ///
    /// What failed, without personal data.
    case failed(String)
    /// It was undone meanwhile, or never opened; the upload is gone.
    case dropped
}

/// Works on what waits in the folder of uploads and in the table of imports.
///
/// Whatever breaks off is gone on with: each row is counted once, since the place an import has
/// come to is written with its rows.
package struct ImportWorker: Sendable {
    /// Seconds for which one process keeps undoing to itself; taken anew with every page.
    private static let leaseSeconds: Int64 = 60
    private static let lease = "import-undo"

    private let engine: Engine
    private let spool: ImportSpool
    private let holder: [UInt8]

    /// Takes the door, the folder, and 16 random bytes that name this process.
    package init(engine: Engine, spool: ImportSpool, holder: [UInt8]) {
        self.engine = engine
        self.spool = spool
        self.holder = holder
    }

    /// Works on all there is now; `ended` is told each import that is over.
    ///
    /// Undoing goes first: it takes back what should not be.
    ///
    /// - Throws: `StoreError` when the database cannot be used now; nothing is lost.
    package func round(ended: (ImportID, ImportOutcome) -> Void = { _, _ in }) async throws {
        try await undo()
        for id in spool.waitingIDs() {
            try Task.checkCancellation()
            guard let waiting = spool.take(id) else { continue }
            // The lock is on the file this holds.
            defer { withExtendedLifetime(waiting) {} }
            let outcome = try await work(on: waiting)
            spool.remove(id)
            ended(id, outcome)
            try await undo()
        }
    }

    private func undo() async throws {
        let batches = try await engine.ask(ImportsToUndo())
        guard !batches.isEmpty, try await takeLease() else { return }
        for (batch, actor) in batches {
            let undoing = ImportUndoing(engine: engine, actor: actor ?? .system("imports"))
            _ = try await undoing.run(batch) {
                try Task.checkCancellation()
                _ = try await takeLease()
            }
        }
        try await engine.endPeriodic(ImportWorker.lease, holder: holder)
    }

    private func takeLease() async throws -> Bool {
        try await engine.beginPeriodic(
            ImportWorker.lease,
            holder: holder,
            seconds: ImportWorker.leaseSeconds
        )
    }

    private func work(on waiting: ImportSpool.Waiting) async throws -> ImportOutcome {
        let id = waiting.id
        // A crash before the batch was opened: the caller has no answer and will come again.
        guard let stored = try await engine.ask(FindImport(id: id)), stored.finishedAt == nil,
            stored.undoRequestedAt == nil
        else { return .dropped }
        let actor = waiting.order?.actor ?? .system("imports")
        do {
            guard let order = waiting.order else {
                throw Refusal(.invalid, field: "file", "what was asked about it cannot be read")
            }
            let importer = Importer(
                try order.request,
                engine: engine,
                mode: order.isDryRun ? .dryRun(id) : .resume(id),
                actor: actor
            )
            let sources = try ImportSource.lists(
                inFile: waiting.path,
                called: order.name,
                unpackedMaximum: spool.bytesMaximum
            ).lists
            _ = try await importer.run(sources) { _ in }
            return .over
        } catch let error as CancellationError {
            throw error
        } catch let error as StoreError where error.code.mayPass {
            throw error
        } catch {
            if try await engine.ask(FindImport(id: id))?.undoRequestedAt != nil { return .dropped }
            let fail = FailImport(id: id, reason: ImportWorker.reason(error))
            _ = try await engine.perform(fail, as: actor)
            return .failed(ImportWorker.cause(error))
        }
    }

    /// A refusal speaks for itself and has no personal data; anything else may have some.
    private static func reason(_ error: any Error) -> String {
        (error as? Refusal)?.description ?? "the import failed inside Heed; see its log"
    }

    /// The same for the log of the program.
    private static func cause(_ error: any Error) -> String {
        (error as? StoreError)?.description ?? (error as? Refusal)?.description
            ?? "\(type(of: error))"
    }
}

extension StoreError.Code {
    /// True for what another attempt may not meet.
    fileprivate var mayPass: Bool {
        [.busy, .unavailable, .full, .unknown].contains(self)
    }
}

/// One import as it is stored.
struct FindImport: Query {
    let id: ImportID

    func answer(in transaction: Transaction) throws -> StoredImport? {
        try transaction.storedImport(id)
    }
}

private struct ImportsToUndo: Query {
    func answer(in transaction: Transaction) throws -> [(ImportID, Actor?)] {
        try transaction.importsToUndo().map {
            ($0, try transaction.storedImport($0)?.undoRequestedBy)
        }
    }
}
