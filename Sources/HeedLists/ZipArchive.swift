// A ZIP archive read in place: which files are in it, and their bytes one piece after the other.

import HeedConsent

/// An archive such as Mailchimp's export.
///
/// It is read by its directory at the end (APPNOTE 6.3, 4.3.16), as every unpacker does. Nothing is
/// written to disk, and sizes and checksums that do not hold are errors.
package struct ZipArchive: Sendable {
    /// Reads up to `count` bytes at an offset; fewer only at the end.
    package typealias Reading = @Sendable (_ offset: Int, _ count: Int) throws -> [UInt8]

    /// A file in it.
    package struct Entry: Sendable {
        /// Its name with its folders.
        package let path: String
        /// Its size when unpacked.
        package let byteCount: Int
        fileprivate let packedCount: Int
        fileprivate let offset: Int
        fileprivate let isDeflated: Bool
        fileprivate let checksum: UInt

        /// Its name without folders.
        package var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    private static let pieceBytes = 65_536
    private static let entriesMaximum = 1000

    /// The files, folders left out.
    package let entries: [Entry]
    private let read: Reading

    /// True when a file begins as archives do.
    package static func begins(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x50, 0x4B, 3, 4]) }

    /// Reads the directory.
    package init(byteCount: Int, read: @escaping Reading) throws {
        self.read = read
        let tail = try read(max(0, byteCount - 65_557), min(byteCount, 65_557))
        guard let end = ZipArchive.end(in: tail) else { throw ZipArchive.broken }
        let count = Int(end.number16(10))
        let (size, offset) = (Int(end.number32(12)), Int(end.number32(16)))
        guard count <= ZipArchive.entriesMaximum, offset + size <= byteCount, size <= 16 << 20
        else { throw ZipArchive.refusal("an archive of this size is unpacked first") }
        var directory = ByteView(try read(offset, size))
        var entries: [Entry] = []
        for _ in 0..<count {
            guard let entry = try ZipArchive.entry(&directory) else { throw ZipArchive.broken }
            if !entry.path.hasSuffix("/") { entries.append(entry) }
        }
        self.entries = entries
    }

    /// Hands out a file's bytes, nil at its end; throws when they are not what the directory says.
    package func open(_ entry: Entry) throws -> () throws -> [UInt8]? {
        // The local header repeats the name, and may have other extra fields than the directory.
        let header = ByteView(try read(entry.offset, 30))
        guard header.count == 30, header.number32(0) == 0x0403_4B50 else { throw ZipArchive.broken }
        var position = entry.offset + 30 + Int(header.number16(26)) + Int(header.number16(28))
        var packed = entry.packedCount
        var left = entry.byteCount
        let inflater = try Inflater()
        var ready: [[UInt8]] = []
        return {
            while ready.isEmpty, packed > 0 {
                let piece = try read(position, min(packed, ZipArchive.pieceBytes))
                guard !piece.isEmpty else { throw ZipArchive.broken }
                position += piece.count
                packed -= piece.count
                if entry.isDeflated {
                    do {
                        try inflater.unpack(piece) { ready.append($0) }
                    } catch { throw ZipArchive.broken }
                } else {
                    inflater.count32(piece)
                    ready.append(piece)
                }
            }
            guard !ready.isEmpty else {
                guard left == 0, inflater.checksum == entry.checksum else {
                    throw ZipArchive.broken
                }
                return nil
            }
            let piece = ready.removeFirst()
            left -= piece.count
            // More than was announced is no list, but something made to fill a disk or a memory.
            guard left >= 0 else { throw ZipArchive.broken }
            return piece
        }
    }

    /// The record that ends an archive; the last one, since a comment may look like one.
    private static func end(in tail: [UInt8]) -> ByteView? {
        guard tail.count >= 22 else { return nil }
        for start in stride(from: tail.count - 22, through: 0, by: -1)
        where tail[start...].starts(with: [0x50, 0x4B, 5, 6]) {
            return ByteView(tail[start...])
        }
        return nil
    }

    private static func entry(_ directory: inout ByteView) throws(Refusal) -> Entry? {
        guard directory.count >= 46, directory.number32(0) == 0x0201_4B50 else { return nil }
        let method = directory.number16(10)
        let lengths = [28, 30, 32].map { Int(directory.number16($0)) }
        let end = 46 + lengths.reduce(0, +)
        guard directory.count >= end else { return nil }
        guard directory.number16(8) & 1 == 0 else { throw refusal("the archive is encrypted") }
        guard method == 0 || method == 8 else {
            throw refusal("the archive is packed in a way that is not read here; unpack it first")
        }
        let sizes = [20, 24, 42].map { directory.number32($0) }
        guard sizes.allSatisfy({ $0 < UInt32.max }) else {
            throw refusal("an archive of this size is unpacked first")
        }
        let entry = Entry(
            path: String(decoding: directory.bytes(46, lengths[0]), as: UTF8.self),
            byteCount: Int(sizes[1]),
            packedCount: Int(sizes[0]),
            offset: Int(sizes[2]),
            isDeflated: method == 8,
            checksum: UInt(directory.number32(16))
        )
        directory.drop(end)
        return entry
    }

    private static let broken = refusal("the archive is damaged")

    private static func refusal(_ message: String) -> Refusal {
        Refusal(.invalid, field: "file", message)
    }
}

/// Bytes with numbers in them, lowest byte first.
private struct ByteView {
    private var all: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { all = Array(bytes)[...] }

    var count: Int { all.count }

    func bytes(_ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
        all.dropFirst(offset).prefix(count)
    }

    func number16(_ offset: Int) -> UInt16 {
        bytes(offset, 2).reversed().reduce(0) { $0 << 8 | UInt16($1) }
    }

    func number32(_ offset: Int) -> UInt32 {
        bytes(offset, 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func drop(_ count: Int) { all = all.dropFirst(count) }
}
