// Packed files spoiled by chance: never another text than was packed, and never without end.

import HeedConsent
import HeedLists
import TestSupport
import Testing

@Suite("Packed files by chance")
struct ArchiveFuzzTests {
    private static let texts = [
        "", "email\nada@mail.example\n", String(repeating: "ada@mail.example\n", count: 2000),
    ].map { Array($0.utf8) }
    /// More than any text here; what goes beyond is refused.
    private static let bytesMaximum = 1 << 20

    @Test func gzipIsWhatWasPackedOrAnError() throws {
        let corpus = try Self.texts.map(Gzip.pack)
        try Fuzz("gzip", cases: 2500, corpus: corpus).run { tried in
            do {
                let reader = try GzipReader(field: "body", bytesMaximum: Self.bytesMaximum)
                var chance = tried.chance
                var rest = tried.input[...]
                var all: [UInt8] = []
                while !rest.isEmpty {
                    let count = Int.random(in: 1...5000, using: &chance)
                    reader.add(Array(rest.prefix(count)))
                    rest = rest.dropFirst(count)
                    while let piece = try reader.next() { all += piece }
                }
                try reader.end()
                guard all.count <= Self.bytesMaximum else { return "more than is allowed" }
                return ArchiveFuzzTests.isJoined(all) ? nil : "another text comes out"
            } catch is Refusal {
                return nil
            }
        }
    }

    /// Members may be joined, so a text is some of those that were packed, one after the other.
    private static func isJoined(_ all: [UInt8]) -> Bool {
        var rest = all[...]
        while let text = texts.reversed().first(where: { !$0.isEmpty && rest.starts(with: $0) }) {
            rest = rest.dropFirst(text.count)
        }
        return rest.isEmpty
    }

    private static func packed(_ files: [(String, [UInt8])]) throws -> [UInt8] {
        var writer = ZipWriter(at: Timestamp(seconds: 1_769_850_000))
        var bytes: [UInt8] = []
        for (path, content) in files {
            bytes += try writer.begin(path)
            bytes += try writer.add(content)
            bytes += try writer.end()
        }
        return bytes + writer.finish()
    }

    @Test func anArchiveIsWhatWasPackedOrAnError() throws {
        let corpus = try [
            Self.packed([("a.csv", Self.texts[1])]),
            Self.packed([("export/a.csv", Self.texts[2]), ("b.csv", Self.texts[0])]),
            Self.packed([("é.csv", Self.texts[1]), ("c.txt", Self.texts[2])]),
        ]
        try Fuzz("zip", cases: 3000, corpus: corpus).run { tried in
            do {
                let bytes = tried.input
                let archive = try ZipArchive(byteCount: bytes.count) { offset, count in
                    guard offset >= 0, count >= 0 else {
                        throw Fuzz.Failure(description: "reads before the file")
                    }
                    return Array(bytes.dropFirst(offset).prefix(count))
                }
                for entry in archive.entries {
                    let next = try archive.open(entry)
                    var all: [UInt8] = []
                    while let piece = try next() {
                        all += piece
                        guard all.count <= entry.byteCount else { return "more than announced" }
                    }
                    guard Self.texts.contains(all) else { return "another text comes out" }
                }
                return nil
            } catch is Refusal {
                return nil
            }
        }
    }
}
