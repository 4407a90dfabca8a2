// Opens an installation: its folder, its master key, its database and the engine on top.

import Foundation
import HeedConsent
import HeedEngine
import HeedSQLite
import HeedStore

/// An open installation.
struct Installation: Sendable {
    /// Whether a missing database is made.
    enum Opening {
        /// Refuse: a wrong path must not look like an empty list.
        case existing
        /// Make folder, key and database on first use.
        case orNew
    }

    /// The door to its state.
    let engine: Engine
    /// Its settings.
    let settings: Settings
    private let database: SQLiteDatabase

    /// The real time and chance of this machine; the only place where they are taken.
    static let surroundings = Surroundings(
        now: {
            let nanoseconds = Date().timeIntervalSince1970 * 1_000_000
            return Timestamp(microseconds: Int64(nanoseconds.rounded(.down)))
        },
        random: {
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
    )

    /// Opens what the settings name.
    init(_ settings: Settings, opening: Opening) throws {
        let path = settings.databasePath
        let isNew = !FileManager.default.fileExists(atPath: path)
        if isNew, opening == .existing {
            throw CommandError(
                "there is no database at \(path); `heed serve` or `heed migrate` makes one"
            )
        }
        if isNew { try Installation.makeFolder(of: path) }
        database = try SQLiteDatabase(
            path: path,
            creation: opening == .orNew ? .ifMissing : .never,
            masterKey: try Installation.masterKey(settings, make: isNew),
            surroundings: Installation.surroundings
        )
        engine = Engine(database: database)
        self.settings = settings
    }

    /// The schema steps that opening it applied.
    var appliedSteps: [String] { database.applied }

    /// Closes its sessions.
    func close() throws { try database.close() }

    private static func makeFolder(of path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandError("the folder \(folder.relativePath) cannot be made")
        }
    }

    /// The master key from the environment or its file.
    ///
    /// It is made only together with a new database: a new key for an old database would lock its
    /// owner out.
    private static func masterKey(_ settings: Settings, make: Bool) throws -> MasterKey {
        let path = settings.masterKeyPath
        let text: String
        if let given = settings.masterKey {
            text = given
        } else if let data = FileManager.default.contents(atPath: path) {
            text = String(decoding: data, as: UTF8.self)
        } else if make {
            text = hexadecimal(surroundings.randomKey())
            try SecretFile.write(text + "\n", to: path)
        } else {
            throw CommandError(
                "the master key is missing: expected in \(path), HEED_MASTER_KEY_FILE or "
                    + "HEED_MASTER_KEY"
            )
        }
        let digits = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let key = bytes(hexadecimal: digits).flatMap({ MasterKey(bytes: $0) }) else {
            throw CommandError("the master key has to be 64 hexadecimal digits")
        }
        return key
    }

    /// The present.
    static var now: Timestamp { surroundings.now() }

    /// Who runs this command, for the audit log.
    static var actor: Actor { Actor(.cli, id: NSUserName()) }
}

extension Surroundings {
    /// 32 random bytes.
    func randomKey() -> [UInt8] {
        (0..<4).flatMap { _ in
            let word = random()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
    }
}

/// Files that only their owner may read.
enum SecretFile {
    /// Writes a new file with mode 0600; refuses to touch one that exists.
    static func write(_ text: String, to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else {
            throw CommandError("the file \(path) exists already or cannot be made")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
    }
}
