// A campaign's list in each of its forms, whatever the cut, and what is said of lines nobody reads.

import HeedConsent
import HeedLists
import TestSupport
import Testing

@Suite("Recipient list")
struct RecipientListTests {
    private func all(
        _ bytes: [UInt8],
        _ form: RecipientList.Form = .told,
        size: Int = 1 << 16
    ) throws -> [Recipient] {
        var list = RecipientList(form, keeping: .addresses)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try list.add(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        try list.end()
        return list.take(.max)
    }

    private func all(
        _ text: String,
        _ form: RecipientList.Form = .told,
        size: Int = 1 << 16
    ) throws -> [Recipient] { try all(Array(text.utf8), form, size: size) }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func theCutNeverShows(_ size: Int) throws {
        let lists = [
            "\u{FEFF}name,E-Mail\r\n\"Lovelace, \"\"Ada\"\"\",a@x.example\r\n\r\nB,b@x.example\r\n",
            "\u{FEFF}\r\nemail;name\n a@x.example ;A\n\"b@x.example\";\"two\nlines\"",
            "name\temail\nA\ta@x.example\nB\tb@x.example\n",
            "\u{FEFF}a@x.example\r\n\r\nb@x.example",
            "{\"email\":\"a@x.example\"}\n\"b@x.example\"\n",
        ]
        for list in lists {
            let found = try all(list, size: size)
            #expect(found.map(\.address) == ["a@x.example", "b@x.example"], "\(list)")
            #expect(found.allSatisfy { $0.problem == nil && $0.text.isEmpty })
        }
    }

    /// A name that holds a delimiter moves no column.
    @Test func columnsAreFoundByTheParserOfTheRows() throws {
        let found = try all("\"Last, First\",email,address\n\"L, A\",a@x.example,Street 1\n", .csv)
        #expect(found.map(\.address) == ["a@x.example"])
    }

    @Test(arguments: [
        ("", "empty"), ("\n\n", "header line"), ("a@x.example\nb@x.example\n", "header line"),
        ("name,telephone\nA,1\n", "header line"), ("\"open", "header line"),
        ("{\"email\":\"a@x.example\"}\n", "header line"),
    ])
    func whatIsCalledCSVNeedsItsHeader(_ text: String, _ word: String) {
        for size in [1, 1000] {
            let error = #expect(throws: Refusal.self) { try all(text, .csv, size: size) }
            #expect(error?.field == "body" && error?.message.contains(word) == true)
        }
    }

    @Test func aHeaderThatNeverEndsIsNone() {
        let text = String(repeating: "a", count: 200_000)
        var list = RecipientList(.csv, keeping: .addresses)
        #expect(throws: Refusal.self) { try list.add(Array(text.utf8)) }
    }

    /// Each is a recipient that is refused, with its line, and the rest goes on.
    @Test func aBrokenLineIsSaid() throws {
        let long = String(repeating: "x", count: 1 << 20)
        let lines = try all(
            "{\"email\":\"\(long)\"}\n{\"email\":7}\n{}\n{\n\(long)\na@x.example\n",
            .lines
        )
        let cut = "the line is longer than 65536 bytes"
        #expect(
            lines.map(\.problem) == [
                cut, "address, email and recipient have to be text",
                "there is no address, email or recipient in it", "the line is not JSON", cut, nil,
            ]
        )
        #expect(lines.map(\.line) == Array(1...6))
        #expect(lines.map(\.asked) == ["", "", "", "", "", "a@x.example"])
        let rows = try all(
            "email,name\n\"a@x.example\"b,A\n,B\n\(long)\(long),C\n\(long.prefix(3000)),D\n"
                + "c@x.example,C\n\"d@x.example",
            .csv
        )
        let problems = [
            "text follows a closing quote", "the row has no address", "the record is longer than",
            "an address has at most 254 bytes", nil, "a quote is never closed",
        ]
        for (row, problem) in zip(rows, problems) {
            #expect((row.problem == nil) == (problem == nil))
            if let problem { #expect(row.problem?.hasPrefix(problem) == true) }
        }
        #expect(rows.map(\.line) == Array(2...7))
        #expect(rows.allSatisfy { $0.address.utf8.count < 300 })
    }

    @Test func rowsComeOutAsTheyWent() throws {
        var list = RecipientList(.toldPlain, keeping: .rows)
        try list.add(Array("name;email;more\n\"L; A\";a@x.example\n".utf8))
        #expect(list.header == "name;email;more" && list.separator == ";")
        let row = try #require(list.take(1).first)
        #expect(row.text == "\"L; A\";a@x.example" && row.columnsMissing == 1)
    }

    /// What is ready is bounded by bytes as well, for whoever asks first.
    @Test func longRowsFillTheList() throws {
        var list = RecipientList(.toldPlain, keeping: .rows)
        try list.add(Array("email,note\n".utf8))
        let row = Array("a@x.example,\(String(repeating: "n", count: 1 << 20 - 100))\n".utf8)
        for _ in 0..<9 {
            #expect(!list.isFull)
            try list.add(row)
        }
        #expect(list.isFull && list.count == 9)
        _ = list.take(2)
        #expect(!list.isFull)
    }
}
