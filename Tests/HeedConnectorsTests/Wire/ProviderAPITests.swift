// What every request to a provider has: what it accepts, the key, and who sends it.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Provider interfaces")
struct ProviderAPITests {
    private static let authorized: [(ConnectorKind, [String: String], String)] = [
        (.sendgrid, ["scope.newsletter": "101"], "authorization: Bearer key"),
        (
            .mailgun, ["scope.newsletter": "mg.mail.example/*", "global": "none"],
            "authorization: Basic YXBpOmtleQ=="
        ),
        (.postmark, ["scope.newsletter": "a", "global": "none"], "x-postmark-server-token: key"),
        (.sparkpost, ["scope.newsletter": "a"], "authorization: key"),
        (.brevo, ["scope.newsletter": "7"], "api-key: key"),
        (.resend, ["scope.newsletter": "a"], "authorization: Bearer key"),
    ]

    @Test(arguments: authorized.indices)
    func headersStandInOneOrder(_ index: Int) throws {
        let (kind, options, key) = Self.authorized[index]
        let connector = try made(kind, options.merging(["secret": "key"]) { first, _ in first })
        let form = kind == .mailgun ? "x-www-form-urlencoded" : "json"
        #expect(
            try headers(connector) == [
                "accept: application/json", "content-type: application/\(form)", key,
                "user-agent: Heed",
            ]
        )
    }

    @Test func subusersAndSubaccountsAreNamed() throws {
        let user = try made(
            .sendgrid,
            ["secret": "key", "on-behalf-of": "team-a", "scope.newsletter": "101"]
        )
        #expect(try headers(user).contains("on-behalf-of: team-a"))
        let account = try made(
            .sparkpost,
            ["secret": "key", "subaccount": "12", "scope.newsletter": "a"]
        )
        #expect(try headers(account).contains("x-msys-subaccount: 12"))
    }

    @Test func mailchimpFindsItsDataCentreInTheKey() throws {
        let options = ["secret": "key-us6", "scope.newsletter": "a1", "global": "a1"]
        let connector = try made(.mailchimp, options)
        #expect(try headers(connector).contains("authorization: Basic aGVlZDprZXktdXM2"))
        let played = try Scene.play(Scene.begin(.check, connector), [])
        #expect(
            played.requests[0].url == "https://us6.api.mailchimp.com/3.0/lists/a1?fields=id"
        )
    }
}
