// That what is read back is what was written, and that nothing else is taken for it.

import Testing

@testable import HeedConsent

@Suite("AuditEvent: reading")
struct AuditEventReadingTests {
    @Test(arguments: try SampleEvent.all())
    func everyLineComesBack(_ sample: SampleEvent) {
        #expect(AuditEvent(canonical: sample.line.canonical()) == sample.line)
    }

    @Test func escapesComeBack() {
        let actor = Actor(.cli, id: "\"\\\u{8}\t\n\u{c}\r\u{1f}/ä€😀")
        var line = AuditEvent(id: Fixture.event, at: Fixture.now, kind: "x", actor: actor)
        line.facts = ["\"": "\u{0}", "": ""]
        #expect(AuditEvent(canonical: line.canonical()) == line)
    }

    private static let whole =
        #"{"actor":"a","actorType":"system","at":"2026-01-31T09:30:00Z","#
        + #""id":"01900000-0000-7006-8000-000000000006","kind":"k","v":1}"#

    @Test func aPlainLineIsRead() {
        #expect(AuditEvent(canonical: Array(AuditEventReadingTests.whole.utf8))?.kind == "k")
    }

    @Test(arguments: [
        ("\"v\":1", "\"v\":2"), ("\"v\":1", "\"v\":1,\"v\":1"), ("\"v\":1", "\"w\":1"),
        ("\"v\":1", "\"v\":1 "), ("\"v\":1}", "\"v\":1"), ("\"v\":1}", "\"v\":1}}"),
        (",\"v\":1", ""), ("\"k\"", "\"k"), ("\"k\"", "\"\\q\""), ("\"k\"", "\"\\u01\""),
        ("\"k\"", "\"\\u0100\""), ("\"k\"", "\"\\"), ("\"k\"", "\"\u{1}\""), ("\"k\"", "7"),
        ("\"kind\"", "\"other\""), ("\"actor\"", "\"kind\""), ("system", "robot"),
        ("2026-01-31", "2026-02-31"), ("01900000-", "x1900000-"),
        ("\"v\"", "\"contact\":\"c\",\"v\""), ("\"v\"", "\"subject\":\"0\",\"v\""),
        ("\"v\"", "\"details\":\"zz\",\"v\""), ("\"v\"", "\"extra\":\"x\",\"v\""),
        ("\"v\"", "\"facts\":{\"a\":\"b\",\"a\":\"b\"},\"v\""), ("\"v\"", "\"facts\":[],\"v\""),
        ("\"v\"", "\"facts\":{\"a\":1},\"v\""),
    ])
    func anythingElseIsNot(_ old: String, _ new: String) {
        let text = AuditEventReadingTests.whole.replacing(old, with: new)
        #expect(text != AuditEventReadingTests.whole)
        #expect(AuditEvent(canonical: Array(text.utf8)) == nil)
    }

    @Test func noBeginningOfALineIsALine() {
        let bytes = Array(AuditEventReadingTests.whole.utf8)
        for count in bytes.indices { #expect(AuditEvent(canonical: Array(bytes[..<count])) == nil) }
    }
}
