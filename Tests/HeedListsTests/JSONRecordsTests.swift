// Objects come out of any of the shapes a program prints them in, however the bytes are cut.

import Testing

@testable import HeedLists

@Suite("JSON records")
struct JSONRecordsTests {
    private func records(of text: String, cutTo size: Int = 7) throws -> [JSONRecord] {
        let chunks = Imported.chunks(of: Array(text.utf8), size: { size })
        var reader = JSONRecords(members: ["contacts"], chunk: chunks)
        var records: [JSONRecord] = []
        while let record = try reader.next() { records.append(record) }
        #expect(reader.bytesRead <= text.utf8.count)
        return records
    }

    private func texts(_ text: String, cutTo size: Int = 7) throws -> [String] {
        try records(of: text, cutTo: size).map {
            $0.problem ?? String(decoding: $0.bytes, as: UTF8.self)
        }
    }

    @Test(arguments: [1, 3, 4096])
    func theShapesOfAnAnswer(_ size: Int) throws {
        for text in [
            #"{"Contacts": [{"a": 1}, {"b": [{"c": "]}"}]}], "NextToken": "{x"}"#,
            #"{"NextToken": null, "Meta": {"I": 1}, "contacts": [{"a": 1},{"b": [{"c": "]}"}]}]}"#,
            #"[{"a": 1}, {"b": [{"c": "]}"}]}]"#,
            "{\"a\": 1}\n{\"b\": [{\"c\": \"]}\"}]}\n",
            #"{"Contacts": [{"a": 1}]}{"Contacts": []}{"Contacts": [{"b": [{"c": "]}"}]}]}"#,
        ] {
            #expect(try texts(text, cutTo: size) == [#"{"a": 1}"#, #"{"b": [{"c": "]}"}]}"#])
        }
    }

    @Test func linesAreCounted() throws {
        let text = "{\n \"Contacts\": [\n  {\"a\":\n 1},\n  {\"b\": \"\\\"}\"}\n]}\n"
        let found = try records(of: text)
        #expect(found.map(\.line) == [3, 5])
        #expect(String(decoding: found.last?.bytes ?? [], as: UTF8.self) == #"{"b": "\"}"}"#)
    }

    @Test(arguments: [
        (#"{"Contacts": [{"a": 1}, {"b": "#, "the file ends in the middle of this"),
        (#"{"Contacts": [{"a": 1}"#, "the file ends in the middle of this"),
        (#"[{"a": 1}}"#, "no JSON from here to the file's end"),
        (#"{"a": 1} what"#, "no JSON from here to the file's end"),
    ])
    func whatIsCutOffOrNoJSONIsSaid(_ text: String, _ problem: String) throws {
        #expect(try texts(text) == [#"{"a": 1}"#, problem])
    }

    @Test func aRecordIsLimitedAndTheNextIsRead() throws {
        let long = String(repeating: "x", count: CSVReader.longestRecord)
        let found = try records(of: "[{\"a\": \"\(long)\"}, {\"b\": 2}]", cutTo: 1 << 16)
        #expect(found.map { $0.problem == nil } == [false, true])
        let deep = String(repeating: "[", count: 1000)
        #expect(try records(of: "{\"a\": \(deep)").map { $0.problem == nil } == [false])
    }
}
