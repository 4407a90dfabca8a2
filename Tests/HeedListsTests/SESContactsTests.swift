// SES' contact lists and suppression list, as its API and its command line print them.

import HeedConsent
import HeedLists
import Testing

@Suite("SES contacts")
struct SESContactsTests {
    /// What a row has to be: a status, `all` for a stop of everything, or why there is none.
    private func outcomes(
        of text: String,
        topic: String = "newsletter",
        status: ImportRow.Status? = nil
    ) throws -> [String] {
        var reader = try ImportReader(
            format: .auto,
            status: status,
            topic: topic,
            notAfter: Timestamp(text: "2026-02-01"),
            chunk: Imported.chunks(of: text)
        )
        #expect(reader.format == .ses)
        var outcomes: [String] = []
        while let item = try reader.next() {
            switch item {
            case .row(let row): outcomes.append(row.isGlobal ? "all" : row.status.rawValue)
            case .invalid(_, let reason): outcomes.append("invalid \(reason.prefix(12))")
            case .passedOver(_, let reason): outcomes.append("over \(reason.prefix(16))")
            }
        }
        return outcomes
    }

    private static let contacts = """
        {
          "Contacts": [
            {
              "EmailAddress": "in@mail.example",
              "TopicPreferences": [
                {"TopicName": "Newsletter", "SubscriptionStatus": "OPT_IN"},
                {"TopicName": "promotions", "SubscriptionStatus": "OPT_OUT"}
              ],
              "TopicDefaultPreferences": [],
              "UnsubscribeAll": false,
              "LastUpdatedTimestamp": "2025-04-10T14:03:44.843000-07:00"
            },
            {
              "EmailAddress": "out@mail.example",
              "TopicPreferences": [
                {"TopicName": "newsletter", "SubscriptionStatus": "OPT_OUT"}
              ],
              "UnsubscribeAll": false,
              "LastUpdatedTimestamp": 1744319024.843
            },
            {
              "EmailAddress": "all@mail.example",
              "TopicPreferences": [
                {"TopicName": "newsletter", "SubscriptionStatus": "OPT_IN"}
              ],
              "UnsubscribeAll": true
            },
            {
              "EmailAddress": "default@mail.example",
              "TopicPreferences": [],
              "TopicDefaultPreferences": [
                {"TopicName": "newsletter", "SubscriptionStatus": "OPT_IN"}
              ],
              "UnsubscribeAll": false
            },
            {"EmailAddress": "nobody", "UnsubscribeAll": true},
            {"EmailAddress": "odd@mail.example", "UnsubscribeAll": "maybe"}
          ],
          "NextToken": "abc"
        }
        """

    @Test func aContactListIsReadTopicByTopic() throws {
        let rest = [
            "all", "over topicPreferences", "invalid emailAddress", "invalid this is neit",
        ]
        #expect(try outcomes(of: Self.contacts) == ["subscribed", "unsubscribed"] + rest)
        let other = try outcomes(of: Self.contacts, topic: "promotions")
        #expect(other == ["unsubscribed", "over topicPreferences"] + rest)
    }

    @Test func whatNobodySaidOfATopicMayBeGiven() throws {
        #expect(try outcomes(of: Self.contacts, status: .unsubscribed)[3] == "unsubscribed")
        #expect(try outcomes(of: Self.contacts, status: .subscribed)[3] == "subscribed")
    }

    @Test func oneContactAndAnImportFileAreReadAsWell() throws {
        let one = """
            {"ContactListName": "list", "EmailAddress": "a@mail.example", "TopicPreferences": [],
             "TopicDefaultPreferences": [], "UnsubscribeAll": true, "AttributesData": "{}",
             "CreatedTimestamp": 1577836800.0, "LastUpdatedTimestamp": 1577836801.5}
            """
        #expect(try outcomes(of: one) == ["all"])
        let file = """
            {"emailAddress": "a@mail.example", "unsubscribeAll": false, "topicPreferences": \
            [{"topicName": "newsletter", "subscriptionStatus": "OPT_IN"}]}
            {"emailAddress": "b@mail.example", "unsubscribeAll": true}
            """
        #expect(try outcomes(of: file) == ["subscribed", "all"])
    }

    @Test func timesAreSecondsOrText() throws {
        var reader = try ImportReader(
            format: .ses,
            topic: "newsletter",
            chunk: Imported.chunks(of: Self.contacts)
        )
        var times: [String?] = []
        while let item = try reader.next() {
            if case .row(let row) = item { times.append(row.decidedAt?.text) }
        }
        #expect(
            times == ["2025-04-10T21:03:44.843000Z", "2025-04-10T21:03:44.843000Z", nil]
        )
    }

    @Test func theSuppressionListIsOfNo() throws {
        let list = """
            {"SuppressedDestinationSummaries": [
              {"EmailAddress": "a@mail.example", "Reason": "BOUNCE",
               "LastUpdateTime": 1586700000.1},
              {"EmailAddress": "b@mail.example", "Reason": "COMPLAINT",
               "LastUpdateTime": "2020-04-10T21:03:05+00:00"},
              {"EmailAddress": "c@mail.example", "Reason": "WHY"}
            ]}
            """
        #expect(
            try outcomes(of: list) == ["cleaned", "complained", "invalid reason: neit"]
        )
        let reader = try ImportReader(format: .ses, chunk: Imported.chunks(of: list))
        #expect(reader.isListOfNo)
        let one = #"{"SuppressedDestination": {"EmailAddress": "a@m.example", "Reason": "BOUNCE"}}"#
        #expect(try outcomes(of: one) == ["cleaned"])
    }

    @Test func noOtherFormatIsJSON() throws {
        let refusal = try Imported.refusal(of: "[{}]", format: .mailchimp)
        #expect(refusal?.message.contains("JSON") == true)
    }

    @Test func aYesOfTheFutureIsInvalid() throws {
        let text = """
            {"emailAddress": "a@mail.example", "lastUpdatedTimestamp": "2099-01-01T00:00:00Z", \
            "topicPreferences": [{"topicName": "newsletter", "subscriptionStatus": "OPT_IN"}]}
            """
        #expect(try outcomes(of: text) == ["invalid lastUpdatedT"])
    }
}
