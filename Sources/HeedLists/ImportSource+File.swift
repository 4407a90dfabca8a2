// Files on disk as the importer reads them: a list as it is, or the lists in an archive.

import Foundation
import HeedConsent

extension ImportSource {
    /// The lists of a file on disk, and the names of what was passed over in an archive.
    ///
    /// It is called `name` in reports, or by its own name.
    package static func lists(
        inFile path: String,
        called name: String? = nil
    ) throws -> (lists: [ImportSource], passedOver: [String]) {
        let source = try file(path, called: name)
        guard ZipArchive.begins(try source.open()() ?? []) else { return ([source], []) }
        let read: ZipArchive.Reading = { offset, count in
            guard let file = FileHandle(forReadingAtPath: path) else { throw unreadable(path) }
            defer { try? file.close() }
            try file.seek(toOffset: UInt64(offset))
            return Array(try file.read(upToCount: count) ?? Data())
        }
        return try lists(in: ZipArchive(byteCount: source.byteCount, read: read))
    }

    /// A file as it is, 256 KiB at a time.
    package static func file(_ path: String, called name: String? = nil) throws -> ImportSource {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let size = attributes?[.size] as? Int,
            attributes?[.type] as? FileAttributeType != .typeDirectory
        else { throw unreadable(path) }
        return ImportSource(
            name: name ?? URL(filePath: path).lastPathComponent,
            byteCount: size
        ) {
            guard let file = FileHandle(forReadingAtPath: path) else { throw unreadable(path) }
            return {
                let data = try file.read(upToCount: 262_144)
                return data.flatMap { $0.isEmpty ? nil : Array($0) }
            }
        }
    }

    private static func unreadable(_ path: String) -> Refusal {
        Refusal(.invalid, field: "file", "\(path) cannot be read")
    }
}
