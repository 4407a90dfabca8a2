// Opens an installation: its folder, its master key, its database and the engine on top.

import Foundation
import HeedConsent
import HeedEngine
import HeedJournal
import HeedRights
import HeedStore

/// An open installation.
struct Installation: Sendable {
    /// Whether a missing database is made.
    enum Opening {
        /// Refuse: a wrong path must not look like an empty list.
        case existing
        /// Make folder, key and database on first use.
        case orNew
        /// One that a backup was put back into.
        case restoring
    }

    /// The door to its state.
    let engine: Engine
    /// Its settings.
    let settings: Settings
    private let opened: OpenDatabase

    /// The real time and chance of this machine; the only place where they are taken.
    static let surroundings = Surroundings(
        now: {
            let nanoseconds = Date().timeIntervalSince1970 * 1_000_000
            return Timestamp(microseconds: Int64(nanoseconds.rounded(.down)))
        },
        random: { words.next() }
    )
    private static let words = RandomWords {
        // 256 bytes, the most that one call gives.
        var words = [UInt64](repeating: 0, count: 32)
        let code = unsafe words.withUnsafeMutableBytes { buffer in
            unsafe buffer.baseAddress.map { unsafe getentropy($0, buffer.count) }
        }
        precondition(code == 0, "the system has no random bytes to give")
        return words
    }

    /// Opens what the settings name.
    init(_ settings: Settings, opening: Opening) throws {
        switch settings.database.place {
        case .sqlite(let path): opened = try .sqlite(path, settings, opening: opening)
        case .postgres(let connection):
            #if PostgreSQL
            opened = try .postgres(connection, settings, opening: opening)
            #else
            throw CommandError("this heed was built without PostgreSQL")
            #endif
        }
        engine = Engine(database: opened.database)
        self.settings = settings
        if opened.journal?.hasBegunLate == true {
            Terminal.note(
                "The journal in \(settings.journalFolder) begins now, beside a database that is "
                    + "not new. If there was one before, journalFolder names the wrong folder, or "
                    + "its disk is not mounted: then stop, for what it knows is not compared."
            )
        }
    }

    /// Makes or updates the tables; names the steps that were applied.
    static func migrate(_ settings: Settings) throws -> [String] {
        switch settings.database.place {
        case .sqlite: return try Installation(settings, opening: .orNew).opened.appliedSteps
        case .postgres(let connection):
            #if PostgreSQL
            return try OpenDatabase.migratePostgres(connection, settings)
            #else
            throw CommandError("this heed was built without PostgreSQL")
            #endif
        }
    }

    /// Copies the embedded database.
    func backUp(to file: String) async throws {
        guard let backUp = opened.backUp else {
            throw CommandError("this database is not in a file")
        }
        try await backUp(file)
    }

    /// How a database is opened beside its journal.
    static func journal(_ settings: Settings, _ opening: Opening) -> JournalOptions {
        JournalOptions(
            path: settings.journalFolder,
            keptSeconds: Int64(settings.journalDays) * 86_400,
            opening: opening == .restoring ? .restoring : .serving
        )
    }

    /// What goes through the journal; nil where none is kept.
    func replayer(withJournalsIn others: [String]) -> Replayer? {
        opened.journal.map { journal in
            Replayer(
                engine: engine,
                journal: journal,
                others: others.map { path in
                    JournalOptions(path: path, keptSeconds: 0, opening: .restoring).folder
                }
            )
        }
    }

    /// Writes into the journal what a process that died has committed and not written there.
    func completeJournal() async throws {
        let missing = try await opened.journal?.complete(from: opened.database) ?? 0
        guard missing > 0 else { return }
        Terminal.note("The journal lacked \(missing) entries from before a crash; it has them now.")
    }

    /// Closes its sessions.
    func close() throws { try opened.close() }

    /// What carries the doorbell to the other nodes; nil where there are none.
    var bell: Bell? {
        guard let tell = opened.tellOthers, let words = opened.words else { return nil }
        return Bell(doorbell: engine.doorbell, tell: tell, words: words)
    }

    /// Makes a folder that only its owner may look into.
    static func makeFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandError("the folder \(folder) cannot be made")
        }
    }

    /// The master key from the environment or its file.
    ///
    /// It is made only together with a new database: a new key for an old database would lock its
    /// owner out.
    static func masterKey(_ settings: Settings, make: Bool) throws -> MasterKey {
        let path = settings.masterKeyPath
        let text: String
        if let given = settings.masterKey {
            text = given
        } else if let data = FileManager.default.contents(atPath: path) {
            text = String(decoding: data, as: UTF8.self)
        } else if make {
            text = hexadecimal(surroundings.randomBytes(32))
            try SecretFile.write(text + "\n", to: path)
        } else {
            throw CommandError(
                "the master key is missing: expected in \(path), HEED_MASTER_KEY_FILE or "
                    + "HEED_MASTER_KEY"
            )
        }
        let key = try MasterKeyFiles.key(text)
        // Where a change of keys was interrupted, the next one may be the one.
        guard settings.masterKey == nil, let next = try MasterKeyFiles(path).begun() else {
            return key
        }
        return key.or(next)
    }

    /// The present.
    static var now: Timestamp { surroundings.now() }

    /// Who runs this command, for the audit log.
    static var actor: Actor { Actor(.cli, id: NSUserName()) }
}

/// Files that only their owner may read.
enum SecretFile {
    /// Writes a new file with mode 0600, and waits until it and its name are on the disk; refuses
    /// to touch one that exists.
    static func write(_ text: String, to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else {
            throw CommandError("the file \(path) exists already or cannot be made")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
        try flush(folderOf: path)
    }
}
