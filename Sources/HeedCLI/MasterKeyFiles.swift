// The file of the master key, and those beside it while another key takes its place.

import Foundation
import HeedConsent
import HeedStore

/// `master.key`, `master.key.next` and `master.key.previous`.
///
/// At every moment one of the first two opens the database, and both are tried.
struct MasterKeyFiles {
    private let path: String

    /// The new key before it is the key.
    var next: String { path + ".next" }
    /// The key before; backups made under it need it.
    var previous: String { path + ".previous" }

    init(_ path: String) { self.path = path }

    /// A key from its text.
    static func key(_ text: String) throws -> MasterKey {
        let digits = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let key = bytes(hexadecimal: digits).flatMap({ MasterKey(bytes: $0) }) else {
            throw CommandError("the master key has to be 64 hexadecimal digits")
        }
        return key
    }

    /// The key that is to be the next, if a change was begun.
    func begun() throws -> MasterKey? {
        guard let data = FileManager.default.contents(atPath: next) else { return nil }
        return try MasterKeyFiles.key(String(decoding: data, as: UTF8.self))
    }

    /// Makes the next key, or takes the one of a change that was interrupted.
    func makeNext() throws -> MasterKey {
        if let begun = try begun() { return begun }
        let text = hexadecimal(Installation.surroundings.randomBytes(MasterKey.byteCount))
        // It has its name only with its whole content.
        let part = next + ".part"
        try? FileManager.default.removeItem(atPath: part)
        try SecretFile.write(text + "\n", to: part)
        try FileManager.default.moveItem(atPath: part, toPath: next)
        // The database is about to need this key, and it must not outlive the key's name.
        try flush(folderOf: next)
        return try MasterKeyFiles.key(text)
    }

    /// Gives the next key the key's name; the one before stays beside it, and so do those before
    /// that one, numbered, because older backups need them.
    func finish() throws {
        let files = FileManager.default
        if files.fileExists(atPath: previous), !files.contentsEqual(atPath: path, andPath: previous)
        {
            let free = (1...).lazy.map { "\(previous).\($0)" }
                .first { !files.fileExists(atPath: $0) }
            if let free { try files.moveItem(atPath: previous, toPath: free) }
        }
        try? files.removeItem(atPath: previous)
        try FileManager.default.linkItem(atPath: path, toPath: previous)
        guard unsafe rename(next, path) == 0 else {
            throw CommandError("the file \(next) cannot take the place of \(path)")
        }
        try flush(folderOf: path)
    }
}
