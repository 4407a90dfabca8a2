// Mailchimp's three files: the rules as tables, and the sample export as a whole.

import HeedConsent
import HeedLists
import Testing

@Suite("Mailchimp files")
struct MailchimpFormatTests {
    private static let subscribed =
        "Email Address,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,CC,REGION\n"
    private static let unsubscribed =
        "Email Address,OPTIN_TIME,CC,UNSUB_TIME,UNSUB_REASON,UNSUB_REASON_OTHER\n"

    @Test func bothTimesOfASubscribedRow() throws {
        let text = "a@b.example,2024-05-01 10:00:00,192.0.2.1,2024-05-02 11:00:00,192.0.2.2,DE,\n"
        let row = try #require(try Imported.row(of: Self.subscribed + text))
        var evidence = Evidence()
        evidence.requestedAt = "2024-05-01T10:00:00Z"
        evidence.requestedIP = "192.0.2.1"
        evidence.confirmedAt = "2024-05-02T11:00:00Z"
        evidence.confirmedIP = "192.0.2.2"
        evidence.ip = "192.0.2.2"
        #expect(row.status == .subscribed)
        #expect(row.decidedAt?.text == "2024-05-02T11:00:00Z")
        #expect(row.evidence == evidence)
        #expect(row.region == "DE")
        #expect(row.line == 2)
    }

    @Test(arguments: [
        ("2024-05-01 10:00:00,192.0.2.1,,", "2024-05-01T10:00:00Z", "192.0.2.1"),
        (",,2024-05-02 11:00:00,192.0.2.2", "2024-05-02T11:00:00Z", "192.0.2.2"),
        (",192.0.2.1,,", nil, "192.0.2.1"),
        (",,,", nil, nil),
        ("", nil, nil),
    ])
    func partsOfASubscribedRow(_ rest: String, _ time: String?, _ ip: String?) throws {
        let row = try #require(try Imported.row(of: Self.subscribed + "a@b.example,\(rest)\n"))
        #expect(row.decidedAt?.text == time)
        #expect(row.evidence.ip == ip)
    }

    @Test(arguments: [
        ("US", "ca", "US-CA"), ("us", "NY", "US-NY"), ("US", "", "US"), ("US", "Texas", "US"),
        ("US", "06", "US"), ("DE", "by", "DE"), ("", "by", nil), ("USA", "CA", nil), ("1", "", nil),
    ])
    func regions(_ country: String, _ region: String, _ expected: String?) throws {
        let row = try Imported.row(of: Self.subscribed + "a@b.example,,,,,\(country),\(region)\n")
        #expect(try #require(row).region == expected)
    }

    @Test(
        arguments: [
            ("NORMAL", "", .unsubscribed, nil),
            ("OTHER", "too many \"\"offers\"\"", .unsubscribed, "too many \"offers\""),
            ("SPAM", "", .complained, nil),
            ("spam", "go away", .complained, "go away"),
            ("", "", .unsubscribed, nil),
        ] as [(String, String, ImportRow.Status, String?)]
    )
    func unsubscribedRows(
        _ reason: String,
        _ other: String,
        _ status: ImportRow.Status,
        _ statement: String?
    ) throws {
        let text = "a@b.example,bad time,US,2024-09-13 14:01:18,\(reason),\"\(other)\"\n"
        let row = try #require(try Imported.row(of: Self.unsubscribed + text))
        #expect(row.status == status)
        #expect(row.decidedAt?.text == "2024-09-13T14:01:18Z")
        #expect(row.evidence.statement == statement)
        #expect(row.evidence.requestedAt == nil)
    }

    @Test func anOptOutWithoutATimeIsOne() throws {
        let row = try #require(try Imported.row(of: Self.unsubscribed + "a@b.example\n"))
        #expect(row.status == .unsubscribed)
        #expect(row.decidedAt == nil)
    }

    @Test func statementsEndWithACharacter() throws {
        let statement = String(repeating: "x", count: 1998) + "é" + "é"
        let row = try Imported.row(of: Self.unsubscribed + "a@b.example,,,,OTHER,\(statement)\n")
        let kept = try #require(row?.evidence.statement)
        #expect(kept.utf8.count == 2000)
        #expect(kept.hasSuffix("xé"))
        let longer = try self.row("x" + statement)
        #expect(longer.evidence.statement?.utf8.count == 1999)
        #expect(longer.evidence.statement?.last == "x")
        try longer.evidence.check()
    }

    private func row(_ statement: String) throws -> ImportRow {
        let text = Self.unsubscribed + "a@b.example,,,,OTHER,\(statement)\n"
        return try #require(try Imported.row(of: text))
    }

    @Test func evidenceThatCannotBeStoredIsLeftOut() throws {
        let long = String(repeating: "1", count: 65)
        let row = try Imported.row(of: Self.subscribed + "a@b.example,,192.0.2.1,,\(long),,\n")
        let evidence = try #require(row).evidence
        #expect(evidence.confirmedIP == nil)
        #expect(evidence.ip == "192.0.2.1")
        try evidence.check()
    }

    @Test(arguments: [
        (subscribed + "a@b.example,soon,,,,,", "OPTIN_TIME"),
        (subscribed + "a@b.example,,,soon,,,", "CONFIRM_TIME"),
    ])
    func anUnreadableTimeNamesItsColumn(_ text: String, _ column: String) throws {
        let expected = "\(column): not a time such as 2026-01-31 09:30:00"
        #expect(try Imported.reason(of: text, format: .mailchimp) == expected)
    }

    /// A "no" is never turned away for its time.
    @Test(arguments: [
        (unsubscribed + "a@b.example,,,soon,,", ImportRow.Status.unsubscribed),
        ("Email Address,LEID,CLEAN_TIME\na@b.example,1,soon", .cleaned),
    ])
    func anUnreadableTimeOfANoIsUnknown(_ text: String, _ status: ImportRow.Status) throws {
        let row = try #require(try Imported.row(of: text))
        #expect(row.status == status)
        #expect(row.decidedAt == nil)
    }

    @Test func repeatedColumns() throws {
        let text = """
            Email Address,UNSUB_TIME,UNSUB_REASON,UNSUB_TIME,UNSUB_REASON
            a@b.example,,,2024-09-13 14:01:18,SPAM
            """
        let row = try #require(try Imported.row(of: text))
        #expect(row.status == .complained)
        #expect(row.decidedAt?.text == "2024-09-13T14:01:18Z")
    }
}

@Suite("Mailchimp sample export")
struct MailchimpSampleTests {
    @Test func subscribedFile() throws {
        let export = try SampleExport("subscribed")
        #expect(export.rows.count + export.invalidLines.count == 3020)
        #expect(Set(export.rows.map(\.address.match)).count == 3001)
        #expect(export.rows.count - 3001 == 12)
        // Found with another CSV reader, and by looking at each of them.
        #expect(export.invalidLines == [577, 979, 1282, 1543, 1891, 2217, 2224])
        #expect(export.reasons.allSatisfy { $0.hasPrefix("Email Address: ") })
        #expect(export.statuses == [.subscribed: 3013])
        #expect(export.rows.allSatisfy { $0.decidedAt != nil && $0.evidence.ip != nil })
        #expect(export.rows.last?.line == 4046)
    }

    @Test func unsubscribedFile() throws {
        let export = try SampleExport("unsubscribed")
        #expect(export.statuses == [.unsubscribed: 649, .complained: 281])
        #expect(export.invalidLines.isEmpty)
        #expect(export.rows.count { $0.evidence.statement == "too many \"offers\"" } == 464)
        #expect(export.rows.allSatisfy { $0.decidedAt != nil })
        let subscribed = Set(try SampleExport("subscribed").rows.map(\.address.match))
        #expect(export.rows.count { subscribed.contains($0.address.match) } == 30)
    }

    @Test func cleanedFile() throws {
        let export = try SampleExport("cleaned")
        #expect(export.statuses == [.cleaned: 150])
        #expect(export.invalidLines.isEmpty)
        #expect(export.rows.first?.decidedAt?.text == "2024-11-14T09:35:02Z")
    }
}
