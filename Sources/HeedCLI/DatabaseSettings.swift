// Which database to open, and how to behave towards a server.

import Configuration
import Foundation
import HeedConsent

/// Where the data is.
enum DatabasePlace: Hashable, Sendable {
    /// A SQLite file.
    case sqlite(path: String)
    /// A libpq connection string.
    case postgres(String)

    init(_ text: String) throws(Refusal) {
        if text.hasPrefix("sqlite:"), text.utf8.count > 7 {
            self = .sqlite(path: String(text.dropFirst(7)))
        } else if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
            self = .postgres(text)
        } else {
            throw Refusal(
                .invalid,
                field: "database",
                "a database is sqlite:PATH, for example sqlite:./heed-data/heed.sqlite, or "
                    + "postgres://USER@HOST/NAME"
            )
        }
    }
}

/// Where the data is and how to reach it.
struct DatabaseSettings: Sendable {
    /// Where the data is.
    var place: DatabasePlace
    /// Whether a PostgreSQL superuser or owner may run it.
    let allowOwner: Bool
    /// At most so many PostgreSQL sessions.
    let sessions: Int
    /// Milliseconds to wait for a PostgreSQL session.
    let waitMilliseconds: Int

    init(_ reader: ConfigReader) throws(Refusal) {
        let usual = "sqlite:./heed-data/heed.sqlite"
        // It may hold a password.
        place = try DatabasePlace(
            reader.string(forKey: "database", isSecret: true, default: usual)
        )
        allowOwner = reader.string(forKey: "allowOwner", default: "false") == "true"
        sessions = try Settings.integer("databaseSessions", reader, default: 16, in: 1...1000)
        waitMilliseconds = try Settings.integer(
            "databaseWaitMilliseconds",
            reader,
            default: 5000,
            in: 100...60_000
        )
    }

    /// The folder of the keys that belong to it.
    var folder: String {
        switch place {
        case .sqlite(let path): URL(filePath: path).deletingLastPathComponent().relativePath
        case .postgres: "./heed-data"
        }
    }

    /// What it is called, without its password.
    var name: String {
        switch place {
        case .sqlite(let path): path
        case .postgres(let connection): OpenDatabase.name(ofPostgres: connection)
        }
    }
}
