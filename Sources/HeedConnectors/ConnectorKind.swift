// The list of systems Heed can speak to.

package import HeedConsent

/// Which connector speaks a system's language.
package enum ConnectorKind: String, CaseIterable, Sendable {
    /// Any system that takes Standard Webhooks messages.
    case webhook
    /// Amazon SES, version 2 of its interface.
    case ses
    /// SendGrid.
    case sendgrid
    /// Mailgun.
    case mailgun
    /// Postmark.
    case postmark
    /// SparkPost.
    case sparkpost
    /// Mailchimp Marketing.
    case mailchimp
    /// Brevo.
    case brevo
    /// Resend.
    case resend

    /// Finds a kind by its name; refuses an unknown one and says which there are.
    package init(named text: String) throws(Refusal) {
        guard let kind = ConnectorKind(rawValue: text) else {
            let known = ConnectorKind.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw Refusal(.invalid, field: "kind", "a connector is one of \(known)")
        }
        self = kind
    }

    /// Makes the connector; refuses settings that kind cannot work with.
    package func make(_ settings: ConnectorSettings) throws(Refusal) -> any Connector {
        var options = settings.options
        if !settings.url.isEmpty { options["url"] = settings.url }
        if !settings.secret.isEmpty { options["secret"] = settings.secret }
        return try make(
            ConnectorConfiguration(name: settings.name, kind: self, options: options)
        )
    }

    /// Makes the connector; refuses options that kind cannot work with.
    package func make(_ configuration: ConnectorConfiguration) throws(Refusal) -> any Connector {
        switch self {
        case .webhook: try WebhookConnector(configuration)
        case .ses: try SESConnector(configuration)
        case .sendgrid: try SendGridConnector(configuration)
        case .mailgun: try MailgunConnector(configuration)
        case .postmark: try PostmarkConnector(configuration)
        case .sparkpost: try SparkPostConnector(configuration)
        case .mailchimp: try MailchimpConnector(configuration)
        case .brevo: try BrevoConnector(configuration)
        case .resend: try ResendConnector(configuration)
        }
    }

    /// The options a connector of this kind understands, besides `scope.NAME`.
    package var options: [ConnectorOption] {
        switch self {
        case .webhook: WebhookConnector.options
        case .ses: SESConnector.options
        case .sendgrid: SendGridConnector.options
        case .mailgun: MailgunConnector.options
        case .postmark: PostmarkConnector.options
        case .sparkpost: SparkPostConnector.options
        case .mailchimp: MailchimpConnector.options
        case .brevo: BrevoConnector.options
        case .resend: ResendConnector.options
        }
    }

    /// What `scope.NAME` stands for with this kind; nil when it knows scopes by their own names.
    package var placeName: String? {
        switch self {
        case .webhook: nil
        case .ses: "topic of the contact list"
        case .sendgrid: "number of an unsubscribe group"
        case .mailgun: "DOMAIN/TAG, the tag '*' for all of the domain"
        case .postmark: "id of a message stream"
        case .sparkpost: "id of a list"
        case .mailchimp: "id of an audience"
        case .brevo: "number of a list"
        case .resend: "id of a topic"
        }
    }

    /// What of a connector's settings may be shown, and the names of what may not.
    ///
    /// Of a URL only the place: what follows may open a door.
    package func shown(
        _ settings: ConnectorSettings
    ) -> (options: [String: String], secrets: [String]) {
        let open = Set(options.filter { !$0.isSecret }.map(\.name))
        let prefix = ConnectorConfiguration.scopePrefix
        var shown = settings.options.filter { open.contains($0.key) || $0.key.hasPrefix(prefix) }
        var secrets = settings.options.keys.filter { shown[$0] == nil }
        let url = shown["url"] ?? settings.url
        shown["url"] = url.isEmpty ? nil : EndpointURL.place(of: url) ?? "(not readable)"
        if !settings.secret.isEmpty { secrets.append("secret") }
        return (shown, secrets.sorted())
    }
}

extension ConnectorSettings {
    /// The connector that these settings are for; refuses those that its kind cannot work with.
    package func connector() throws(Refusal) -> any Connector {
        try ConnectorKind(named: kind).make(self)
    }
}
