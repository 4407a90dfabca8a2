// The CSV reader: quoting, line ends, limits, and that the cut of the chunks never shows.

import HeedLists
import Testing

@Suite("CSV reader")
struct CSVReaderTests {
    private func records(
        _ bytes: [UInt8],
        delimiter: UInt8 = CSVReader.comma,
        size: @escaping () -> Int = { 1 << 16 }
    ) throws -> [CSVRecord] {
        var reader = CSVReader(chunk: Imported.chunks(of: bytes, size: size), delimiter: delimiter)
        var records: [CSVRecord] = []
        while let record = try reader.next() { records.append(record) }
        #expect(reader.bytesRead == bytes.count)
        return records
    }

    private func fields(_ text: String) throws -> [[String]] {
        try records(Array(text.utf8)).map(\.fields)
    }

    @Test(arguments: [
        ("", []),
        ("a", [["a"]]),
        ("a,b\n", [["a", "b"]]),
        ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
        ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
        ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
        (",", [["", ""]]),
        ("a,\n,b\n", [["a", ""], ["", "b"]]),
        ("\n\n", [[""], [""]]),
        ("\r\n\r\n", [[""], [""]]),
        ("\"a\"", [["a"]]),
        ("\"\"", [[""]]),
        ("\"a,b\",c", [["a,b", "c"]]),
        ("\"a\"\"b\"", [["a\"b"]]),
        ("\"\"\"\"", [["\""]]),
        ("\"a\nb\",c\n", [["a\nb", "c"]]),
        ("\"a\r\nb\"\r\nc\r\n", [["a\r\nb"], ["c"]]),
        ("\"a\rb\"\rc", [["a\rb"], ["c"]]),
        ("\"a\" \t,b", [["a", "b"]]),
        ("5\" pipe, \"x\"", [["5\" pipe", " \"x\""]]),
        (" a , b ", [[" a ", " b "]]),
        ("\u{FEFF}\"a\",b", [["a", "b"]]),
        ("\u{FEFF}", []),
        ("ü,é\n", [["ü", "é"]]),
    ])
    func reads(_ text: String, _ expected: [[String]]) throws {
        #expect(try fields(text) == expected)
    }

    @Test func aMarkInTheMiddleIsContent() throws {
        #expect(try fields("a\n\u{FEFF}b\n") == [["a"], ["\u{FEFF}b"]])
    }

    @Test func otherDelimiters() throws {
        let text = Array("a;b,c\n\"d;e\";f\n".utf8)
        let found = try records(text, delimiter: UInt8(ascii: ";"))
        #expect(found.map(\.fields) == [["a", "b,c"], ["d;e", "f"]])
    }

    @Test func invalidUTF8IsReplaced() throws {
        let found = try records([0x61, 0xFF, 0x2C, 0xC3, 0x0A, 0xC3, 0xBC])
        #expect(found.map(\.fields) == [["a\u{FFFD}", "\u{FFFD}"], ["ü"]])
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func linesAreThoseOfTheFile(_ lineEnd: String) throws {
        let lines = ["a,\"1", "", "2\"", "", "b,\"\"\"", "\"", "c"]
        let found = try records(Array(lines.joined(separator: lineEnd).utf8))
        #expect(found.map(\.line) == [1, 4, 5, 7])
        #expect(found.map(\.lastLine) == [3, 4, 6, 7])
        #expect(found.allSatisfy { $0.problem == nil })
    }

    @Test(arguments: [
        ("a\n\"b\"c,d\ne\n", [2, 2]),
        ("a\n\"b\n\"c,d\ne\n", [2, 3]),
        ("a\n\"b\" \"c\"\ne\n", [2, 2]),
        ("a\n\"b\"c\"d\ne\n", [2, 2]),
    ])
    func textAfterAQuoteIsReported(_ text: String, _ lines: [Int]) throws {
        let found = try records(Array(text.utf8))
        #expect(found.map(\.problem) == [nil, .textAfterQuote, nil])
        #expect(found.map(\.fields) == [["a"], [], ["e"]])
        #expect([found[1].line, found[1].lastLine] == lines)
    }

    @Test(arguments: ["\"", "b,\"c\nd\n", "\"b\"\"\n\n", "\"\"\""])
    func anOpenQuoteIsReportedWhereItsRecordStarts(_ text: String) throws {
        let found = try records(Array("a\n\(text)".utf8))
        #expect(found.map(\.problem) == [nil, .openQuote])
        #expect(found.map(\.line) == [1, 2])
    }

    @Test(arguments: [(0, false), (1, true)])
    func longRecords(_ extra: Int, _ isRefused: Bool) throws {
        let field = String(repeating: "x", count: CSVReader.longestRecord - 1 + extra)
        for text in ["a,\(field)\nb", "\"a\",\"\(field)\"\nb"] {
            let found = try records(Array(text.utf8), size: { 1000 })
            #expect(found.map(\.problem) == [isRefused ? .tooLong : nil, nil])
            #expect(found.last?.fields == ["b"])
            #expect(found.last?.line == 2)
        }
    }

    @Test(arguments: [(0, false), (1, true)])
    func wideRecords(_ extra: Int, _ isRefused: Bool) throws {
        let commas = String(repeating: ",", count: CSVReader.mostColumns - 1 + extra)
        for end in ["\nb", "\r\nb"] {
            let found = try records(Array((commas + end).utf8))
            #expect(found.map(\.problem) == [isRefused ? .tooManyColumns : nil, nil])
            #expect(found.map(\.fields.count) == [isRefused ? 0 : CSVReader.mostColumns, 1])
        }
    }

    @Test func anOpenQuoteOutweighsTheLength() throws {
        let field = String(repeating: "x\n", count: CSVReader.longestRecord)
        let found = try records(Array("a\nb,\"\(field)".utf8))
        #expect(found.map(\.problem) == [nil, .openQuote])
        #expect(found.map(\.line) == [1, 2])
        #expect(found.last?.lastLine == 2 + CSVReader.longestRecord)
    }

    @Test func emptyChunksAreNotTheEnd() throws {
        var rest: [[UInt8]] = [
            [], [0xEF], [], [0xBB, 0xBF], [], [0x61, 0x0D], [], [0x0A], [], [0x62],
        ]
        var reader = CSVReader(chunk: { rest.isEmpty ? nil : rest.removeFirst() })
        #expect(try reader.next()?.fields == ["a"])
        #expect(try reader.next()?.line == 2)
        #expect(try reader.next() == nil)
        #expect(try reader.next() == nil)
    }

    @Test func errorsOfTheSourceComeThrough() throws {
        struct Broken: Error {}
        var rest: [[UInt8]] = [Array("a\nb".utf8)]
        var reader = CSVReader(chunk: {
            if rest.isEmpty { throw Broken() }
            return rest.removeFirst()
        })
        #expect(try reader.next()?.fields == ["a"])
        #expect(throws: Broken.self) { try reader.next() }
    }

    /// Bytes that matter to the reader are as likely as all others together.
    @Test(arguments: 1...400 as ClosedRange<UInt64>)
    func theCutNeverShows(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let alphabet = Array("\"\"\",,\n\n\r ab\u{FEFF}ü".utf8)
        let bytes = (0..<random.below(200)).map { _ in alphabet[random.below(alphabet.count)] }
        let whole = try records(bytes)
        let cut = try records(bytes, size: { 1 + random.below(7) })
        #expect(cut == whole)
        #expect(try records(bytes, size: { 1 }) == whole)
        // Whatever was read lies in the file's lines without gap or overlap.
        var next = 1
        for record in whole {
            #expect(record.line == next)
            #expect(record.lastLine >= record.line)
            next = record.lastLine + 1
        }
    }

    /// What is written by the rules of RFC 4180 comes back as it was.
    @Test(arguments: 1...100 as ClosedRange<UInt64>)
    func writtenRecordsComeBack(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let alphabet = Array("\",\n\r ab😀ü")
        let written = (0...random.below(8)).map { _ in
            (0...random.below(5)).map { _ in
                String((0..<random.below(9)).map { _ in alphabet[random.below(alphabet.count)] })
            }
        }
        let lineEnd = ["\n", "\r\n", "\r"][random.below(3)]
        let text = written.map { record in
            record.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
        }
        let bytes = Array(text.joined(separator: lineEnd).utf8)
        #expect(try records(bytes, size: { 1 + random.below(7) }).map(\.fields) == written)
    }
}

/// SplitMix64: the same numbers on every machine.
private struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(bound))
    }
}
