// A campaign's list in each of its forms.

import HeedConsent
import HeedLists
import TestSupport
import Testing

@Suite("Recipient reader")
struct RecipientReaderTests {
    /// A reader of a text that comes in chunks of so many bytes.
    private func reader(_ text: String, chunk: Int = 65_536) throws -> RecipientReader {
        var rest = Array(text.utf8)[...]
        return try RecipientReader(chunk: {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(chunk) }
            return Array(rest.prefix(chunk))
        })
    }

    private func all(_ text: String, chunk: Int = 65_536) throws -> [Recipient] {
        var reader = try reader(text, chunk: chunk)
        return try reader.next(1000)
    }

    @Test func readsLines() throws {
        let found = try all("a@x.example\r\n\n  b@x.example  \nc@x.example")
        #expect(found.map(\.address) == ["a@x.example", "b@x.example", "c@x.example"])
        #expect(found.map(\.line) == [1, 3, 4])
        #expect(try reader("a@x.example\n").header == nil)
    }

    @Test(arguments: [
        (#"{"address":"a@x.example"}"#, "a@x.example"),
        (#"{"email":"a@x.example","n":1}"#, "a@x.example"),
        (#"{"recipient":"a@x.example"}"#, "a@x.example"),
        (#"{"name":"Ada"}"#, ""),
        (#"{"address":7}"#, ""),
        (#"{"address""#, ""),
    ])
    func readsNDJSON(_ line: String, _ address: String) throws {
        let found = try all("{\"email\":\"first@x.example\"}\n" + line + "\n")
        #expect(found.map(\.address) == ["first@x.example", address])
        #expect(found.last?.text == line)
        #expect(found.last?.line == 2)
    }

    @Test(arguments: [
        "email", "E-Mail", "Email Address", "\"email_address\"", "ADDRESS", "mail", " recipient ",
    ])
    func findsTheColumnOfACSV(_ name: String) throws {
        var reader = try reader("name,\(name)\n\"L, A\",a@x.example\n\nshort\n\"open")
        #expect(reader.header != nil)
        let found = try reader.next(1000)
        #expect(found.map(\.address) == ["a@x.example", "", ""])
        #expect(found.map(\.line) == [2, 4, 5])
        #expect(found.first?.text == "\"L, A\",a@x.example")
    }

    @Test func aByteOrderMarkIsNoPartOfTheName() throws {
        let found = try all("\u{FEFF}email,name\na@x.example,Ada\n")
        #expect(found.map(\.address) == ["a@x.example"])
    }

    @Test(arguments: [1, 2, 3, 7])
    func chunksMayEndAnywhere(_ size: Int) throws {
        let lines = try all("ä@x.example\r\nb@x.example\n", chunk: size)
        #expect(lines.map(\.address) == ["ä@x.example", "b@x.example"])
        let csv = try all("name,email\r\n\"two\nlines\",a@x.example\r\n", chunk: size)
        #expect(csv.map(\.address) == ["a@x.example"])
        let json = try all("{\"email\":\"a@x.example\"}\n{\"email\":\"b@x.example\"}", chunk: size)
        #expect(json.map(\.address) == ["a@x.example", "b@x.example"])
    }

    @Test func nothingIsAnEmptyList() throws {
        #expect(try all("").isEmpty)
        #expect(try all("\n \n").isEmpty)
        #expect(try all("email\n").isEmpty)
    }

    @Test func takesAsManyAsAreAskedFor() throws {
        var reader = try reader("a@x.example\nb@x.example\nc@x.example\n")
        #expect(try reader.next(2).count == 2)
        #expect(try reader.next(2).map(\.address) == ["c@x.example"])
        #expect(try reader.next(2).isEmpty)
    }

    @Test func aLineWithoutEndIsReported() throws {
        let found = try all(String(repeating: "a", count: 200_000) + "\nb@x.example", chunk: 4096)
        #expect(found.map(\.address) == ["", "b@x.example"])
        #expect(found.first?.problem == "the line is longer than 65536 bytes")
    }

    @Test(arguments: [1, 5, 1000])
    func whatIsPackedIsUnpacked(_ size: Int) throws {
        var rest = try Gzip.pack(Array("name;email\nAda;a@x.example\n".utf8))[...]
        var reader = try RecipientReader(chunk: {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(size) }
            return Array(rest.prefix(size))
        })
        #expect(reader.header == "name;email" && reader.separator == ";")
        #expect(try reader.next(10).map(\.text) == ["Ada;a@x.example"])
    }

    @Test func aCutFileEndsInAnError() throws {
        let packed = try Gzip.pack(Array("a@x.example\nb@x.example\n".utf8))
        var rest: [UInt8]? = Array(packed.dropLast(4))
        #expect(throws: Refusal.self) {
            var reader = try RecipientReader(chunk: {
                defer { rest = nil }
                return rest
            })
            while try !reader.next(1).isEmpty {}
        }
    }
}
