// Cells that a spreadsheet would run, and that they are read back as they were.

import HeedConsent
import Testing

@testable import HeedLists

@Suite("Lines of a list that goes out")
struct ListLineTests {
    @Test(arguments: [
        (["a", "b c"], "a,b c"), (["a,b", "c\"d"], "\"a,b\",\"c\"\"d\""), (["a\nb"], "\"a\nb\""),
        (["", ""], ","), (["=1+1", "+x", "-x", "@x"], " =1+1, +x, -x, @x"),
        (["\"\u{301}", ",\u{301}", "\u{301}"], "\"\"\"\u{301}\",\",\u{301}\",\u{301}"),
        (["\t=1", "\r=1"], " \t=1,\" \r=1\""), (["a=1", "a@b"], "a=1,a@b"),
    ])
    func aCellIsQuotedWhereItMustBeAndNeverAFormula(_ cells: [String], _ line: String) {
        #expect(listLine(cells) == line)
    }

    @Test func anotherDelimiterIsWhatIsQuoted() {
        #expect(listLine(["a;b", "c,d"], delimiter: ";") == "\"a;b\";c,d")
    }

    @Test func anAddressThatLooksLikeAFormulaIsReadBackAsItWas() throws {
        let line = listLine(["+ada@mail.example"])
        var bytes: [UInt8]? = Array("email\n\(line)\n".utf8)
        var reader = try ImportReader(format: .csv, status: .subscribed) {
            defer { bytes = nil }
            return bytes
        }
        guard case .row(let row) = try reader.next() else {
            Issue.record("the row cannot be read")
            return
        }
        #expect(row.address.delivery == "+ada@mail.example")
    }

    @Test(arguments: [
        (["a", "b"], "a,b"),
        (["a,b", ""], "\"a,b\","),
        (["say \"yes\""], "\"say \"\"yes\"\"\""),
        (["two\nlines", "x"], "\"two\nlines\",x"),
        (["cr\r\nlf"], "\"cr\r\nlf\""),
        ([" space "], " space "),
        ([], ""),
    ])
    func writesCSV(_ fields: [String], _ line: String) {
        #expect(csvLine(fields) == line)
    }
}
