// Lists made by chance: however they are cut, they read the same, and what we write reads back.

import HeedConsent
import HeedLists
import TestSupport
import Testing

@Suite("Lists by chance")
struct CSVFuzzTests {
    private static let corpus =
        SystemSample.all.map(\.text) + [
            "email,status,consented_at\na@mail.example,subscribed,2026-02-01T10:00:00Z\n",
            "\u{FEFF}email;name\r\n\"a@mail.example\";\"Ada \"\"A\"\" L\"\r\nb@mail.example;\r\n",
            "email\ta\na@mail.example\t\"x\ny\"\n",
            #"{"Contacts":[{"EmailAddress":"in@mail.example","UnsubscribeAll":false,"#
                + #""TopicPreferences":[{"TopicName":"News","SubscriptionStatus":"OPT_IN"}]}]}"#,
            #"{"SuppressedDestinationSummaries":[{"EmailAddress":"a@mail.example","#
                + #""Reason":"BOUNCE","LastUpdateTime":"2026-01-01T00:00:00Z"}]}"#,
            "a@mail.example,BOUNCE\nb@mail.example,COMPLAINT\n",
            "a@mail.example,,account\nb@mail.example,2026-01-01T00:00:00Z,mail.example\n",
        ]

    private func records(_ bytes: [UInt8], _ size: () -> Int) throws -> [CSVRecord] {
        var rest = bytes[...]
        var reader = CSVReader(chunk: {
            defer { rest = rest.dropFirst(1 << 14) }
            return rest.isEmpty ? nil : Array(rest.prefix(1 << 14))
        })
        var whole: [CSVRecord] = []
        while let record = try reader.next() { whole.append(record) }
        // The same by whatever pieces.
        var parser = CSVParser(delimiter: CSVReader.comma)
        var pieces: [CSVRecord] = []
        var left = bytes[...]
        while !left.isEmpty {
            let count = size()
            parser.add(Array(left.prefix(count)))
            left = left.dropFirst(count)
            while let record = parser.next() { pieces.append(record) }
        }
        parser.end()
        while let record = parser.next() { pieces.append(record) }
        guard whole == pieces else { throw Fuzz.Failure(description: "pieces read otherwise") }
        return whole
    }

    @Test func howAListIsCutDoesNotShow() throws {
        try Fuzz("csv", cases: 1500, corpus: Self.corpus).run { tried in
            var chance = tried.chance
            let most = [1, 2, 7, 300].randomElement(using: &chance) ?? 1
            let records = try records(tried.input) { Int.random(in: 1...most, using: &chance) }
            guard zip(records, records.dropFirst()).allSatisfy({ $0.lastLine < $1.line }) else {
                return "lines go backwards"
            }
            // What is read is written and read as the same.
            let good = records.filter { $0.problem == nil && $0.fields != [""] }.map(\.fields)
            let text = good.map { csvLine($0) + "\n" }.joined()
            let marked = text.unicodeScalars.first == "\u{FEFF}" ? "\n" + text : text
            let again = try self.records(Array(marked.utf8)) { 1 << 16 }.map(\.fields)
                .filter { $0 != [""] }
            return same(again, good) ? nil : "written and read it is another list"
        }
    }

    /// Byte by byte: two texts may be the same letters in other bytes.
    private func same(_ some: [[String]], _ others: [[String]]) -> Bool {
        some.map { $0.map { Array($0.utf8) } } == others.map { $0.map { Array($0.utf8) } }
    }

    @Test(arguments: [Character(","), ";", "\t"])
    func whatIsWrittenReadsBack(_ delimiter: Character) throws {
        let cells = [
            "", "a", "Ada \"A\" L", "a,b;c\td", "x\r\ny", "\"", "=1+1", " padded ", "\u{301}e",
            ",\u{301}", "\"\u{301}", ";\u{20DD}", "\t\u{301}", "\r\u{301}", "\n\u{FE0F}",
        ]
        try Fuzz("cells", cases: 3000, corpus: cells).run { tried in
            var chance = tried.chance
            let cells = [tried.text, cells.randomElement(using: &chance) ?? "", "end"]
            let line = csvLine(cells, delimiter: delimiter)
            var reader = CSVReader(
                chunk: Imported.chunks(of: "x\n" + line + "\n"),
                delimiter: delimiter.asciiValue ?? 0
            )
            _ = try reader.next()
            let record = try reader.next()
            guard same([record?.fields ?? []], [cells]) else {
                return "it reads as \(record as Any)"
            }
            // For a spreadsheet a space may stand in front, and nothing else differs.
            var guarded = CSVReader(
                chunk: Imported.chunks(of: "x\n" + listLine(cells, delimiter: delimiter)),
                delimiter: delimiter.asciiValue ?? 0
            )
            _ = try guarded.next()
            let fields = try guarded.next()?.fields ?? []
            let plain = zip(fields, cells).map { $0 == " " + $1 ? $1 : $0 }
            return same([plain], [cells]) ? nil : "the guarded line reads as \(fields)"
        }
    }

    /// Every row is a row or a reason, never an end of the process.
    @Test(arguments: ImportFormat.allCases)
    func aRowIsARowOrAReason(_ format: ImportFormat) throws {
        try Fuzz("import-\(format.rawValue)", cases: 150, corpus: Self.corpus).run { tried in
            do {
                var reader = try ImportReader(
                    format: format,
                    status: .subscribed,
                    topic: "news",
                    notAfter: Timestamp(seconds: 1_769_851_800),
                    chunk: Imported.chunks(of: tried.input)
                )
                var count = 0
                while try reader.next() != nil { count += 1 }
                return count > tried.input.count + 1 ? "more rows than bytes" : nil
            } catch is Refusal {
                return nil
            }
        }
    }

    @Test func aCampaignsListIsReadOrRefused() throws {
        let corpus =
            Self.corpus + [
                "a@mail.example\nb@mail.example\n", "{\"email\":\"a@mail.example\"}\n{\"a\":1}\n",
            ]
        try Fuzz("recipients", cases: 800, corpus: corpus).run { tried in
            do {
                var reader = try RecipientReader(chunk: Imported.chunks(of: tried.input))
                var count = 0
                while true {
                    let found = try reader.next(100)
                    if found.isEmpty { break }
                    count += found.count
                }
                return count > tried.input.count + 1 ? "more recipients than bytes" : nil
            } catch is Refusal {
                return nil
            }
        }
    }
}
