// The list of systems Heed can speak to.

public import HeedConsent

/// Which connector speaks a system's language.
public enum ConnectorKind: String, CaseIterable, Sendable {
    /// Any system that takes Standard Webhooks messages.
    case webhook

    /// Finds a kind by its name; refuses an unknown one and says which there are.
    public init(named text: String) throws(Refusal) {
        guard let kind = ConnectorKind(rawValue: text) else {
            let known = ConnectorKind.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw Refusal(.invalid, field: "kind", "a connector is one of \(known)")
        }
        self = kind
    }

    /// Makes the connector; refuses settings that kind cannot work with.
    public func make(_ settings: ConnectorSettings) throws(Refusal) -> any Connector {
        switch self {
        case .webhook:
            try WebhookConnector(name: settings.name, url: settings.url, secret: settings.secret)
        }
    }
}
