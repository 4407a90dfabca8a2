// Files on disk as the importer reads them: a list as it is or packed, or the lists in an archive.

import Foundation
import HeedConsent

extension ImportSource {
    /// The lists of a file on disk, and the names of what was passed over in an archive.
    ///
    /// It is called `name` in reports, or by its own name. A list that gzip packed may unpack to so
    /// many bytes.
    package static func lists(
        inFile path: String,
        called name: String? = nil,
        unpackedMaximum: Int
    ) throws -> (lists: [ImportSource], passedOver: [String]) {
        let source = try file(path, called: name)
        let beginning = try source.open()() ?? []
        if GzipReader.begins(beginning) { return ([try unpacked(source, unpackedMaximum)], []) }
        guard ZipArchive.begins(beginning) else { return ([source], []) }
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

    /// A list that gzip packed, read to its end once: of one that is cut or damaged nothing is
    /// taken.
    private static func unpacked(
        _ source: ImportSource,
        _ bytesMaximum: Int
    ) throws -> ImportSource {
        let open: @Sendable () throws -> () throws -> [UInt8]? = {
            let packed = try source.open()
            return try GzipReader.unpacking(field: "file", bytesMaximum: bytesMaximum, packed)
        }
        var byteCount = 0
        let next = try open()
        while let piece = try next() { byteCount += piece.count }
        let isNamed = source.name.lowercased().hasSuffix(".gz")
        let name = isNamed ? String(source.name.dropLast(3)) : source.name
        return ImportSource(name: name, byteCount: byteCount, open: open)
    }

    private static func unreadable(_ path: String) -> Refusal {
        Refusal(.invalid, field: "file", "\(path) cannot be read")
    }
}
