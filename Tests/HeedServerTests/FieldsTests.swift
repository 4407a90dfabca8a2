// Tests that a JSON body is read strictly, and that each error names its field with its place.

import HeedConsent
import HeedEngine
import NIOCore
import Testing

@testable import HeedServer

private enum Colour: String, CaseIterable { case red, green }

@Suite("Fields")
struct FieldsTests {
    private func fields(_ json: String) throws -> Fields {
        try Fields(body: ByteBuffer(string: json))
    }

    private func refusal(_ body: () throws -> some Any) -> Refusal? {
        do {
            _ = try body()
            return nil
        } catch { return error as? Refusal }
    }

    @Test(arguments: WrongInput.unreadable)
    func onlyAnObjectIsABody(_ wrong: WrongInput) {
        let refusal = refusal { try fields(wrong.body) }
        #expect(refusal?.code == .malformed)
        #expect(refusal?.field == nil)
    }

    /// Programs differ in which of two they take (RFC 8259 §4).
    @Test(arguments: [
        (#"{"a":1,"a":2}"#, "a"), (#"{"o":{"x":1,"x":1}}"#, "x"), (#"{"l":[{"y":1,"y":2}]}"#, "y"),
        (#"{"a":1,"\u0061":2}"#, "a"),
    ])
    func aNameStandsOnce(_ body: String, _ name: String) {
        let refusal = refusal { try fields(body) }
        #expect(refusal?.code == .malformed && refusal?.field == name)
    }

    @Test func aMemberHasAName() throws {
        let refusal = refusal { try fields(#"{"":1}"#).finish() }
        #expect(refusal?.field == "body" && refusal?.message == "a member has no name")
        var outer = try fields(#"{"o":{"":1}}"#)
        let inner = try #require(try outer.optionalObject("o"))
        #expect(self.refusal { try inner.finish() }?.field == "o")
    }

    @Test func bytesThatAreNotTextAreNoBody() {
        let bytes = ByteBuffer(bytes: Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8))
        #expect(refusal { try Fields(body: bytes) }?.code == .malformed)
    }

    @Test func valuesAreTakenByName() throws {
        var fields = try fields(
            #"{"s":"é","t":"2026-01-31T09:30:00Z","f":true,"w":"red","l":["a"],"#
                + #""o":{"x":"y"},"n":null}"#
        )
        #expect(try fields.string("s") == "é")
        #expect(try fields.optionalTime("t")?.text == "2026-01-31T09:30:00Z")
        #expect(try fields.flag("f"))
        #expect(try fields.word("w", as: Colour.self) == .red)
        #expect(try fields.optionalStrings("l") == ["a"])
        var object = try #require(try fields.optionalObject("o"))
        #expect(try object.string("x") == "y")
        try object.finish()
        #expect(try fields.optionalString("n") == nil)
        try fields.finish()
    }

    @Test func whatIsMissingOrNullIsNotThere() throws {
        var fields = try fields(#"{"n":null}"#)
        #expect(try fields.optionalString("n") == nil)
        #expect(try fields.optionalString("m") == nil)
        #expect(try fields.optionalTime("m") == nil)
        #expect(try fields.optionalWord("m", as: Colour.self) == nil)
        #expect(try fields.optionalObject("m") == nil)
        #expect(try fields.optionalObjects("m") == nil)
        #expect(try fields.optionalStrings("m") == nil)
        #expect(try !fields.flag("m"))
        #expect(
            refusal { try fields.string("m") }
                == Refusal(.missing, field: "m", "this field is needed")
        )
        #expect(refusal { try fields.word("m", as: Colour.self) }?.code == .missing)
    }

    @Test(arguments: ["5", "true", "[]", "{}", "1.5"])
    func aStringIsAString(_ json: String) throws {
        var fields = try fields(#"{"a":\#(json)}"#)
        let refusal = refusal { try fields.string("a") }
        #expect(refusal?.code == .invalid)
        #expect(refusal?.field == "a")
    }

    @Test(arguments: ["0", "1", "\"true\"", "[]"])
    func aFlagIsTrueOrFalse(_ json: String) throws {
        var fields = try fields(#"{"a":\#(json)}"#)
        #expect(refusal { try fields.flag("a") }?.field == "a")
    }

    @Test(arguments: ["yesterday", "2026-02-30T00:00:00Z", "1769851800", ""])
    func aTimeIsRFC3339(_ text: String) throws {
        var fields = try fields(#"{"a":"\#(text)"}"#)
        #expect(refusal { try fields.optionalTime("a") }?.field == "a")
    }

    @Test func aWordOutsideTheSetNamesTheSet() throws {
        var fields = try fields(#"{"a":"blue"}"#)
        let refusal = refusal { try fields.word("a", as: Colour.self) }
        #expect(refusal?.message == "this has to be one of: red, green")
    }

    @Test func placesAreNamed() throws {
        var fields = try fields(#"{"o":{"x":5,"y":1},"l":["a",5],"p":[{"v":"a"},{"v":5}],"q":[5]}"#)
        var object = try #require(try fields.optionalObject("o"))
        #expect(refusal { try object.string("x") }?.field == "o.x")
        #expect(
            refusal { try object.finish() }
                == Refusal(.unknownField, field: "o.y", "there is no field of this name")
        )
        #expect(refusal { try fields.optionalStrings("l") }?.field == "l[1]")
        var list = try #require(try fields.optionalObjects("p"))
        #expect(refusal { try list[1].string("v") }?.field == "p[1].v")
        #expect(refusal { try fields.optionalObjects("q") }?.field == "q[0]")
    }

    @Test func aListOrAnObjectIsOne() throws {
        var fields = try fields(#"{"a":"x","b":"x","c":{}}"#)
        #expect(refusal { try fields.optionalObject("a") }?.field == "a")
        #expect(refusal { try fields.optionalStrings("b") }?.field == "b")
        #expect(refusal { try fields.optionalObjects("c") }?.field == "c")
    }

    @Test func whatIsLeftIsRefusedByNameInOrder() throws {
        let fields = try fields(#"{"z":1,"b":2}"#)
        #expect(refusal { try fields.finish() }?.field == "b")
    }

    @Test func aPersonIsNamedOnce() throws {
        let id = "01900000-0000-7000-8000-000000000001"
        var one = try fields(#"{"address":"ada@mail.example"}"#)
        #expect(try one.subject() == .address(Address(email: "ada@mail.example")))
        var other = try fields(#"{"contactId":"\#(id)"}"#)
        #expect(try other.subject() == .contact(#require(ContactID(text: id))))
        for (json, code, field) in [
            ("{}", Refusal.Code.missing, "address"),
            (#"{"address":"ada"}"#, .invalid, "address"),
            (#"{"contactId":"ada"}"#, .invalid, "contactId"),
            (#"{"address":"ada@mail.example","contactId":"\#(id)"}"#, .invalid, "contactId"),
        ] {
            var fields = try fields(json)
            let refusal = refusal { try fields.subject() }
            #expect(refusal?.code == code)
            #expect(refusal?.field == field)
        }
    }
}
