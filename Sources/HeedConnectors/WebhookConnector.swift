// The connector for any system that takes webhooks: one signed JSON message for each opt-out.

import Foundation
public import HeedConsent

/// Tells a receiver by a Standard Webhooks message of type `optout.requested`.
///
/// The body is the same for every attempt; only `webhook-timestamp` and the signature change.
/// Receivers in private networks are what a self-hosted Heed is for, so the host is not restricted.
public struct WebhookConnector: Connector {
    /// The operator's name for it.
    public let name: String
    private let url: String
    private let secret: WebhookSecret

    /// Makes a connector; refuses a URL that is not `https`, or `http` to this machine.
    public init(name: String, url: String, secret: String) throws(Refusal) {
        try WebhookURL.check(url)
        self.name = name
        self.url = url
        self.secret = try WebhookSecret(secret)
    }

    /// Writes and signs the message for one attempt.
    public func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> OutboundRequest {
        // A full stop would move the borders of what is signed, a line break those of the header.
        guard isPlainName(notice.target, symbols: "-_") else {
            throw Refusal(
                .invalid,
                field: "target",
                "a message id has 1 to 64 of letters, digits, '-' and '_'"
            )
        }
        let body = WebhookConnector.body(of: notice)
        return OutboundRequest(
            method: "POST",
            url: url,
            headers: [
                ("content-type", "application/json"),
                ("user-agent", "Heed"),
                ("webhook-id", notice.target),
                ("webhook-timestamp", String(now.wholeSeconds)),
                ("webhook-signature", secret.sign(id: notice.target, timestamp: now, body: body)),
            ],
            body: body
        )
    }

    /// Reads the status: 2xx is a yes, 410 a lasting no, and anything else not yet an answer.
    ///
    /// Standard Webhooks counts 3xx as a failure and 410 as "send no more". Other 4xx are tried
    /// again too: a receiver that is being mended answers 401 or 404, and an opt-out must not be
    /// lost to that. The limit of attempts ends it.
    public func answer(to response: OutboundResponse) -> ConnectorAnswer {
        switch response.status {
        case 200...299: .done(response.summary)
        case 410: .giveUp(response.summary)
        default: .retry(after: RetryAfter.seconds(in: response), response.summary)
        }
    }

    /// The message, members sorted by name, written by hand so that its bytes never change.
    private static func body(of notice: OptOutNotice) -> [UInt8] {
        let asked = quoted(notice.requestedAt.text)
        let data = [
            "\"address\":\(quoted(notice.address))",
            "\"channel\":\(quoted(Channel.email.rawValue))",
            "\"contactId\":\(quoted(notice.contact))",
            "\"id\":\(quoted(notice.target))",
            "\"requestedAt\":\(asked)",
            "\"scope\":\(quoted(notice.extent))",
        ]
        let members = [
            "\"data\":{\(data.joined(separator: ","))}",
            "\"timestamp\":\(asked)",
            "\"type\":\"optout.requested\"",
        ]
        return Array("{\(members.joined(separator: ","))}".utf8)
    }
}

extension WebhookConnector: CustomStringConvertible {
    /// The kind and the operator's name: the URL may open a door.
    public var description: String { "webhook \(name)" }
}

/// Which URLs a message with a person's address may go to.
private enum WebhookURL {
    static func check(_ text: String) throws(Refusal) {
        guard !text.isEmpty else { throw Refusal(.missing, field: "url", "a URL is needed") }
        guard let url = URLComponents(string: text, encodingInvalidCharacters: false) else {
            throw refusal("not a URL")
        }
        guard let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme) else {
            throw refusal("a webhook URL starts with 'https://' or 'http://'")
        }
        guard url.user == nil, url.password == nil else {
            throw refusal("a webhook URL has no user name or password in it")
        }
        guard let host = url.host, !host.isEmpty else {
            throw refusal("a webhook URL names a host")
        }
        // A port too large for an Int is in the text but reads as none.
        let hasPort = url.rangeOfPort.map { !$0.isEmpty } ?? false
        guard (1...65_535).contains(url.port ?? (hasPort ? 0 : 443)) else {
            throw refusal("a port is within 1 and 65535")
        }
        guard scheme == "https" || isLoopback(host) else {
            throw refusal("'http' is only for this machine (127.0.0.1, [::1], localhost)")
        }
    }

    private static func refusal(_ message: String) -> Refusal {
        Refusal(.invalid, field: "url", message)
    }

    /// True for `localhost`, `::1` and 127.0.0.0/8 in plain decimal notation.
    private static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host.lowercased()) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127"
            && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    }
}

/// A JSON string with no escape but those JSON demands (RFC 8259 §7).
private func quoted(_ text: String) -> String {
    let bytes = text.utf8.flatMap { byte -> [UInt8] in
        switch byte {
        case 0x22, 0x5C: [0x5C, byte]
        case 0..<0x20: Array("\\u00\(hexadecimal([byte]))".utf8)
        default: [byte]
        }
    }
    return "\"\(String(decoding: bytes, as: UTF8.self))\""
}
