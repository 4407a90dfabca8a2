// A Postmark connector, and the messages that it sends with the password it was given.

import Foundation
import HTTPTypes
import HeedConsent

@testable import HeedServer

enum Postmark {
    static let password = "a-long-enough-password"

    static func settings() throws -> ConnectorSettings {
        try ConnectorSettings(
            name: "post",
            kind: "postmark",
            url: "",
            secret: "token",
            options: [
                "global": "broadcast", "scope.newsletter": "letters", "webhook-secret": password,
            ]
        )
    }

    /// The field that shows a password (RFC 7617).
    static func basic(_ password: String = password) -> String {
        "Basic " + Data("heed:\(password)".utf8).base64EncodedString()
    }

    /// A message as it is posted.
    static func call(_ body: String, _ password: String = password) -> Call {
        Call.post("/v1/webhooks/post", body).with(.authorization, basic(password))
    }
}
