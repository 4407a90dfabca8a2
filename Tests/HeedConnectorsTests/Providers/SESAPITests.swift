// Signed requests below another base, and a contact whose other preferences must survive.

import HeedConnectors
import HeedConsent
import Testing

@Suite("SES requests")
struct SESAPITests {
    private func connector(_ url: String) throws -> any Connector {
        try made(
            .ses,
            [
                "region": "eu-central-1", "access-key-id": "AKID", "secret": "key", "url": url,
                "contact-list": "main", "scope.newsletter": "News",
            ]
        )
    }

    /// The signature covers host and path, so each base gives another.
    @Test func theBaseIsPartOfWhatIsSigned() throws {
        let bases = [
            "https://email.eu-central-1.amazonaws.com", "http://127.0.0.1:9000",
            "http://127.0.0.1:9001", "http://127.0.0.1:9000/proxy",
        ]
        var signatures: Set<String> = []
        for base in bases {
            let step = try Scene.begin(.suppress("newsletter"), connector(base))
            let request = try Scene.play(step, []).requests[0]
            let path = "/v2/email/contact-lists/main/contacts/\(Scene.escaped)"
            #expect(request.url == base + path)
            signatures.insert(request.headers.first { $0.name == "authorization" }?.value ?? "")
        }
        #expect(signatures.count == bases.count)
    }

    @Test func otherPreferencesAndAttributesSurvive() throws {
        let contact =
            #"{"AttributesData":"{\"a\":1}","TopicPreferences":["#
            + #"{"TopicName":"Zeta","SubscriptionStatus":"OPT_IN"},"#
            + #"{"TopicName":"Alpha","SubscriptionStatus":"OPT_OUT"}]}"#
        let step = try Scene.begin(
            .suppress("newsletter"),
            connector("https://email.eu-central-1.amazonaws.com")
        )
        let played = try Scene.play(step, [Reply(200, contact), Reply(200)])
        let topics = [("Alpha", "OPT_OUT"), ("News", "OPT_OUT"), ("Zeta", "OPT_IN")].map {
            #"{"SubscriptionStatus":"\#($0.1)","TopicName":"\#($0.0)"}"#
        }
        #expect(
            String(decoding: played.requests[1].body, as: UTF8.self)
                == #"{"AttributesData":"{\"a\":1}","TopicPreferences":["#
                + topics.joined(separator: ",") + #"],"UnsubscribeAll":false}"#
        )
    }
}
