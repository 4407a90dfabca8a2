// Where another system is: the URL that stands in the settings, and the paths below it.

import Foundation
package import HeedConsent

/// The base of a provider's interface, for example `https://api.sendgrid.com`.
///
/// Tests and proxies put another in its place. Hosts in private networks are allowed here, since
/// that is where a self-hosted proxy is; the setting `outboundNetworks` may forbid them (decision
/// 41).
package struct EndpointURL: Hashable, Sendable {
    /// The URL without a slash at its end.
    package let text: String
    /// The host, and the port if the URL names one, as the `host` field says it.
    package let authority: String
    /// The path of the base, without a slash at its end.
    package let path: String

    /// Reads a base; refuses a URL that is not `https`, or `http` to this machine.
    package init(_ given: String, field: String = "url") throws(Refusal) {
        let url = try EndpointURL.checked(given, field: field)
        guard url.percentEncodedQuery == nil, url.percentEncodedFragment == nil else {
            throw Refusal(.invalid, field: field, "a base URL has neither '?' nor '#'")
        }
        var path = url.percentEncodedPath
        var text = given
        while path.hasSuffix("/") { path.removeLast() }
        while text.hasSuffix("/") { text.removeLast() }
        self.text = text
        self.path = path
        authority = (url.percentEncodedHost ?? "") + (url.port.map { ":\($0)" } ?? "")
    }

    /// The URL of a path below the base; each segment is escaped.
    package func url(_ segments: [String], query: [(String, String)] = []) -> String {
        let path = segments.map { "/" + percentEncoded($0) }.joined()
        guard !query.isEmpty else { return text + path }
        return text + path + "?" + String(decoding: formEncoded(query), as: UTF8.self)
    }

    /// Refuses a URL to which a person's address must not go.
    static func check(_ text: String, field: String = "url") throws(Refusal) {
        _ = try checked(text, field: field)
    }

    /// The scheme and the host of a URL, with a sign for what follows; nil when it is not readable.
    static func place(of text: String) -> String? {
        guard let url = try? checked(text, field: "url"), let scheme = url.scheme,
            let host = url.percentEncodedHost
        else { return nil }
        let rest = url.percentEncodedPath + (url.percentEncodedQuery ?? "")
        let port = url.port.map { ":\($0)" } ?? ""
        return "\(scheme)://\(host)\(port)" + (rest.isEmpty || rest == "/" ? "" : "/…")
    }

    private static func checked(_ text: String, field: String) throws(Refusal) -> URLComponents {
        func refusal(_ message: String) -> Refusal {
            Refusal(.invalid, field: field, message)
        }
        guard !text.isEmpty else { throw Refusal(.missing, field: field, "a URL is needed") }
        guard let url = URLComponents(string: text, encodingInvalidCharacters: false) else {
            throw refusal("not a URL")
        }
        guard let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme) else {
            throw refusal("a URL starts with 'https://' or 'http://' here")
        }
        guard url.user == nil, url.password == nil else {
            throw refusal("a URL has no user name or password in it here")
        }
        guard let host = url.host, !host.isEmpty else { throw refusal("a URL names a host here") }
        // A port too large for an Int is in the text but reads as none.
        let hasPort = url.rangeOfPort.map { !$0.isEmpty } ?? false
        guard (1...65_535).contains(url.port ?? (hasPort ? 0 : 443)) else {
            throw refusal("a port is within 1 and 65535")
        }
        guard scheme == "https" || isLoopback(host) else {
            throw refusal("'http' is only for this machine (127.0.0.1, [::1], localhost)")
        }
        // Where neither setting lets a request go.
        try OutboundNetworks.insideToo.check(host: host, field: field)
        return url
    }

    /// True for `localhost`, `::1` and 127.0.0.0/8 in plain decimal notation.
    package static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host.lowercased()) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127"
            && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    }
}
