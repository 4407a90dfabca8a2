// What may be told about a message, and by what two events of one message are the same.

import Testing

@testable import HeedConsent

@Suite("Activity")
struct ActivityTests {
    private func activity(
        message: String? = nil,
        campaign: String? = nil,
        scope: ScopeName? = nil
    ) throws -> Activity {
        try Activity(
            .opened,
            at: Fixture.now,
            campaign: campaign,
            scope: scope,
            details: ActivityDetails(message: message)
        )
    }

    @Test func whatStopsAndWhatDoesNot() {
        let stops = ActivityKind.allCases.filter(\.isStop)
        #expect(stops == [.hardBounced, .complained, .unsubscribed])
    }

    @Test(arguments: [
        "", String(repeating: "x", count: 101), "a\nb", "ada@mail.example",
    ])
    func aCampaignThatCannotBeKept(_ name: String) {
        #expect { try activity(campaign: name) } throws: { ($0 as? Refusal)?.field == "campaign" }
        #expect(Activity.campaign(telling: name) == nil)
    }

    @Test(arguments: ["spring", "Frühling – 20 %", String(repeating: "x", count: 100)])
    func aCampaignThatCanBeKept(_ name: String) throws {
        #expect(try activity(campaign: name).campaign == name)
        #expect(Activity.campaign(telling: name) == name)
    }

    @Test(
        arguments: [
            ("message", "a\u{0}", nil, nil), ("message", "", nil, nil),
            ("ip", nil, "home", nil), ("ip", nil, "", nil),
            ("ip", nil, String(repeating: "1", count: 65), nil),
            ("userAgent", nil, nil, String(repeating: "x", count: 1001)),
        ] as [(String, String?, String?, String?)]
    )
    func detailsThatCannotBeKept(
        _ field: String,
        _ message: String?,
        _ ip: String?,
        _ userAgent: String?
    ) {
        #expect {
            try ActivityDetails(message: message, ip: ip, userAgent: userAgent)
        } throws: {
            ($0 as? Refusal)?.field == field
        }
        let telling = ActivityDetails(telling: message, ip: ip, userAgent: userAgent)
        #expect(telling.isEmpty)
    }

    @Test(arguments: ["203.0.113.7", "2001:db8::7", "::ffff:192.0.2.1"])
    func addressesOfNetworks(_ ip: String) throws {
        #expect(try ActivityDetails(ip: ip).ip == ip)
    }

    @Test func sameMessageOrElseSameCampaignAndScope() throws {
        let named = try activity(message: "m", campaign: "a", scope: Fixture.newsletter)
        #expect(named.unit == (try activity(message: "m", campaign: "b")).unit)
        #expect(named.unit != (try activity(message: "n", campaign: "a")).unit)
        #expect(try activity(campaign: "a").unit != (try activity(campaign: "b")).unit)
        let inScope = try activity(campaign: "a", scope: Fixture.newsletter)
        #expect(try activity(campaign: "a").unit != inScope.unit)
        // A message named like a campaign is another thing.
        #expect(try activity(message: "a||").unit != (try activity(campaign: "a")).unit)
    }

    @Test func detailsPrintNothing() throws {
        let details = try ActivityDetails(message: "m-7", ip: "203.0.113.7", userAgent: "Mosaic")
        var dumped = ""
        dump(details, to: &dumped)
        for text in ["\(details)", String(reflecting: details), dumped] {
            #expect(!text.contains("m-7") && !text.contains("203") && !text.contains("Mosaic"))
        }
    }
}
