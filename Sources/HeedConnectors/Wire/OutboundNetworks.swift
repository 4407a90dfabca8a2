// Which networks requests may go to, as the setting `outboundNetworks` says it.

import Foundation
package import HeedConsent

/// How far requests may go.
///
/// Addresses of the link, metadata services of clouds among them, are refused by both.
package enum OutboundNetworks: String, CaseIterable, Sendable {
    /// To this machine and private networks, too: where a self-hosted system's neighbours are.
    case insideToo = "inside-too"
    /// To the Internet only.
    case outsideOnly = "outside-only"

    /// Reads the setting; `inside-too` when there is none.
    package init(setting word: String?) throws(Refusal) {
        guard let found = OutboundNetworks(rawValue: word ?? Self.insideToo.rawValue) else {
            let words = OutboundNetworks.allCases.map(\.rawValue).joined(separator: " or ")
            throw Refusal(.invalid, field: "outboundNetworks", "this is \(words)")
        }
        self = found
    }

    /// True when a request may go there.
    package func allow(_ reach: Reach) -> Bool {
        switch (self, reach) {
        case (_, .linkLocal): false
        case (_, .outside), (.insideToo, _): true
        case (.outsideOnly, .inside), (.outsideOnly, .thisMachine): false
        }
    }

    /// Refuses a URL that names an address no request may go to.
    ///
    /// A name is not looked up here, since it may have another address later: what counts is the
    /// address a connection is to, and that is looked at once it is there.
    package func check(url text: String, field: String = "url") throws(Refusal) {
        guard let url = URLComponents(string: text), let host = url.host else { return }
        try check(host: host, field: field)
    }

    /// Refuses settings whose URL names such an address.
    package func check(_ settings: ConnectorSettings) throws(Refusal) {
        for url in [settings.url, settings.options["url"] ?? ""] { try check(url: url) }
    }

    /// Refuses a host that is an address no request may go to.
    package func check(host: String, field: String) throws(Refusal) {
        let isThisMachine = host.lowercased() == "localhost"
        let reach = isThisMachine ? Reach.thisMachine : NetworkAddress(host: host)?.reach
        guard let reach, !allow(reach) else { return }
        throw Refusal(
            .invalid,
            field: field,
            reach == .linkLocal
                ? "no request goes to this address (link-local, multicast or a cloud's metadata)"
                : "no request goes to this address (outboundNetworks is \(rawValue))"
        )
    }
}
