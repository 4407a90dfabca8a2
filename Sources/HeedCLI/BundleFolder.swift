// Bundles of proofs as folders: written once and whole, and read without believing anything.

import Foundation
import HeedConsent
import HeedLedger

/// A bundle's files on a disk.
enum BundleFolder {
    /// Refuses a place where something is, for a bundle is nobody's leftovers, and one where no
    /// folder can be made.
    static func refuse(_ path: String) throws(Refusal) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        if FileManager.default.fileExists(atPath: path), !isFolder(path) || !names.isEmpty {
            throw Refusal(.conflict, field: "output", "\(path) is there already and not empty")
        }
        let parent = URL(filePath: path).deletingLastPathComponent().path
        guard isFolder(parent), FileManager.default.isWritableFile(atPath: parent) else {
            throw Refusal(.invalid, field: "output", "no folder can be made at \(path)")
        }
    }

    /// Writes all files.
    static func write(_ files: [String: [UInt8]], to folder: String) throws {
        do {
            for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
                let file = URL(filePath: folder).appending(path: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(),
                    withIntermediateDirectories: true
                )
                try Data(bytes).write(to: file)
            }
        } catch {
            throw CommandError("output: \(folder) cannot be written")
        }
    }

    /// Reads every file below a folder.
    ///
    /// What is no plain file of a bundle's size comes back as a finding, so that a link or an
    /// endless file can neither lead elsewhere nor fill the memory.
    static func read(
        _ folder: String
    ) throws -> (files: [String: [UInt8]], findings: [ProofBundle.Finding]) {
        // The folder itself may be named by a link; nothing in it may.
        let folder = URL(filePath: folder).resolvingSymlinksInPath().path
        guard isFolder(folder), let paths = FileManager.default.subpaths(atPath: folder) else {
            throw CommandError("bundle: \(folder) is not a folder that can be read")
        }
        var files: [String: [UInt8]] = [:]
        var findings: [ProofBundle.Finding] = []
        for path in paths {
            let full = "\(folder)/\(path)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: full)
            let type = attributes?[.type] as? FileAttributeType
            if type == .typeDirectory { continue }
            let size = (attributes?[.size] as? NSNumber)?.intValue ?? Int.max
            guard type == .typeRegular, size <= ProofBundle.bytesMaximum(of: path),
                let data = FileManager.default.contents(atPath: full)
            else {
                findings.append(
                    ProofBundle.Finding(
                        path: path,
                        fault: .bad,
                        detail: "it is not a plain file of a bundle's size that can be read"
                    )
                )
                continue
            }
            files[path] = Array(data)
        }
        return (files, findings)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return exists && isFolder.boolValue
    }
}
