// What each word of the setting lets through, and which URLs are refused when they are written
// down.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Outbound networks")
struct OutboundNetworksTests {
    @Test(arguments: [
        (Reach.linkLocal, false, false), (.thisMachine, true, false), (.inside, true, false),
        (.outside, true, true),
    ])
    func eachWordLetsThrough(_ reach: Reach, _ insideToo: Bool, _ outsideOnly: Bool) {
        #expect(OutboundNetworks.insideToo.allow(reach) == insideToo)
        #expect(OutboundNetworks.outsideOnly.allow(reach) == outsideOnly)
    }

    @Test func theSettingIsOneOfTwoWords() throws {
        #expect(try OutboundNetworks(setting: nil) == .insideToo)
        #expect(try OutboundNetworks(setting: "inside-too") == .insideToo)
        #expect(try OutboundNetworks(setting: "outside-only") == .outsideOnly)
        for word in ["", "outside", "OUTSIDE-ONLY"] {
            let refusal = #expect(throws: Refusal.self) { try OutboundNetworks(setting: word) }
            #expect(refusal?.field == "outboundNetworks")
        }
    }

    @Test(arguments: [
        "https://169.254.169.254/latest", "https://[fe80::1]/", "https://[fd00:ec2::254]/",
        "https://[::ffff:169.254.169.254]:8443/", "https://224.0.0.1/", "https://0.0.0.0/",
        "https://100.100.100.200/",
    ])
    func neitherLetsARequestToTheLink(_ url: String) throws {
        for networks in OutboundNetworks.allCases {
            let refusal = #expect(throws: Refusal.self) { try networks.check(url: url, field: "u") }
            #expect(refusal?.field == "u")
        }
        let settings = try ConnectorSettings(
            name: "crm",
            kind: "webhook",
            url: url,
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        )
        let refusal = #expect(throws: Refusal.self) { try ConnectorKind.webhook.make(settings) }
        #expect(refusal?.field == "url")
    }

    @Test(arguments: [
        "https://10.0.0.5/hook", "http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/",
        "https://[fd12::1]/", "https://LOCALHOST/",
    ])
    func theInsideIsForOneWordOnly(_ url: String) throws {
        try OutboundNetworks.insideToo.check(url: url)
        let settings = try ConnectorSettings(
            name: "crm",
            kind: "webhook",
            url: url,
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        )
        _ = try ConnectorKind.webhook.make(settings)
        try OutboundNetworks.insideToo.check(settings)
        let refusal = #expect(throws: Refusal.self) {
            try OutboundNetworks.outsideOnly.check(settings)
        }
        #expect(refusal?.field == "url")
    }

    /// What a name stands for is known when a connection is there.
    @Test(arguments: [
        "https://api.mail.example/", "https://8.8.8.8/", "https://[2600::1]/", "", "x",
    ])
    func namesAreNotLookedUp(_ url: String) throws {
        for networks in OutboundNetworks.allCases { try networks.check(url: url) }
    }
}
