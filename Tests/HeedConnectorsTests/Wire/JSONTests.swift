// JSON: the same value is the same bytes, and what others send is read.

import HeedConnectors
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(arguments: [
        #"{"a":[1,-2,true,false,null,"x"],"b":{"c":"d"}}"#, "[]", "{}", #""a""#, "7", "true",
        "null", #"{"é":"\u0001\u001f\"\\/😀"}"#, "9007199254740992",
    ])
    func textBecomesValueAndTheSameText(_ text: String) throws {
        let value = try #require(JSON(text.utf8))
        #expect(String(decoding: value.bytes, as: UTF8.self) == text)
    }

    @Test(arguments: ["", "{", "{\"a\":}", "a", "{\"a\":1}}", "\u{FEFF}x", "'a'"])
    func otherTextIsNoValue(_ text: String) {
        #expect(JSON(text.utf8) == nil)
    }

    @Test func membersAreSortedAndNullIsNothing() throws {
        let value = try #require(JSON(#"{"b":1,"a":null,"c":"x","d":2.5,"e":[true]}"#.utf8))
        #expect(value["a"] == nil)
        #expect(value["b"]?.whole == 1)
        #expect(value["b"]?.name == "1")
        #expect(value["c"]?.name == "x")
        #expect(value["c"]?.whole == nil)
        #expect(value["d"]?.whole == 2)
        #expect(value["e"]?.list?.first?.flag == true)
        #expect(value["z"] == nil)
        #expect(value["b"]?["b"] == nil)
        let text = String(decoding: value.bytes, as: UTF8.self)
        #expect(text.hasPrefix(#"{"a":null,"b":1,"#))
    }

    @Test func aNumberTooLargeToBeExactIsNoWholeNumber() throws {
        #expect(JSON("1e300".utf8)?.whole == nil)
        #expect(JSON("-1e300".utf8)?.name == nil)
    }
}
