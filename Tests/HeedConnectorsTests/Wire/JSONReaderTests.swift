// JSON as strangers may send it: every form that is one, many that are none, and depth.

import HeedConnectors
import Testing

@Suite("JSON reader")
struct JSONReaderTests {
    @Test(
        arguments: [
            ("0", .number(0)), ("-0", .number(0)), ("12.5e1", .number(125)),
            ("1E-2", .number(0.01)), ("1e+2", .number(100)), (" true ", .flag(true)),
            ("\t\r\n null", .null),
            (
                #""\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\""#,
                .text("é😀/\u{8}\u{C}\n\r\t\"\\")
            ),
            (#""é😀""#, .text("é😀")), ("[ 1 , [ ] , { } ]", [.number(1), [], [:]]),
            (#"{ "a" : 1 , "a" : 2 }"#, ["a": .number(2)]), (#"{"":""}"#, ["": .text("")]),
        ] as [(String, JSON)]
    )
    func documents(_ text: String, _ expected: JSON) {
        #expect(JSON(text.utf8) == expected)
    }

    @Test(arguments: [
        "", " ", "01", "+1", ".5", "1.", "1e", "1e+", "-", "--1", "0x10", "NaN", "Infinity",
        "1e999",
        "tru", "truee", "True", "nul", "[1,]", "[,1]", "[1 2]", "[", "]", "[1}", "{\"a\"}",
        "{\"a\":}", "{a:1}", "{\"a\":1,}", "{\"a\":1", "{1:1}", "\"", "\"a", "'a'", "\"\n\"",
        "\"\u{1}\"", #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud800""#, #""\ud800x""#,
        #""\ud800\u0041""#, #""\udc00""#, #""\u+123""#, "1 2", "{} {}", "// c\n1", "\u{FEFF}1",
    ])
    func others(_ text: String) {
        #expect(JSON(text.utf8) == nil)
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
    ])
    func bytesThatAreNoText(_ bytes: [UInt8]) {
        #expect(JSON(bytes) == nil)
    }

    @Test(arguments: [(64, true), (65, false), (500_000, false)])
    func depth(_ depth: Int, _ isRead: Bool) {
        let lists = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect((JSON(lists.utf8) != nil) == isRead)
        let objects = String(repeating: #"{"a":"#, count: depth - 1) + "{}"
        let closed = objects + String(repeating: "}", count: depth - 1)
        #expect((JSON(closed.utf8) != nil) == isRead)
        #expect(JSON(objects.utf8) == nil)
    }

    @Test func anyCutOfADocumentIsNone() {
        let text = Array(#"{"a":[1,-2.5e3,true,null,"\u00e9é"],"b":{"c":"d"}}"#.utf8)
        #expect(JSON(text) != nil)
        for count in 0..<text.count { #expect(JSON(text.prefix(count)) == nil) }
    }

    @Test func flippedBitsNeverStopIt() {
        let text = Array(#"{"a":[1,-2.5e3,true,null,"\u00e9é"],"b":{"c":"d"}}"#.utf8)
        for index in text.indices {
            for bit in 0..<8 {
                var changed = text
                changed[index] ^= 1 << bit
                if let value = JSON(changed) { #expect(JSON(value.bytes) == value) }
            }
        }
    }
}
