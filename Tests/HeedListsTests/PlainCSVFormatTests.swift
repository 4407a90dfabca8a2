// Plain lists: the names of columns, the words of a status, and which of two answers counts.

import HeedConsent
import HeedLists
import Testing

@Suite("Plain CSV files")
struct PlainCSVFormatTests {
    @Test(arguments: [
        "email", "E-Mail", "Email Address", "EMAIL_ADDRESS", "address", "mail", "Recipient",
    ])
    func addressColumns(_ name: String) throws {
        let row = try Imported.row(of: "x,\(name)\n1,a@b.example\n")
        #expect(row?.address.match == "a@b.example")
        #expect(row?.status == .subscribed)
        #expect(row?.decidedAt == nil)
        #expect(row?.evidence == Evidence())
    }

    @Test func aStreetIsNotTheAddress() throws {
        let row = try Imported.row(of: "address,email\n1 Main St,a@b.example\n")
        #expect(row?.address.match == "a@b.example")
    }

    @Test(
        arguments: [
            ("", .subscribed), (" ", .subscribed), ("NULL", .subscribed), ("\\N", .subscribed),
            ("subscribed", .subscribed), ("Active", .subscribed), ("CONFIRMED", .subscribed),
            ("enabled", .subscribed), ("yes", .subscribed), ("1", .subscribed),
            ("true", .subscribed),
            ("unsubscribed", .unsubscribed), ("opted_out", .unsubscribed),
            ("Opted out", .unsubscribed), ("optout", .unsubscribed), ("blocklisted", .unsubscribed),
            ("no", .unsubscribed), ("0", .unsubscribed), ("FALSE", .unsubscribed),
            ("bounced", .cleaned), ("cleaned", .cleaned), ("unreachable", .cleaned),
            ("hard_bounce", .cleaned), ("hard bounce", .cleaned),
            ("complained", .complained), ("spam", .complained), ("abuse", .complained),
        ] as [(String, ImportRow.Status)]
    )
    func statuses(_ word: String, _ status: ImportRow.Status) throws {
        #expect(try Imported.row(of: "email,Status\na@b.example,\(word)\n")?.status == status)
    }

    @Test(arguments: ["pending", "unconfirmed", "2", "soft bounce", "disabled", "Ada"])
    func aWordNobodyKnows(_ word: String) throws {
        let reason = try Imported.reason(of: "email,Status\na@b.example,\(word)\n")
        #expect(
            reason == "Status: not subscribed, unsubscribed, bounced or complained, nor yes or no"
        )
    }

    @Test(
        arguments: [
            ("opted_out", "yes", .unsubscribed), ("Opt-Out", "1", .unsubscribed),
            ("unsubscribed", "true", .unsubscribed), ("do_not_email", "1", .unsubscribed),
            ("blocklisted", "no", .subscribed), ("opted_out", "", .subscribed),
            ("subscribed", "no", .unsubscribed), ("opt_in", "false", .unsubscribed),
        ] as [(String, String, ImportRow.Status)]
    )
    func columnsThatAreAYesOrANo(
        _ column: String,
        _ word: String,
        _ status: ImportRow.Status
    ) throws {
        #expect(try Imported.row(of: "email,\(column)\na@b.example,\(word)\n")?.status == status)
    }

    @Test func anOptOutBesideAStatus() throws {
        for status in ["active", "pending", ""] {
            let row = try Imported.row(of: "email,status,opted_out\na@b.example,\(status),yes\n")
            #expect(row?.status == .unsubscribed)
        }
        let reason = try Imported.reason(of: "email,opted_out\na@b.example,maybe\n")
        #expect(reason == "opted_out: neither yes nor no, nor a time")
    }

    @Test(
        arguments: [
            ("2024-05-01", "", .subscribed, "2024-05-01T00:00:00Z"),
            ("", "2024-05-01", .unsubscribed, "2024-05-01T00:00:00Z"),
            ("2024-05-02", "2024-05-01", .subscribed, "2024-05-02T00:00:00Z"),
            ("2024-05-01", "2024-05-01", .unsubscribed, "2024-05-01T00:00:00Z"),
            ("2024-05-01", "2024-05-02", .unsubscribed, "2024-05-02T00:00:00Z"),
            ("", "", .subscribed, nil),
        ] as [(String, String, ImportRow.Status, String?)]
    )
    func theLaterTimeCounts(
        _ consent: String,
        _ stop: String,
        _ status: ImportRow.Status,
        _ time: String?
    ) throws {
        let header = "email,status,subscribed_at,unsubscribed_at\n"
        for word in ["", "active"] {
            let row = try Imported.row(of: header + "a@b.example,\(word),\(consent),\(stop)\n")
            #expect(row?.status == status)
            #expect(row?.decidedAt?.text == time)
        }
    }

    @Test(
        arguments: [
            ("complained_at", .complained), ("opted_out_at", .unsubscribed),
            ("bounced_at", .cleaned),
        ] as [(String, ImportRow.Status)]
    )
    func aTimeAloneSaysWhatHappened(_ column: String, _ status: ImportRow.Status) throws {
        let header = "email,\(column),created_at\n"
        let row = try Imported.row(of: header + "a@b.example,2024-05-01,2024-01-01\n")
        #expect(row?.status == status)
        #expect(row?.decidedAt?.text == "2024-05-01T00:00:00Z")
        // To have been added later is to have been moved there.
        let later = try Imported.row(of: header + "a@b.example,2024-05-01,2024-06-01\n")
        #expect(later?.status == status)
        let yes = "email,\(column),consented_at\na@b.example,2024-05-01,2024-06-01\n"
        let after = try Imported.row(of: yes)
        #expect(after?.status == (status == .complained ? .complained : .subscribed))
    }

    @Test(arguments: [
        "consented_at", "given_at", "opted_in_at", "confirmed_at", "subscribed_at", "created_at",
        "created", "Created At",
    ])
    func consentTimes(_ column: String) throws {
        let row = try Imported.row(of: "\(column),email\n1715483190,a@b.example\n")
        #expect(row?.decidedAt?.text == "2024-05-12T03:06:30Z")
    }

    @Test func theConsentOutweighsTheCreation() throws {
        let header = "email,created,consented_at\n"
        let both = try Imported.row(of: header + "a@b.example,2024-01-01,2024-02-02\n")
        #expect(both?.decidedAt?.text == "2024-02-02T00:00:00Z")
        let one = try Imported.row(of: header + "a@b.example,2024-01-01,null\n")
        #expect(one?.decidedAt?.text == "2024-01-01T00:00:00Z")
    }

    @Test(arguments: [
        ("unsubscribed", "2024-01-02T00:00:00Z"), ("spam", "2024-01-02T00:00:00Z"),
        ("bounced", "2024-01-02T00:00:00Z"), ("active", "2024-01-02T00:00:00Z"),
    ])
    func eachStatusHasItsTime(_ status: String, _ time: String?) throws {
        let header = "email,status,unsubscribed_at,created_at\n"
        let row = try Imported.row(of: header + "a@b.example,\(status),2024-01-02,2024-01-03\n")
        #expect(row?.decidedAt?.text == time)
    }

    @Test func anUnreadableTimeNamesItsColumn() throws {
        let header = "email,status,created_at,unsubscribed_at\n"
        let reason = try Imported.reason(of: header + "a@b.example,active,soon,\n")
        #expect(reason == "created_at: not a time such as 2026-01-31 09:30:00")
        let stop = try Imported.row(of: header + "a@b.example,unsubscribed,2024-01-01,soon\n")
        #expect(stop?.status == .unsubscribed)
        #expect(stop?.decidedAt == nil)
    }

    @Test func anOptOutIsNotLostForATimeThatDoesNotMatter() throws {
        let row = try Imported.row(of: "email,status,created_at\na@b.example,unsubscribed,soon\n")
        #expect(row?.status == .unsubscribed)
    }

    @Test func everythingElse() throws {
        let header = "id,email,optin_ip,source_url,language,cc\n"
        let text = "7,a@b.example,192.0.2.1,https://b.example/join,pt_BR,br\n"
        let row = try #require(try Imported.row(of: header + text))
        #expect(row.externalID == "7")
        #expect(row.evidence.ip == "192.0.2.1")
        #expect(row.evidence.formURL == "https://b.example/join")
        #expect(row.locale == "pt-BR")
        #expect(row.region == "BR")
    }

    @Test func theWayInIsNoEvidenceForTheWayOut() throws {
        let text = "email,status,ip,form_url\na@b.example,no,192.0.2.1,https://b.example/join\n"
        #expect(try Imported.row(of: text)?.evidence == Evidence())
    }

    /// An empty cell in the column that should say it is nobody's yes.
    @Test func anEmptyStatusIsNoYes() throws {
        let text =
            "email,status,consented_at,opted_out\na@m.example\nb@m.example,,,\n"
            + "c@m.example,,2025-01-01,\nd@m.example,,,yes\ne@m.example,subscribed,,\n"
        var reader = try ImportReader(format: .auto, chunk: Imported.chunks(of: text))
        var statuses: [ImportRow.Status?] = []
        while let item = try reader.next() {
            if case .row(let row) = item {
                statuses.append(row.status)
            } else {
                statuses.append(nil)
            }
        }
        #expect(statuses == [nil, nil, .subscribed, .unsubscribed, .subscribed])
    }

    /// Without a word of whoever imports it, what a row says and leaves unsaid.
    @Test(
        arguments: [
            ("status,opt_in", "active,no", .unsubscribed),
            ("status,subscribed", "active,false", .unsubscribed),
            ("status,consent", "enabled,withdrawn", .unsubscribed),
            ("status,status", "active,unsubscribed", .unsubscribed),
            ("subscribed,bounced", "yes,yes", .cleaned),
            ("status,complained", "active,yes", .complained),
            ("status,subscription_status", "enabled,unsubscribed", .unsubscribed),
            ("status,subscription_status", "enabled,confirmed", .subscribed),
            ("status,bounced", "active,no", .subscribed), ("status,bounced", ",no", nil),
            ("status", "enabled", nil), ("name,consented_at", "n,", nil),
            ("name,consented_at", "n", nil), ("name,bounced_at", "n,", nil),
            ("name,unsubscribed_at", "n", nil), ("name,unsubscribed", "n,", nil),
            ("name,unsubscribed", "n,no", nil),
            ("name,status", "Doe, subscribed,unsubscribed", nil),
        ] as [(String, String, ImportRow.Status?)]
    )
    func aRowSaysYesOrNobodyDoes(
        _ header: String,
        _ cells: String,
        _ status: ImportRow.Status?
    ) throws {
        let text = "email,\(header)\na@m.example,\(cells)\n"
        var reader = try ImportReader(format: .csv, chunk: Imported.chunks(of: text))
        guard case .row(let row)? = try reader.next() else {
            #expect(status == nil)
            return
        }
        #expect(row.status == status)
    }
}
