// A stop in any column of a row counts, whatever program wrote the file, and silence is no yes.

import HeedConsent
import HeedLists
import Testing

@Suite("Stops in any column")
struct StopColumnsTests {
    /// What a file's only row is without a word of whoever imports it; nil where it is not taken.
    private func row(_ header: String, _ cells: String) throws -> ImportRow? {
        let text = "\(header)\n\(cells)\n"
        var reader = try ImportReader(
            format: .auto,
            topic: "news",
            notAfter: Timestamp(seconds: 1_769_851_800),
            chunk: Imported.chunks(of: text)
        )
        guard case .row(let row)? = try reader.next() else { return nil }
        return row
    }

    @Test(
        arguments: [
            // A program's own second column, or the second of one name.
            (
                "email,status,attribs,subscription_status", "a@m.example,blocklisted,{},confirmed",
                .unsubscribed
            ),
            (
                "Email,First name,Last name,Data,Status,Status",
                "a@m.example,A,B,{},active,unsubscribed", .unsubscribed
            ),
            (
                "Email,First name,Last name,Data,Status,complained_at",
                "a@m.example,A,B,{},active,2025-01-01", .complained
            ),
            (
                "Email,First name,Last name,Data,Status,opted_out",
                "a@m.example,A,B,{},active,2025-01-01", .unsubscribed
            ),
            ("email,doNotEmail,Do not contact", "a@m.example,0,1", .unsubscribed),
            // Something else than yes where others write yes.
            ("email,status,complained", "a@m.example,subscribed,2025-03-01", .complained),
            ("email,status,marked_as_spam", "a@m.example,subscribed,X", .complained),
            ("email,status,bounced", "a@m.example,subscribed,2025-01-01", .cleaned),
            ("email,status,bounced", "a@m.example,subscribed,hard", .cleaned),
            // Under another name.
            ("email,status,Unsubscribe Date", "a@m.example,active,2025-01-01", .unsubscribed),
            ("email,status,Unsubscribe Date", "a@m.example,active,01/02/2025", .unsubscribed),
            (
                "email,status,Unsubscribed from all email", "a@m.example,active,true",
                .unsubscribed
            ),
            ("email,status,email_optout", "a@m.example,active,1", .unsubscribed),
            ("email,optout_date,optout_nl", "a@m.example,,1", .unsubscribed),
            ("email,status,HasOptedOutOfEmail", "a@m.example,active,true", .unsubscribed),
            ("email,status,Un-subscribed", "a@m.example,active,2025-05-05", .unsubscribed),
            ("email,status,is_blocked", "a@m.example,active,1.0", .unsubscribed),
            ("email,status,withdrew_at", "a@m.example,active,2025-05-05", .unsubscribed),
            ("email,status,Don't email", "a@m.example,active,x", .unsubscribed),
            ("email,status,DNC", "a@m.example,active,yes", .unsubscribed),
            ("email,status,Bounced On", "a@m.example,active,2025-05-05", .cleaned),
            ("email,status,abuse", "a@m.example,active,1", .complained),
            ("email,status,newsletter_status", "a@m.example,active,unsubscribed", .unsubscribed),
            ("email,status,Accepts Email Marketing", "a@m.example,active,no", .unsubscribed),
            ("email,status,doNotEmail", "a@m.example,subscribed,3", .unsubscribed),
            (
                "emailAddress,unsubscribeAll,topicPreferences.news",
                "a@m.example,false,OPT_OUT", .unsubscribed
            ),
            // A yes whose time nobody can read, or of tomorrow, beside it.
            ("email,status,consented_at", "a@m.example,unsubscribed,31/01/2025", .unsubscribed),
            ("email,status,consented_at", "a@m.example,complained,2099-01-01", .complained),
            ("email,subscribed_at,unsubscribed_at", "a@m.example,soon,2026-03-01", .unsubscribed),
            (
                "email,status,attribs,subscription_status,subscription_created_at",
                "a@m.example,blocklisted,{},confirmed,31/01/2025", .unsubscribed
            ),
            // In doubt the stop was later.
            (
                "email,consented_at,unsubscribed_at", "a@m.example,2025-01-01T10:00:00Z,2025-01-01",
                .unsubscribed
            ),
            (
                "email,consented_at,bounced_at", "a@m.example,2026-01-31T09:00:00Z,2026-01-31",
                .cleaned
            ),
            (
                "email,consented_at,unsubscribed_at",
                "a@m.example,2025-01-01 12:00:01,2025-01-01T12:00:00Z", .unsubscribed
            ),
        ] as [(String, String, ImportRow.Status)]
    )
    func aStopCounts(_ header: String, _ cells: String, _ status: ImportRow.Status) throws {
        #expect(try row(header, cells)?.status == status)
    }

    @Test(arguments: [
        // Nobody can read it.
        ("email,status,do_not_mail", "a@m.example,active,perhaps"),
        ("email,status,complained", "a@m.example,active,perhaps"),
        // The row ends before it.
        ("email,confirmed_at,unsubscribed_at", "a@m.example,2025-01-01"),
        ("email,status,unsubscribed", "a@m.example,active"),
        // Silence, and not to have stopped.
        ("email,name,optout_date", "a@m.example,Ann,"), ("email,do_not_contact", "a@m.example,0"),
        ("email,blacklisted", "a@m.example,no"), ("email,unsubscribed", "a@m.example,0"),
        ("email,doNotEmail", "a@m.example,0"), ("email,status", "m\u{FFFD}ller@m.example,active"),
    ])
    func nobodyGuessesAYes(_ header: String, _ cells: String) throws {
        #expect(try row(header, cells) == nil)
    }

    @Test(arguments: [
        ("email,status,opted_out", "a@m.example,active,no"),
        ("email,status,unsubscribed_at", "a@m.example,active,0000-00-00 00:00:00"),
        ("email,status,unsubscribe_url", "a@m.example,active,x1"),
        ("email,status,Unsubscribe", "a@m.example,active,https://m.example/u/1"),
        ("email,status,spam_score", "a@m.example,active,5"),
        ("email,status,anti_spam_notice", "a@m.example,active,yes"),
        ("email,status,bounce_count", "a@m.example,active,1"),
        ("email,status,email_status", "a@m.example,active,0"),
        ("email,status,do_not_contact", "a@m.example,subscribed,0"),
        ("email,status,optout_date", "a@m.example,subscribed,"),
        ("email,status,email_optout", "a@m.example,active,null"),
    ])
    func whatIsNoStop(_ header: String, _ cells: String) throws {
        #expect(try row(header, cells)?.status == .subscribed)
    }

    @Test(
        arguments: [
            (
                "email,consented_at,unsubscribed_at,opted_out_at",
                "a@m.example,2022-01-01,2020-01-01,2025-01-01", .unsubscribed,
                "2025-01-01T00:00:00Z"
            ),
            (
                "email,status,unsubscribed_at,created_at",
                "a@m.example,active,2025-01-01,2025-06-01", .unsubscribed, "2025-01-01T00:00:00Z"
            ),
            (
                "email,consented_at,unsubscribed_at", "a@m.example,2025-06-01,2025-01-01",
                .subscribed, "2025-06-01T00:00:00Z"
            ),
            (
                "email,unsubscribed_at", "a@m.example,2025-01-01 10:00:00+00", .unsubscribed,
                "2025-01-01T10:00:00Z"
            ),
            ("email,unsubscribed_at", "a@m.example,31/01/2026 10:00", .unsubscribed, nil),
            (
                "to,from,reason,source,scope,created_at,updated_at",
                "a@m.example,,unsubscribe,,,2024-01-01T00:00:00Z,2026-01-01T00:00:00Z",
                .unsubscribed, "2026-01-01T00:00:00Z"
            ),
        ] as [(String, String, ImportRow.Status, String?)]
    )
    func theLatestStopCounts(
        _ header: String,
        _ cells: String,
        _ status: ImportRow.Status,
        _ time: String?
    ) throws {
        let row = try row(header, cells)
        #expect(row?.status == status)
        #expect(row?.decidedAt?.text == time)
    }

    /// What is said of an account is not said of one list.
    @Test(arguments: [
        ("email,status,attribs,subscription_status", "a@m.example,blocklisted,{},", true),
        ("email,status,attribs,subscription_status", "a@m.example,blocklisted,{},confirmed", true),
        ("email,status,attribs,subscription_status", "a@m.example,enabled,{},unsubscribed", false),
        ("address,tags", "a@m.example,*", true), ("address,tags", "a@m.example,news", false),
        ("email,status,Unsubscribed from all email", "a@m.example,active,true", true),
        ("email,status,reason", "a@m.example,unsubscribed,globalOptOut", true),
        ("email,status,reason", "a@m.example,unsubscribed,optOut", false),
    ])
    func stopsFromEverything(_ header: String, _ cells: String, _ isGlobal: Bool) throws {
        let row = try #require(try row(header, cells))
        #expect(row.status == .unsubscribed)
        #expect(row.isGlobal == isGlobal)
    }

    /// What somebody says of a whole file of stops holds whatever its times are.
    @Test(arguments: [
        ("email,subscribed_at\na@m.example,31/01/2026\n", ImportFormat.csv, "unsubscribed"),
        ("email,created\na@m.example,31/01/2026 10:00\n", .sendgrid, "complained"),
        ("email,created\na@m.example,2099-01-01\n", .sendgrid, "cleaned"),
        ("address,created_at\na@m.example,2025-01-01\n", .mailgun, "complained"),
    ])
    func aListOfStops(_ text: String, _ format: ImportFormat, _ status: String) throws {
        var reader = try ImportReader(
            format: format,
            status: ImportRow.Status(rawValue: status),
            notAfter: Timestamp(seconds: 1_769_851_800),
            chunk: Imported.chunks(of: text)
        )
        guard case .row(let row)? = try reader.next() else {
            Issue.record("the stop was turned away")
            return
        }
        #expect(row.status.rawValue == status)
    }
}
