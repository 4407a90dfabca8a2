// A ZIP archive written as it is sent: one file after the other, sizes after the bytes.

package import HeedConsent

/// Writes an archive whose files' sizes nobody knows beforehand.
///
/// Every file is deflated and followed by its checksum and sizes (APPNOTE 6.3, 4.3.9), so nothing
/// is written twice and nothing waits in memory but the directory. The 64-bit forms (4.5.3, 4.3.14)
/// are used where a number does not fit otherwise, and only there, since some readers lack them.
package struct ZipWriter {
    /// The flag for sizes that follow the bytes, and the one for names in UTF-8 (4.4.4).
    private static let flags: UInt16 = 1 << 3 | 1 << 11
    private static let deflated: UInt16 = 8

    private struct Entry {
        let path: String
        let offset: UInt64
        var checksum: UInt32 = 0
        var packed: UInt64 = 0
        var plain: UInt64 = 0
        var needs64 = false
    }

    /// From here on numbers take eight bytes; lower only in tests.
    private let limit: UInt64
    /// The date and time of all files, as MS-DOS writes them.
    private let stamp: (time: UInt16, date: UInt16)
    private var entries: [Entry] = []
    private var current: (entry: Entry, deflater: Deflater)?
    private var position: UInt64 = 0

    /// Starts an archive whose files all have one time.
    package init(at time: Timestamp, largest limit: UInt64 = UInt64(UInt32.max)) {
        self.limit = limit
        let text = time.text
        func number(_ start: Int, _ count: Int) -> UInt16 {
            UInt16(text.dropFirst(start).prefix(count)) ?? 0
        }
        // RFC 3339: the digits stand where they always stand. MS-DOS counts from 1980.
        let year = max(1980, number(0, 4)) - 1980
        stamp = (
            number(11, 2) << 11 | number(14, 2) << 5 | number(17, 2) / 2,
            year << 9 | number(5, 2) << 5 | number(8, 2)
        )
    }

    /// Begins a file; the one before has to be ended.
    package mutating func begin(_ path: String) throws -> [UInt8] {
        precondition(current == nil, "a file is begun inside another")
        current = (Entry(path: path, offset: position), try Deflater())
        var header = Numbers()
        header.add32(0x0403_4B50)
        header.add16(20)
        header.add16(ZipWriter.flags)
        header.add16(ZipWriter.deflated)
        header.add16(stamp.time)
        header.add16(stamp.date)
        for _ in 0..<3 { header.add32(0) }
        header.add16(UInt16(path.utf8.count))
        header.add16(0)
        header.bytes += Array(path.utf8)
        return sent(header.bytes)
    }

    /// More of the file; what of it is packed comes back.
    package mutating func add(_ bytes: [UInt8]) throws -> [UInt8] {
        guard var file = current else { preconditionFailure("bytes without a file") }
        let packed = try file.deflater.pack(bytes)
        file.entry.plain += UInt64(bytes.count)
        file.entry.packed += UInt64(packed.count)
        current = file
        return sent(packed)
    }

    /// Ends the file.
    package mutating func end() throws -> [UInt8] {
        guard let file = current else { preconditionFailure("an end without a file") }
        current = nil
        var entry = file.entry
        let rest = try file.deflater.finish()
        entry.packed += UInt64(rest.count)
        entry.checksum = UInt32(truncatingIfNeeded: file.deflater.checksum)
        entry.needs64 = entry.packed >= limit || entry.plain >= limit
        entries.append(entry)
        var descriptor = Numbers()
        descriptor.add32(0x0807_4B50)
        descriptor.add32(entry.checksum)
        for size in [entry.packed, entry.plain] {
            if entry.needs64 { descriptor.add64(size) } else { descriptor.add32(UInt32(size)) }
        }
        return sent(rest + descriptor.bytes)
    }

    /// The directory, which ends the archive.
    package mutating func finish() -> [UInt8] {
        precondition(current == nil, "the archive ends inside a file")
        let start = position
        var directory = Numbers()
        for entry in entries { list(entry, in: &directory) }
        let size = UInt64(directory.bytes.count)
        let needs64 = start >= limit || size >= limit
        if needs64 { end64(size, from: start, in: &directory) }
        directory.add32(0x0605_4B50)
        directory.add32(0)
        directory.add16(UInt16(entries.count))
        directory.add16(UInt16(entries.count))
        directory.add32(needs64 ? .max : UInt32(size))
        directory.add32(needs64 ? .max : UInt32(start))
        directory.add16(0)
        return sent(directory.bytes)
    }

    /// A file's line in the directory (4.3.12).
    private func list(_ entry: Entry, in directory: inout Numbers) {
        let needs64 = entry.needs64 || entry.offset >= limit
        directory.add32(0x0201_4B50)
        // Made by version 4.5 under Unix, whose rights stand in the attributes.
        directory.add16(3 << 8 | 45)
        directory.add16(needs64 ? 45 : 20)
        directory.add16(ZipWriter.flags)
        directory.add16(ZipWriter.deflated)
        directory.add16(stamp.time)
        directory.add16(stamp.date)
        directory.add32(entry.checksum)
        directory.add32(needs64 ? .max : UInt32(entry.packed))
        directory.add32(needs64 ? .max : UInt32(entry.plain))
        directory.add16(UInt16(entry.path.utf8.count))
        directory.add16(needs64 ? 28 : 0)
        for _ in 0..<3 { directory.add16(0) }
        // A plain file that only its owner reads.
        directory.add32(0o100600 << 16)
        directory.add32(needs64 ? .max : UInt32(entry.offset))
        directory.bytes += Array(entry.path.utf8)
        guard needs64 else { return }
        directory.add16(1)
        directory.add16(24)
        for number in [entry.plain, entry.packed, entry.offset] { directory.add64(number) }
    }

    /// The end of the directory in 64 bits, and where it is (4.3.14, 4.3.15).
    private func end64(_ size: UInt64, from start: UInt64, in directory: inout Numbers) {
        directory.add32(0x0606_4B50)
        directory.add64(44)
        directory.add16(3 << 8 | 45)
        directory.add16(45)
        directory.add32(0)
        directory.add32(0)
        directory.add64(UInt64(entries.count))
        directory.add64(UInt64(entries.count))
        directory.add64(size)
        directory.add64(start)
        directory.add32(0x0706_4B50)
        directory.add32(0)
        directory.add64(start + size)
        directory.add32(1)
    }

    private mutating func sent(_ bytes: [UInt8]) -> [UInt8] {
        position += UInt64(bytes.count)
        return bytes
    }
}

/// Bytes in the making, numbers with their lowest byte first.
private struct Numbers {
    var bytes: [UInt8] = []

    mutating func add16(_ number: UInt16) { add(UInt64(number), 2) }
    mutating func add32(_ number: UInt32) { add(UInt64(number), 4) }
    mutating func add64(_ number: UInt64) { add(number, 8) }

    private mutating func add(_ number: UInt64, _ count: Int) {
        for shift in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(shift))))
        }
    }
}
