// The bytes of one audit event of every kind, spelled out, and the rules of RFC 8785 behind them.

import Foundation
import Testing

@testable import HeedConsent

/// What is hashed and signed; a change here is a change of what was signed last year.
private enum Golden {
    static let lines = SampleEvent.linesOfRequests.merging(SampleEvent.linesOfEvidence) { $1 }
        .merging(ownLines) { own, _ in own }

    private static let ownLines = [
        "scope added": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"channel":"email","kind":"campaign"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"scope.added",\#
        "scope":"newsletter","v":1}
        """#,
        "scope described": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"description":"Neues","language":"de","title":"Rundbrief"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"scope.described",\#
        "scope":"newsletter","v":1}
        """#,
        "form added": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"circumstances":"client","form":"footer","policyVersion":"2026-01",\#
        "scopes":"newsletter"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"form.added","v":1}
        """#,
        "policy published": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"effectiveAt":"2026-01-01T00:00:00Z","reconsent":"newsletter",\#
        "textSha256":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",\#
        "version":"2026-01"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"policy.published","v":1}
        """#,
        "contact added": #"""
        {"actor":"k-1","actorType":"api-key","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",\#
        "facts":{"addresses":"1","region":"DE"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"contact.added","v":1}
        """#,
        "connector reconciled": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"connector":"esp","fix":"yes","here":"3","missingHere":"0",\#
        "missingThere":"2","outcome":"compared","recorded":"0","there":"4","told":"1",\#
        "underway":"0","unmappedHere":"0","unmappedThere":"0","unreadable":"0",\#
        "withoutAddress":"0","withoutOptOut":"0"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"connector.reconciled",\#
        "subject":"0102030405060708090a0b0c0d0e0f10","v":1}
        """#,
        "connector changed": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"connector":"esp","options":"scope.news,secret,url",\#
        "type":"webhook"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"connector.changed","v":1}
        """#,
        "connector disabled": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"connector":"esp","type":"webhook"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"connector.disabled","v":1}
        """#,
        "connector enabled": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"connector":"esp","type":"webhook"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"connector.enabled","v":1}
        """#,
        "connector removed": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"connector":"esp","type":"webhook"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"connector.removed","v":1}
        """#,
        "target cancelled": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"answer":"the connector was removed","attempts":"0","connector":"esp"},\#
        "from":"buried",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"optout.esp-cancelled",\#
        "scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"cancelled","v":1}
        """#,
        "opt-out widened": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"connector":"esp","unmappedPlace":"12345"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"optout.widened",\#
        "scope":"global","source":"one-click",\#
        "subject":"01900000000070038000000000000003","v":1}
        """#,
        "confirmed target redriven": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"attempts":"0","connector":"esp"},"from":"confirmed",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"optout.esp-redriven",\#
        "scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"pending","v":1}
        """#,
        "hold placed": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",\#
        "facts":{"covers":"contact"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"hold.placed","subject":"01900000000070098000000000000009","v":1}
        """#,
        "hold on everything lifted": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"covers":"everything"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"hold.lifted","subject":"01900000000070098000000000000009","v":1}
        """#,
        "records purged": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "facts":{"before":"2021-02-01T09:30:00Z","rows":"1","table":"consent_records"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"retention.purged","v":1}
        """#,
        "events purged": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "facts":{"before":"2021-02-01T09:30:00Z","rows":"3","table":"audit_events"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"retention.purged","v":1}
        """#,
        "activities purged": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "facts":{"before":"2021-02-01T09:30:00Z","rows":"2","table":"events"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"retention.purged","v":1}
        """#,
        "activities recorded": #"""
        {"actor":"k-1","actorType":"api-key","at":"2026-01-31T09:30:00Z",\#
        "facts":{"anonymous":"1","opened":"2"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"events.recorded","v":1}
        """#,
        "consent granted": #"""
        {"actor":"k-1","actorType":"api-key","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",\#
        "facts":{"basis":"consent","batch":"01900000-0000-7007-8000-000000000007",\#
        "givenAt":"2026-01-30T09:30:00Z","locale":"de",\#
        "policySha256":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",\#
        "policyVersion":"2026-01"},"from":"none",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"consent.granted",\#
        "scope":"newsletter","source":"form","subject":"01900000000070028000000000000002",\#
        "to":"granted","v":1}
        """#,
        "consent denied": #"""
        {"actor":"k-1","actorType":"api-key","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"basis":"consent",\#
        "batch":"01900000-0000-7007-8000-000000000007","givenAt":"2026-01-30T09:30:00Z",\#
        "locale":"de",\#
        "policySha256":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",\#
        "policyVersion":"2026-01"},"from":"granted",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"consent.denied",\#
        "scope":"newsletter","source":"form","subject":"01900000000070028000000000000002",\#
        "to":"denied","v":1}
        """#,
        "consent withdrawn": #"""
        {"actor":"self","actorType":"person","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"basis":"consent",\#
        "givenAt":"2026-01-31T09:30:00Z"},"from":"granted",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"consent.withdrawn",\#
        "scope":"global","source":"one-click","subject":"01900000000070028000000000000002",\#
        "to":"withdrawn","v":1}
        """#,
        "opt-out requested": #"""
        {"actor":"self","actorType":"person","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",\#
        "facts":{"deadlineAt":"2026-02-02T09:30:00Z","regime":"gdpr@1",\#
        "requestedAt":"2026-01-31T09:30:00Z"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"optout.requested","scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"pending","v":1}
        """#,
        "global opt-out requested": #"""
        {"actor":"self","actorType":"person","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"deadlineAt":"2026-02-02T09:30:00Z","regime":"gdpr@1",\#
        "requestedAt":"2026-01-31T09:30:00Z"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"optout.requested","scope":"global","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"pending","v":1}
        """#,
        "opt-out enqueued": #"""
        {"actor":"self","actorType":"person","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"connectors":"esp,shop"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"optout.enqueued",\#
        "scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","v":1}
        """#,
        "opt-out started": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","from":"pending",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"optout.started",\#
        "scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"processing","v":1}
        """#,
        "local cascade completed": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"permissionsClosed":"3"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"optout.local-cascade-completed",\#
        "scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","v":1}
        """#,
        "target confirmed": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"answer":"200 \"ok\"",\#
        "attempts":"1","connector":"esp","latencyMs":"42"},"from":"pending",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"optout.esp-confirmed",\#
        "scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"confirmed","v":1}
        """#,
        "target failed": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"answer":"timeout",\#
        "attempts":"2","connector":"esp","nextAttemptAt":"2026-01-31T09:30:07Z"},\#
        "from":"pending","id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"optout.esp-failed","scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"pending","v":1}
        """#,
        "target redriven": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"attempts":"0","connector":"esp"},"from":"pending",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"optout.esp-redriven",\#
        "scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"pending","v":1}
        """#,
        "opt-out completed": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"processingMs":"1500"},\#
        "from":"processing","id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"optout.completed","scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","to":"completed","v":1}
        """#,
        "suppression added": #"""
        {"actor":"runner","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",\#
        "facts":{"reason":"hard-bounce","since":"2026-01-31T09:30:00Z"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"suppression.added",\#
        "source":"import","v":1}
        """#,
        "suppression added to a person": #"""
        {"actor":"self","actorType":"person","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"reason":"opt-out",\#
        "since":"2026-01-31T09:30:00Z"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"suppression.added","scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","v":1}
        """#,
        "suppression lifted": #"""
        {"actor":"self","actorType":"person","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001","facts":{"reason":"opt-out",\#
        "since":"2026-01-31T09:30:00Z"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"suppression.lifted","scope":"newsletter","source":"one-click",\#
        "subject":"01900000000070038000000000000003","v":1}
        """#,
        "permission rebuilt": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"columns":"state,opt_out_status,opt_out_id,record_id",\#
        "optOut":"01900000-0000-7003-8000-000000000003","optOutStatus":"completed",\#
        "record":"01900000-0000-7002-8000-000000000002"},"from":"granted",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"permission.rebuilt",\#
        "scope":"newsletter","to":"withdrawn","v":1}
        """#,
        "key created": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"key":"k-1","role":"sender"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"key.created","v":1}
        """#,
        "key revoked": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"key":"k-1","role":"sender"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"key.revoked","v":1}
        """#,
        "connector added": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"connector":"esp","type":"webhook"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"connector.added","v":1}
        """#,
        "import started": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"format":"mailchimp","policyVersion":"2026-01"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"import.started",\#
        "scope":"newsletter","subject":"01900000000070078000000000000007","v":1}
        """#,
        "import undone": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"takenBack":"3"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"import.undone","subject":"01900000000070078000000000000007","v":1}
        """#,
        "list export started": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"format":"mailchimp"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"list.export-started","scope":"newsletter",\#
        "subject":"01900000000070008000000000000009","v":1}
        """#,
        "list exported": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"format":"mailchimp","outcome":"finished","subscribed":"3"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"list.exported",\#
        "scope":"newsletter","subject":"01900000000070008000000000000009","v":1}
        """#,
        "consent taken back": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"batch":"01900000-0000-7007-8000-000000000007"},"from":"granted",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"import.consent-taken-back",\#
        "scope":"newsletter","subject":"01900000000070028000000000000002","to":"none","v":1}
        """#,
        "import finished": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"contacts":"11","optedOut":"1","rows":"12"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"import.finished",\#
        "subject":"01900000000070078000000000000007","v":1}
        """#,
    ]
}

@Suite("AuditEvent: canonical bytes")
struct AuditEventCanonicalTests {
    private func text(_ line: AuditEvent) -> String {
        String(decoding: line.canonical(), as: UTF8.self)
    }

    private func line(facts: [String: String] = [:], actor: String = "a") -> AuditEvent {
        var line = AuditEvent(
            id: Fixture.event,
            at: Fixture.now,
            kind: "test",
            actor: Actor(.system, id: actor)
        )
        line.facts = facts
        return line
    }

    @Test func theVersionIsTheFirst() {
        #expect(AuditEvent.canonicalVersion == 1)
        #expect(AuditEvent.canonicalBytesMaximum == 65_535)
    }

    @Test(arguments: try SampleEvent.all())
    func bytesOfEveryEvent(_ sample: SampleEvent) throws {
        let expected = try #require(Golden.lines[sample.name])
        #expect(text(sample.line) == expected)
        #expect(sample.line.canonical() == Array(expected.utf8))
    }

    @Test func everyLineHasItsEvent() throws {
        #expect(Set(Golden.lines.keys) == Set(try SampleEvent.all().map(\.name)))
    }

    /// Another writer of JSON, told to sort, finds nothing to change.
    @Test(arguments: Golden.lines.values)
    func linesAreSortedAndWithoutSpaces(_ line: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        let again = try JSONSerialization.data(withJSONObject: object, options: options)
        #expect(String(decoding: again, as: UTF8.self) == line)
    }

    @Test(arguments: [
        ("plain", "plain"), ("\"", "\\\""), ("\\", "\\\\"), ("/", "/"), ("\u{8}", "\\b"),
        ("\t", "\\t"), ("\n", "\\n"), ("\u{C}", "\\f"), ("\r", "\\r"), ("\r\n", "\\r\\n"),
        ("\u{0}", "\\u0000"), ("\u{1}", "\\u0001"), ("\u{B}", "\\u000b"), ("\u{1F}", "\\u001f"),
        ("\u{7F}", "\u{7F}"), ("\u{80}", "\u{80}"), ("\u{2028}", "\u{2028}"), ("é", "é"),
        ("e\u{301}", "e\u{301}"), ("€", "€"), ("😂", "😂"), ("<&>", "<&>"),
    ])
    func escapesWhatJSONNeedsAndNoMore(_ given: String, _ expected: String) throws {
        let start = "{\"actor\":\"\(expected)\",\"actorType\":\"system\","
        let bytes = line(actor: given).canonical()
        #expect(bytes.starts(with: Array(start.utf8)))
        let read = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        #expect((read?["actor"] as? String).map { Array($0.utf8) } == Array(given.utf8))
    }

    /// The names of RFC 8785 §3.2.3, which differ in order by scalars and by UTF-16 units.
    @Test func sortsByUTF16() {
        let names = ["\u{20AC}", "\r", "\u{FB33}", "1", "\u{1F600}", "\u{80}", "\u{F6}"]
        let facts = Dictionary(uniqueKeysWithValues: names.map { ($0, "") })
        let sorted = ["\\r", "1", "\u{80}", "\u{F6}", "\u{20AC}", "\u{1F600}", "\u{FB33}"]
        let members = sorted.map { "\"\($0)\":\"\"" }.joined(separator: ",")
        #expect(text(line(facts: facts)).contains("\"facts\":{\(members)},"))
    }

    @Test func whatIsUnknownIsLeftOut() {
        let expected = """
            {"actor":"a","actorType":"system","at":"2026-01-31T09:30:00Z",\
            "id":"01900000-0000-7006-8000-000000000006","kind":"test","v":1}
            """
        #expect(text(line()) == expected)
    }

    @Test func theOrderOfFactsMakesNoDifference() {
        let pairs = (0..<40).map { ("k\($0)", "v\($0)") }
        let one = line(facts: Dictionary(uniqueKeysWithValues: pairs))
        let other = line(facts: Dictionary(uniqueKeysWithValues: pairs.reversed()))
        #expect(one.canonical() == other.canonical())
    }
}
