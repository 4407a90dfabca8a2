// Which format a file is in, which files are turned away, and what happens to odd rows.

import HeedConsent
import HeedLists
import Testing

@Suite("Import format")
struct ImportFormatTests {
    @Test(
        arguments: [
            ("Email Address,MEMBER_RATING,OPTIN_TIME", .mailchimp),
            ("email address,first name,leid,euid", .mailchimp),
            ("Email,UNSUB_TIME,UNSUB_REASON,LEID", .mailchimp),
            ("Email Address,UNSUB_TIME", .mailchimp),
            ("Email,CLEAN_TIME", .mailchimp),
            ("Email Address,First Name", .csv),
            ("Email Address,OPTIN_TIME", .csv),
            ("recipient,leid,euid", .csv),
            ("name,e-mail", .csv),
            ("\u{FEFF}\"E-Mail\"", .csv),
            ("\n\nemail", .csv),
        ] as [(String, ImportFormat)]
    )
    func detects(_ header: String, _ format: ImportFormat) throws {
        let reader = try ImportReader(
            format: .auto,
            status: .subscribed,
            chunk: Imported.chunks(of: header + "\n")
        )
        #expect(reader.format == format)
    }

    @Test(arguments: ImportFormat.allCases)
    func aNamedFormatIsKept(_ format: ImportFormat) throws {
        let names = ["email", "address", "recipient", "EmailAddress", "mail", "to"]
            .joined(separator: ",")
        let reader = try ImportReader(
            format: format,
            status: .cleaned,
            chunk: Imported.chunks(of: names + "\n")
        )
        #expect(reader.format == (format == .auto ? .csv : format))
    }

    @Test(arguments: [
        ("", "the file is empty"),
        (" \n\n,,\n", "the file is empty"),
        ("\"a\"b\n", "the header line cannot be read: text follows a closing quote"),
        ("\"email\n", "the header line cannot be read: a quote is never closed"),
        ("PK\u{3}\u{4}\n", "not a text file in UTF-8; unpack an archive, or save as UTF-8"),
        ("e\0m\0", "not a text file in UTF-8; unpack an archive, or save as UTF-8"),
        (
            "Name, Phone \n",
            "there is no address column; looked for 'email', 'e-mail', 'email address', "
                + "'email_address', 'mail', 'recipient', 'address'; found 'Name', 'Phone'"
        ),
        (
            "ada@example.com,Ada\n",
            "there is no address column; looked for 'email', 'e-mail', 'email address', "
                + "'email_address', 'mail', 'recipient', 'address'; "
                + "the first line has an address where names should stand"
        ),
    ])
    func turnsAway(_ text: String, _ message: String) throws {
        let refusal = try #require(try Imported.refusal(of: text))
        #expect(refusal.field == "file")
        #expect(refusal.code == .invalid)
        #expect(refusal.message == message)
    }

    @Test func aMergeFieldNamedAddressIsNoMailAddress() throws {
        let refusal = try Imported.refusal(of: "Address,LEID,EUID\n", format: .mailchimp)
        #expect(
            refusal?.message == "there is no address column; looked for 'Email Address', 'Email'; "
                + "found 'Address', 'LEID', 'EUID'"
        )
    }

    @Test(arguments: [
        ("nonsubscribed_members_export_1a2b.csv", true),
        ("Nonsubscribed.csv", true),
        ("subscribed_members_export_1a2b.csv", false),
        ("unsubscribed_members_export_1a2b.csv", true),
        ("cleaned_members_export_1a2b.csv", true),
        ("non-subscribed_email_audience_export_1.csv", true),
        (nil, false),
    ])
    func theFileOfThoseWhoNeverOptedIn(_ name: String?, _ isRefused: Bool) throws {
        let header = "Email Address,OPTIN_TIME,LEID\n"
        #expect((try Imported.refusal(of: header, fileName: name) != nil) == isRefused)
    }

    /// Any other word before Mailchimp's own name of the file may deny it.
    @Test(arguments: [
        ("subscribed_members_export_1.csv", false), ("2026/subscribed_1.csv", false),
        ("mailchimp-subscribed.csv", false), ("previously_subscribed.csv", true),
        ("no_longer_subscribed.csv", true), ("ex-subscribed.csv", true),
        ("was_subscribed_export.csv", true), ("subscribed_then_unsubscribed.csv", true),
        ("members.csv", true),
    ])
    func theFileOfSubscribersByItsName(_ name: String, _ isRefused: Bool) throws {
        let text = "Email Address,OPTIN_TIME,LEID\na@m.example,2025-01-01,1\n"
        #expect((try Imported.refusal(of: text, fileName: name) != nil) == isRefused)
    }

    /// A list of stops may have no other column than the address, so nobody guesses a yes.
    @Test(arguments: [
        "email", "email,created", "email,ip,created", "address,created_at", "E-Mail;Name",
    ])
    func aListThatDoesNotSayWhatItIsOfIsTurnedAway(_ header: String) throws {
        let text = header + "\nada@mail.example\n"
        let refusal = try #require(try Imported.refusal(of: text))
        #expect(refusal.field == "status" && refusal.code == .missing)
        #expect(try Imported.refusal(of: text, fileName: "global_unsubscribes.csv") != nil)
        for told in [
            "email,status", "email,consented_at", "email,unsubscribed_at", "email,opt_out",
        ] {
            #expect(try Imported.refusal(of: told + "\n") == nil, "\(told)")
        }
    }

    @Test func oddRows() throws {
        let text = """
            name,email,locale
            Ada,ada@example.com,en

            ,,
            Bob,bob@example.com
            Eve,eve@example.com,de,more,and more
            Max
            "Tim
            Tom",tim@example.com,fr
            "stray,tom@example.com,fr
            "Zoe",zoe@example.com,fr
            Kim,kim@example.com,"it

            """
        let found = try Imported.items(of: text)
        let rows = found.compactMap { item -> ImportRow? in
            if case .row(let row) = item { row } else { nil }
        }
        #expect(rows.map(\.line) == [2, 5, 8])
        #expect(rows.map(\.locale) == ["en", nil, "fr"])
        #expect(rows.map(\.address.match).last == "tim@example.com")
        #expect(
            found.dropFirst(2).prefix(2) == [
                .invalid(line: 6, reason: "the row has more fields than the header line"),
                .invalid(line: 7, reason: "email: an address is needed"),
            ]
        )
        #expect(
            found.suffix(2) == [
                .invalid(
                    line: 10,
                    reason: "text follows a closing quote; lines 10 to 11 were left out"
                ),
                .invalid(line: 12, reason: "a quote is never closed; lines 12 to 13 were left out"),
            ]
        )
    }

    @Test func otherDelimiters() throws {
        let chunk = Imported.chunks(of: "name;email\nAda;ada@example.com\n")
        var reader = try ImportReader(
            format: .csv,
            delimiter: UInt8(ascii: ";"),
            status: .subscribed,
            chunk: chunk
        )
        guard case .row(let row)? = try reader.next() else {
            Issue.record("the row was not read")
            return
        }
        #expect(row.address.match == "ada@example.com")
    }

    @Test func reasonsNeverRepeatTheAddress() throws {
        let text = "email,status\nsecret,active\nsecret@@x,active\nsecret@example.com,secret\n"
        for item in try Imported.items(of: text) {
            guard case .invalid(_, let reason) = item else {
                Issue.record("\(item) should be invalid")
                continue
            }
            #expect(!reason.contains("secret"))
        }
    }
}
