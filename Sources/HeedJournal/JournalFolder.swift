// The files of the journal: appended to and flushed, never changed, a new one when one is full.

import Foundation
import HeedConsent
package import HeedStore

/// A folder of journal files, `<8 digits>.journal`.
///
/// Several processes may append to one file: a batch is one write at its end, and begins with a
/// line break, so that a line somebody was cut off in harms no other.
package struct JournalFolder: Hashable, Sendable {
    /// The name that says where it is.
    package let path: String
    /// Bytes after which a new file is begun.
    let fileBytesMaximum: Int
    /// Seconds for which a full file is kept; 0 for ever.
    let keptSeconds: Int64

    /// Names the folder.
    package init(path: String, fileBytesMaximum: Int, keptSeconds: Int64) {
        self.path = path
        self.fileBytesMaximum = fileBytesMaximum
        self.keptSeconds = keptSeconds
    }

    private static let suffix = ".journal"

    private func file(_ number: Int) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 8 - digits.count))
        return "\(path)/\(zeros)\(digits)\(JournalFolder.suffix)"
    }

    func make() throws(StoreError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw failure("the folder cannot be made")
        }
    }

    /// The numbers of the files there are, in order; none where there is no folder.
    package func numbers() throws(StoreError) -> [Int] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw failure("the folder cannot be read")
        }
        return names.compactMap { name in
            guard name.hasSuffix(JournalFolder.suffix) else { return nil }
            return Int(name.dropLast(JournalFolder.suffix.count))
        }.sorted()
    }

    /// The lines of a file, the empty ones left out; with a limit, those in its last bytes.
    func texts(in number: Int, last limit: Int = .max) throws(StoreError) -> [Substring] {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: file(number)))
            let size = Int(try file.seekToEnd())
            let start = max(0, size - min(limit, size))
            try file.seek(toOffset: UInt64(start))
            let data = try file.readToEnd() ?? Data()
            try file.close()
            let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
            // It may begin in the middle of a line.
            return start == 0 ? lines : Array(lines.dropFirst())
        } catch {
            throw failure("\(file(number)) cannot be read")
        }
    }

    func newest(beginning header: String) throws(StoreError) -> JournalFile {
        try open(try numbers().last ?? 1, header)
    }

    func next(after file: JournalFile, beginning header: String) throws(StoreError) -> JournalFile {
        try open(file.number + 1, header)
    }

    /// Takes away files that were full before the time they are kept for; the newest stays.
    func removeOld(at now: Timestamp) throws(StoreError) {
        guard keptSeconds > 0 else { return }
        let end = now.adding(seconds: -keptSeconds)
        for number in try numbers().dropLast() {
            let attributes = try? FileManager.default.attributesOfItem(atPath: file(number))
            guard let changed = attributes?[.modificationDate] as? Date,
                Int64(changed.timeIntervalSince1970) * 1_000_000 < end.microseconds
            else { continue }
            try? FileManager.default.removeItem(atPath: file(number))
        }
    }

    private func open(_ number: Int, _ header: String) throws(StoreError) -> JournalFile {
        let path = file(number)
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
        let descriptor = unsafe Foundation.open(path, flags, 0o600)
        guard descriptor >= 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw failure("\(path) cannot be opened: \(reason)")
        }
        let opened = JournalFile(
            number: number,
            path: path,
            handle: FileHandle(fileDescriptor: descriptor, closeOnDealloc: true),
            bytesMaximum: fileBytesMaximum
        )
        guard opened.size == 0 else { return opened }
        try opened.append([header])
        do { try flush(self.path) } catch { throw failure("the folder cannot be flushed") }
        return opened
    }

    private func failure(_ what: String) -> StoreError {
        StoreError(.unavailable, "journal: \(what) (\(path))")
    }
}

/// A journal file that is open for appending.
struct JournalFile: Sendable {
    let number: Int
    let path: String
    let handle: FileHandle
    let bytesMaximum: Int

    var size: Int {
        var status = stat()
        guard unsafe fstat(handle.fileDescriptor, &status) == 0 else { return 0 }
        return Int(status.st_size)
    }

    /// True while its name leads to it.
    var isInPlace: Bool {
        var (open, named) = (stat(), stat())
        guard unsafe fstat(handle.fileDescriptor, &open) == 0, unsafe stat(path, &named) == 0 else {
            return false
        }
        return open.st_ino == named.st_ino && open.st_dev == named.st_dev
    }

    var isFull: Bool { size >= bytesMaximum }

    /// Returns once the lines are on disk.
    func append(_ lines: [String]) throws(StoreError) {
        guard !lines.isEmpty else { return }
        try write(("\n" + lines.joined(separator: "\n") + "\n"))
        guard fsync(handle.fileDescriptor) == 0 else {
            throw StoreError(.unavailable, "journal: the file could not be flushed")
        }
    }

    /// Writes what no reader takes for a line.
    func appendBreak() throws(StoreError) { try write("\n") }

    private func write(_ text: String) throws(StoreError) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { rest in
                unsafe Foundation.write(handle.fileDescriptor, rest.baseAddress, rest.count)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw StoreError(
                    errno == ENOSPC ? .full : .unavailable,
                    "journal: a line could not be written"
                )
            }
            written += count
        }
    }
}
