// Opens the batch of an uploaded list, once for each key of its caller.

package import HeedConsent
package import HeedEngine
package import HeedLists
package import HeedStore

extension ImportUpload {
    /// What opens its batch; refuses a list that cannot be read as it is said to be.
    package func opening(_ order: ImportOrder, engine: Engine) throws -> OpenImport {
        let importer = Importer(
            try order.request,
            engine: engine,
            mode: .dryRun(nil),
            actor: order.actor
        )
        let sources = try ImportSource.lists(
            inFile: path,
            called: order.name,
            unpackedMaximum: bytesMaximum
        ).lists
        var start = try importer.start(for: sources)
        start.id = id
        start.isDryRun = order.isDryRun
        return OpenImport(start)
    }
}

/// Opens a batch for an upload, once for each key of its caller.
package struct OpenImport: Command {
    /// What the caller is told.
    package struct Receipt: Codable, Sendable {
        /// The batch's id.
        package let id: String
    }

    let start: StartImport

    /// Takes the upload's opening.
    package init(_ start: StartImport) { self.start = start }

    /// Opens it.
    package func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let opened = try start.decide(in: transaction)
        return Decision(
            Receipt(id: opened.receipt.text),
            events: opened.events,
            jobs: opened.jobs
        )
    }
}
