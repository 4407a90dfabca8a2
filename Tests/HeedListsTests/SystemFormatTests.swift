// Each program's file is known by its header line, and its words mean what they mean there.

import HeedConsent
import HeedLists
import Testing

/// A file, and what its rows have to be.
struct SystemSample: CustomTestStringConvertible, Sendable {
    let format: ImportFormat
    let text: String
    /// The status of each row; nil for one that cannot be read.
    let statuses: [ImportRow.Status?]
    /// The time of the first row.
    let time: String?

    var testDescription: String { "\(format) \(text.prefix(40))" }

    init(
        _ format: ImportFormat,
        _ text: String,
        _ statuses: [ImportRow.Status?],
        time: String? = nil
    ) {
        self.format = format
        self.text = text
        self.statuses = statuses
        self.time = time
    }

    static let all: [SystemSample] = [
        SystemSample(
            .listmonk,
            """
            id,uuid,email,name,status,attribs,subscription_status,created_at,updated_at
            1,4f-1,a@mail.example,Ada,enabled,{},confirmed,2025-01-02T03:04:05Z,2025-02-02
            2,4f-2,b@mail.example,Bo,blocklisted,{},,2025-01-02T03:04:05Z,2025-02-02
            3,4f-3,c@mail.example,Cy,disabled,{},,,
            4,4f-4,d@mail.example,Di,dreaming,{},,,
            5,4f-5,e@mail.example,El,enabled,{},,,
            """,
            [.subscribed, .unsubscribed, .unsubscribed, nil, nil],
            time: "2025-01-02T03:04:05Z"
        ),
        SystemSample(
            .listmonk,
            """
            email,name,attributes,subscription_status
            a@mail.example,Ada,"{""a"": 1}",confirmed
            b@mail.example,Bo,{},unconfirmed
            c@mail.example,Cy,{},unsubscribed
            d@mail.example,Di,{},
            """,
            [.subscribed, nil, .unsubscribed, nil]
        ),
        SystemSample(
            .keila,
            """
            Email,First name,Last name,Data,Status,External ID
            a@mail.example,Ada,L,{},active,c-1
            b@mail.example,Bo,L,{},unsubscribed,c-2
            c@mail.example,Cy,L,{},unreachable,c-3
            d@mail.example,Di,L,{},,
            e@mail.example
            """,
            [.subscribed, .unsubscribed, .cleaned, nil, nil]
        ),
        SystemSample(
            .mailgun,
            """
            address,tags,created_at
            a@mail.example,*,"Fri, 21 Oct 2011 11:02:55 GMT"
            b@mail.example,news,"Fri, 21 Oct 2011 11:02:55 +0200"
            c@mail.example,news,no time at all
            """,
            [.unsubscribed, .unsubscribed, .unsubscribed],
            time: "2011-10-21T11:02:55Z"
        ),
        SystemSample(
            .mailgun,
            "address,code,error,created_at,MessageHash\na@mail.example,550,no,,x\n",
            [.cleaned]
        ),
        SystemSample(
            .sparkpost,
            """
            recipient,type,description,source,list_id,created,updated
            a@mail.example,non_transactional,,Spam Complaint,,2025-01-01,2025-01-02
            b@mail.example,non_transactional,550,Bounce Rule,,2025-01-01,2025-01-02
            c@mail.example,non_transactional,,List Unsubscribe,,2025-01-01,2025-01-02
            d@mail.example,transactional,,Something New,,2025-01-01,2025-01-02
            """,
            [.complained, .cleaned, .unsubscribed, .unsubscribed],
            time: "2025-01-02T00:00:00Z"
        ),
        SystemSample(
            .ses,
            """
            EmailAddress,Reason,LastUpdateTime
            a@mail.example,BOUNCE,2025-01-02T03:04:05+01:00
            b@mail.example,COMPLAINT,2025-01-02T03:04:05+01:00
            """,
            [.cleaned, .complained],
            time: "2025-01-02T02:04:05Z"
        ),
        SystemSample(
            .ses,
            "a@mail.example,BOUNCE\nb@mail.example,COMPLAINT\nc@mail.example,\n",
            [.cleaned, .complained, nil]
        ),
        SystemSample(
            .mandrill,
            """
            email,reason,detail,created_at,expires_at,last_event_at,expires_at,subaccount
            a@mail.example,hard-bounce,550,2025-01-01 00:00:00,,2025-01-03 00:00:00,,
            b@mail.example,spam,,2025-01-01 00:00:00,,,,
            c@mail.example,unsub,,2025-01-01 00:00:00,,,,
            d@mail.example,soft-bounce,,2025-01-01 00:00:00,,,,
            """,
            [.cleaned, .complained, .unsubscribed, nil],
            time: "2025-01-03T00:00:00Z"
        ),
        SystemSample(
            .telnyx,
            """
            id,to,from,reason,source,scope,status,domain_id,created_at,updated_at,expires_at,\
            group_id
            1,a@mail.example,,unsubscribe,link,group,active,d,2025-01-02T03:04:05Z,,,g
            2,b@mail.example,,hard_bounce,smtp,account,active,d,,,,
            3,c@mail.example,,spam_complaint,fbl,account,active,d,,,,
            4,d@mail.example,,something_new,api,account,active,d,,,,
            5,+15550100,,unsubscribe,sms,account,active,,,,,
            """,
            [.unsubscribed, .cleaned, .complained, .unsubscribed, nil],
            time: "2025-01-02T03:04:05Z"
        ),
        SystemSample(
            .cloudflare,
            "a@mail.example,,account\nb@mail.example,2030-01-01,shop.example\n",
            [.unsubscribed, .unsubscribed]
        ),
        SystemSample(
            .dittofeed,
            """
            id,email,firstName,lastName,phone,action
            1,a@mail.example,,,,subscribe
            2,b@mail.example,,,,unsubscribe
            3,c@mail.example,,,,
            """,
            [.subscribed, .unsubscribed, nil]
        ),
        SystemSample(
            .mautic,
            "email,doNotEmail\na@m.example,0\nb@m.example,1\nc@m.example,2\nd@m.example,true\n",
            [nil, .unsubscribed, .cleaned, .unsubscribed]
        ),
        SystemSample(
            .mautic,
            "Email,Do not contact\na@m.example,\nb@m.example,3\nc@m.example,perhaps\n"
                + "d@m.example,0\ne@m.example\n",
            [nil, .unsubscribed, nil, nil, nil]
        ),
        SystemSample(
            .mailup,
            "Email;OptOut_Date;idList\na@m.example;;1\nb@m.example;2025-01-01;1\nc@m.example\n",
            [nil, .unsubscribed, nil]
        ),
        SystemSample(
            .promio,
            "ts;mail;custID;id;sourceType\n2025-01-01 10:00:00;a@m.example;k-1;9;17\n",
            [.unsubscribed],
            time: "2025-01-01T10:00:00Z"
        ),
    ]
}

@Suite("System format")
struct SystemFormatTests {
    @Test(arguments: SystemSample.all)
    func aFileIsKnownByItsHeaderLineAndItsWords(_ sample: SystemSample) throws {
        let chunk = Imported.chunks(of: sample.text)
        var reader = try ImportReader(format: .auto, chunk: chunk)
        #expect(reader.format == sample.format)
        var statuses: [ImportRow.Status?] = []
        var first: Timestamp?
        while let item = try reader.next() {
            guard case .row(let row) = item else {
                statuses.append(nil)
                continue
            }
            if statuses.isEmpty { first = row.decidedAt }
            statuses.append(row.status)
        }
        #expect(statuses == sample.statuses)
        #expect(first?.text == sample.time)
    }

    @Test func listsThatDoNotSayWhatTheyAreNeedAWord() throws {
        let text = "email,created\na@mail.example,1318158175\n"
        let refusal = try #require(try Imported.refusal(of: text, format: .sendgrid))
        #expect(refusal.field == "status")
        for status in ImportRow.Status.allCases {
            var reader = try ImportReader(
                format: .sendgrid,
                status: status,
                chunk: Imported.chunks(of: text)
            )
            guard case .row(let row)? = try reader.next() else {
                Issue.record("the row was not read")
                continue
            }
            #expect(row.status == status)
            #expect(row.decidedAt?.text == "2011-10-09T11:02:55Z")
        }
    }

    @Test func aGivenStatusNeverWeakensARow() throws {
        let text = "email,status\na@mail.example,unsubscribed\nb@mail.example,\n"
        let expected: [(ImportRow.Status, [ImportRow.Status])] = [
            (.subscribed, [.unsubscribed, .subscribed]), (.cleaned, [.unsubscribed, .cleaned]),
            // It may strengthen one.
            (.complained, [.complained, .complained]),
        ]
        for (given, both) in expected {
            var reader = try ImportReader(
                format: .csv,
                status: given,
                chunk: Imported.chunks(of: text)
            )
            var statuses: [ImportRow.Status] = []
            while case .row(let row)? = try reader.next() { statuses.append(row.status) }
            #expect(statuses == both)
        }
    }

    @Test func aListWithoutAHeaderLineIsReadFromItsFirstLine() throws {
        let text = "a@mail.example,,account\nb@mail.example,2030-01-01,account\n"
        let items = try Imported.items(of: text, format: .cloudflare)
        let rows = items.compactMap { item -> ImportRow? in
            if case .row(let row) = item { row } else { nil }
        }
        #expect(rows.map(\.line) == [1, 2])
        #expect(rows.allSatisfy { $0.status == .unsubscribed })
    }

    /// A contact of SES who wants nothing wants nothing of anybody's topic.
    @Test func whoLeftAllOfSESLeftEverything() throws {
        let text =
            "emailAddress,unsubscribeAll,attributesData\na@mail.example,true,\n"
            + "b@mail.example,false,\n"
        var reader = try ImportReader(format: .auto, chunk: Imported.chunks(of: text))
        let (first, second) = (try reader.next(), try reader.next())
        guard case .row? = first, case .invalid? = second else {
            Issue.record("\(String(describing: first)), \(String(describing: second))")
            return
        }
        let rows = try Imported.items(of: text).compactMap { item -> ImportRow? in
            if case .row(let row) = item { row } else { nil }
        }
        #expect(rows.map(\.status) == [.unsubscribed, .subscribed])
        #expect(rows.map(\.isGlobal) == [true, false])
    }

    /// Nobody's word is no yes: what a row does not say, whoever imports it has to say.
    @Test(arguments: [
        ("email,name,status,attribs\na@m.example,A,enabled,{}\nb@m.example,B,blocklisted,{}\n", 1),
        ("email,name,attributes\na@m.example,A,{}\n", 1),
        ("Email,First name,Last name,Data\na@m.example,A,B,{}\n", 1),
        ("Email Address,OPTIN_TIME,LEID\na@m.example,,1\n", 1),
    ])
    func listsThatDoNotSayWhoIsOnThemNeedAWord(_ text: String, _ yeses: Int) throws {
        let refusal = try #require(try Imported.refusal(of: text, fileName: "list.csv"))
        #expect(refusal.code == .missing && refusal.field == "status")
        let rows = try Imported.items(of: text, fileName: "list.csv")
        let said = rows.count { item in
            if case .row(let row) = item { row.status == .subscribed } else { false }
        }
        #expect(said == yeses)
    }

    /// One program's list of stops is not read as another's list of subscribers.
    @Test(arguments: [
        ("email,reason,detail,last_event_at\na@m.example,spam,,\n", ImportFormat.mailchimp),
        ("email,reason,detail,last_event_at\na@m.example,spam,,\n", .keila),
        ("id,email,action\n1,a@m.example,unsubscribe\n", .listmonk),
        ("Email,First name,Last name,Data,Status\na@m.example,,,{},unsubscribed\n", .mailup),
        ("email,doNotEmail\na@m.example,1\n", .listmonk),
        ("Email;OptOut_Date\na@m.example;2025-01-01\n", .mailchimp),
    ])
    func aFileOfAnotherProgramIsTurnedAway(_ text: String, _ format: ImportFormat) throws {
        let refusal = try #require(try Imported.refusal(of: text, format: format))
        #expect(refusal.field == "file" && refusal.message.hasSuffix("not of \(format.rawValue)"))
    }

    /// A stop that stands in the row counts, whichever column of a common name it stands in.
    @Test(arguments: [
        ("Email,Status,OptOut_Date\na@m.example,unsubscribed,\n", ImportFormat.auto),
        ("Email,Status,Do Not Contact\na@m.example,unsubscribed,0\n", .auto),
        ("email,unsubscribed,do not contact\na@m.example,yes,0\n", .auto),
        ("email,doNotEmail,unsubscribed_at\na@m.example,0,2026-01-01\n", .auto),
        ("email,action,status\na@m.example,subscribe,bounced\n", .auto),
        ("Email Address,status,OPTIN_TIME,LEID\na@m.example,unsubscribed,2025-01-01,1\n", .auto),
        ("email,status\na@m.example,unsubscribed\n", .mailchimp),
        ("email,status\na@m.example,unsubscribed\n", .sendgrid),
        ("email,unsubscribed_at\na@m.example,2025-01-01\n", .dittofeed),
    ])
    func aStopBesideAProgramsOwnColumnsCounts(_ text: String, _ format: ImportFormat) throws {
        let row = try #require(try Imported.row(of: text, format: format))
        #expect(row.status != .subscribed)
    }

    /// A plain list says nothing of its own under any program's name.
    @Test(arguments: [ImportFormat.mailchimp, .listmonk, .keila, .mautic, .mailup, .dittofeed])
    func aNamedFormatNeedsItsColumns(_ format: ImportFormat) throws {
        let text = "email,created\na@mail.example,1318158175\n"
        let refusal = try #require(try Imported.refusal(of: text, format: format))
        #expect(refusal.code == .missing && refusal.field == "status")
    }

    @Test func aListOfTelephonesIsTurnedAway() throws {
        let header = "id,to,from,reason,source,scope,status,domain_id,created_at\n"
        let refusal = try Imported.refusal(of: header + "1,+15550100,,unsubscribe,sms,,active,,\n")
        #expect(refusal?.message.contains("telephone numbers") == true)
    }

    /// A soft bounce may pass: it blocks nobody, and the row is said to be passed over.
    @Test func aSoftBounceIsPassedOver() throws {
        let text = "email,reason,detail,last_event_at\na@mail.example,soft-bounce,,2025-01-01\n"
        let items = try Imported.items(of: text)
        #expect(
            items == [
                .passedOver(line: 2, reason: "reason: a soft bounce may pass and blocks nobody")
            ]
        )
    }

    /// One address on a line may be of anybody's list.
    @Test(arguments: [
        "a@mail.example\n", "a@mail.example,2026-01-01\n", "a@mail.example,Ada,Lovelace\n",
        "a@mail.example,,x@mail.example\n",
    ])
    func aLineWithoutNamesIsNotTakenForCloudflares(_ text: String) throws {
        #expect(try Imported.refusal(of: text)?.field == "file")
    }

    @Test(arguments: [
        ("email,consented_at\na@mail.example,2099-01-01\n", "consented_at"),
        ("Email Address,OPTIN_TIME,CONFIRM_TIME\na@m.example,,2099-01-01\n", "CONFIRM_TIME"),
        (
            "email,status,attribs,subscription_status,created_at\n"
                + "a@m.example,enabled,{},confirmed,2099-01-01\n", "created_at"
        ),
    ])
    func aYesOfTheFutureIsInvalidAndAStopIsNot(_ text: String, _ column: String) throws {
        let present = Timestamp(seconds: 1_769_851_800)
        var reader = try ImportReader(
            format: .auto,
            notAfter: present,
            chunk: Imported.chunks(of: text)
        )
        let item = try reader.next()
        #expect(item == .invalid(line: 2, reason: "\(column): this time is in the future"))
        let stop = "email,status,unsubscribed_at\na@mail.example,unsubscribed,2099-01-01\n"
        var other = try ImportReader(
            format: .auto,
            notAfter: present,
            chunk: Imported.chunks(of: stop)
        )
        guard case .row(let row)? = try other.next() else {
            Issue.record("the stop was not read")
            return
        }
        #expect(row.status == .unsubscribed)
    }

    @Test(arguments: [
        ("address,tags\n", true), ("recipient,type,source\n", true),
        ("email,reason,detail,last_event_at\n", true),
        ("email,action\n", false), ("email,doNotEmail\n", false), ("email\n", false),
    ])
    func listsOfNoAreTakenFirst(_ header: String, _ isListOfNo: Bool) throws {
        let reader = try ImportReader(
            format: .auto,
            status: .subscribed,
            chunk: Imported.chunks(of: header)
        )
        #expect(reader.isListOfNo == isListOfNo)
    }

    @Test(arguments: [
        ("a;b,c;email\n1;2,3;x@m.example\n", "x@m.example"),
        ("name\temail\nA\tx@m.example\n", "x@m.example"),
        ("\"a;b;c;d\",email\n1,x@m.example\n", "x@m.example"),
        ("email\nx@m.example\n", "x@m.example"),
    ])
    func theFirstLineShowsTheDelimiter(_ text: String, _ address: String) throws {
        #expect(try Imported.row(of: text)?.address.match == address)
    }
}
