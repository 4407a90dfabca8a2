// Uploaded lists on their way into the database: a private folder that outlives the process.

import Foundation
package import HeedConsent

/// A folder with the uploads of this process and of those that died before it.
///
/// Each upload is two files named by its batch: the list, and what was asked about it. The files
/// hold personal data, so nobody else on the machine may read them, and they are removed as soon
/// as the import is over. Whoever works on an upload holds a lock on its list, which the kernel
/// gives up when the process dies.
package final class ImportSpool: Sendable {
    /// At most so many uploads wait; a caller beyond that is to come again.
    package static let waitingMaximum = 32
    /// What an upload leaves free on its disk, in bytes.
    ///
    /// That is most often the database's, too, and an opt-out that finds no room is none.
    package static let bytesFreeMinimum: Int64 = 512 << 20

    private let path: String
    /// The largest file that is taken, in bytes.
    package let bytesMaximum: Int
    private let room: SpoolRoom

    /// Names the folder, which is made with the first upload.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - bytesMaximum: The largest file that is taken.
    ///   - bytesFree: How much room the disk of a path has; nil when nobody knows.
    package init(
        path: String,
        bytesMaximum: Int,
        bytesFree: @escaping @Sendable (String) -> Int64? = ImportSpool.bytesFree
    ) {
        self.path = path
        self.bytesMaximum = bytesMaximum
        room = SpoolRoom(path: path, bytesFree: bytesFree)
    }

    /// What the system says.
    package static func bytesFree(at path: String) -> Int64? {
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (facts?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    /// An upload that waits, locked for whoever has this value.
    package struct Waiting: Sendable {
        /// The batch it is for.
        package let id: ImportID
        /// Where the list is.
        package let path: String
        /// What was asked; nil when that is not there, or cannot be read.
        package let order: ImportOrder?
        fileprivate let file: LockedFile
    }

    /// Begins an upload.
    ///
    /// - Throws: `Refusal` when too many wait, or when there is no room.
    package func receive(for id: ImportID) throws -> ImportUpload {
        guard waitingIDs().count < ImportSpool.waitingMaximum else {
            throw Refusal(
                .busy,
                field: "body",
                "\(ImportSpool.waitingMaximum) imports wait already; come again when one is over"
            )
        }
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw LockedFile.failure
        }
        try room.check()
        return ImportUpload(
            id: id,
            file: try LockedFile(creating: listPath(id)),
            orderPath: orderPath(id),
            bytesMaximum: bytesMaximum,
            room: room
        )
    }

    /// The uploads that wait, oldest first.
    package func waitingIDs() -> [ImportID] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".list") }
            .compactMap { ImportID(text: $0.dropLast(5)) }.sorted()
    }

    /// Takes an upload to work on; nil when another does, or it is gone.
    package func take(_ id: ImportID) -> Waiting? {
        guard let file = LockedFile(opening: listPath(id)) else { return nil }
        let data = FileManager.default.contents(atPath: orderPath(id))
        return Waiting(
            id: id,
            path: listPath(id),
            order: data.flatMap { try? JSONDecoder().decode(ImportOrder.self, from: $0) },
            file: file
        )
    }

    /// Removes what there is of an upload.
    package func remove(_ id: ImportID) {
        // The list last: without it nobody would look for the other one.
        for path in [orderPath(id), listPath(id)] {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private func listPath(_ id: ImportID) -> String { "\(path)/\(id.text).list" }
    private func orderPath(_ id: ImportID) -> String { "\(path)/\(id.text).json" }
}

/// The disk that uploads go to.
struct SpoolRoom: Sendable {
    let path: String
    let bytesFree: @Sendable (String) -> Int64?

    /// Refuses what would leave too little.
    func check() throws(Refusal) {
        guard let bytes = bytesFree(path), bytes < ImportSpool.bytesFreeMinimum else { return }
        throw Refusal(
            .notStored,
            field: "body",
            "an upload leaves \(ImportSpool.bytesFreeMinimum >> 20) MiB of its disk free, and "
                + "\(bytes >> 20) MiB are left: make room, or put importFolder on another disk"
        )
    }
}

/// What was asked about an uploaded list, kept beside it.
package struct ImportOrder: Codable, Sendable {
    /// What the list is called.
    package var name = "upload"
    private var format = ImportFormat.auto.rawValue
    private let scope: String
    private let policyVersion: String
    private var status: String?
    private var topic: String?
    /// True to count only what would happen.
    package let isDryRun: Bool
    private let actorKind: String
    private let actorID: String

    /// Takes what was asked, and who asked.
    package init(_ request: ImportRequest, name: String, isDryRun: Bool, actor: Actor) {
        self.name = name
        format = request.format.rawValue
        scope = request.scope.text
        policyVersion = request.policyVersion
        status = request.status?.rawValue
        topic = request.topic
        self.isDryRun = isDryRun
        actorKind = actor.kind.rawValue
        actorID = actor.id
    }

    /// What was asked.
    package var request: ImportRequest {
        get throws {
            try ImportRequest(
                scope: scope,
                policyVersion: policyVersion,
                format: format,
                status: status,
                topic: topic
            )
        }
    }

    /// Who asked.
    package var actor: Actor { Actor(Actor.Kind(rawValue: actorKind) ?? .system, id: actorID) }
}
