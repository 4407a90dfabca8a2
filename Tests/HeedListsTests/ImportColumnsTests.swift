// Columns are found by name, and their values read without repeating them in a reason.

import HeedConsent
import HeedLists
import Testing

@Suite("Import columns")
struct ImportColumnsTests {
    private let columns = ImportColumns(header: [
        " Email Address ", "UNSUB_TIME", "unsub-time", "X",
    ])

    @Test(arguments: [
        ("email address", true), ("EMAIL_ADDRESS", true), ("e-mail address", false),
        ("Unsub Time", true), ("x", true), ("", false),
    ])
    func names(_ name: String, _ isFound: Bool) {
        #expect(columns.contains(name) == isFound)
    }

    @Test(arguments: [
        (["", "a", "b", "c"], "a", "UNSUB_TIME"),
        (["", " ", "b", "c"], "b", "unsub-time"),
        (["", "", "", "c"], nil, nil),
        (["", "", "\tb "], "b", "unsub-time"),
        ([""], nil, nil),
        ([], nil, nil),
    ])
    func theFirstValueOfRepeatedColumnsCounts(
        _ fields: [String],
        _ text: String?,
        _ name: String?
    ) {
        let cell = columns.column(["unsub_time"]).cell(in: fields)
        #expect(cell?.text == text)
        #expect(cell?.column == name)
    }

    @Test func theOrderOfNamesIsTheOrderOfChoice() {
        let fields = ["e", "1", "2", "x"]
        #expect(columns.column(["x", "unsub time"]).text(in: fields) == "x")
        #expect(columns.column(["y", "unsub time", "x"]).text(in: fields) == "1")
        #expect(columns.firstColumn(of: ["y", "x", "unsub time"]).text(in: ["e", "1"]) == nil)
        #expect(columns.firstColumn(of: ["y", "z"]).isAbsent)
    }

    @Test func valuesLongerThanTheirPlaceAreLeftOut() {
        let column = columns.column(["x"])
        #expect(column.text(in: ["", "", "", "1234"], atMost: 4) == "1234")
        #expect(column.text(in: ["", "", "", "12345"], atMost: 4) == nil)
    }

    @Test(
        arguments: [
            ("2024-05-12 03:06:30", 1_715_483_190),
            ("2024-05-12T03:06:30Z", 1_715_483_190),
            ("2024-05-12T05:06:30+02:00", 1_715_483_190),
            (" 2024-05-12 ", 1_715_472_000),
            ("1715483190", 1_715_483_190),
            ("", nil),
        ] as [(String, Int64?)]
    )
    func times(_ text: String, _ seconds: Int64?) throws {
        let time = try columns.column(["x"]).time(in: ["", "", "", text])
        #expect(time == seconds.map { Timestamp(seconds: $0) })
    }

    @Test(arguments: [
        "yesterday", "2024-13-01", "12/05/2024", "2024", "20240512", "-1715483190",
        "0000-00-00 00:00:00",
    ])
    func whatIsNoTime(_ text: String) {
        #expect(throws: InvalidRow("X: not a time such as 2026-01-31 09:30:00")) {
            try columns.column(["x"]).time(in: ["", "", "", text])
        }
    }

    @Test func addresses() throws {
        let column = columns.column(["email address"])
        #expect(try column.address(in: [" Ada@Example.com "]).match == "ada@example.com")
        #expect(throws: InvalidRow("Email Address: not a mail address: there is no '@'")) {
            try column.address(in: ["secret"])
        }
        #expect(throws: InvalidRow("Email Address: an address is needed")) {
            try column.address(in: [])
        }
    }
}
