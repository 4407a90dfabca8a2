// The connector for Amazon SES, version 2 of its interface: contact list and suppression list.

package import HeedConsent

/// Tells Amazon SES, for one account in one region.
///
/// A scope is a topic of the contact list. A global opt-out unsubscribes from the whole contact
/// list and, unless `account-suppression` is `never`, puts the address on the account's suppression
/// list. That list stops transactional mail too, so an account that also sends receipts wants
/// `never` and relies on the contact list.
package struct SESConnector: Connector {
    /// The operator's name for it.
    package let name: String
    let topic: String?
    let hashes: [SNSHash]
    let scopes: ScopeMap
    private let api: SESAPI
    private let contactList: String?
    private let suppressesAccount: Bool

    /// What SES does with addresses that are on the list for this reason has to be on.
    private static let reason = "COMPLAINT"

    static let options: [ConnectorOption] = [
        .url, .required("region", "the region, such as eu-central-1"),
        .required("access-key-id", "the id of the access key"),
        .secret("secret", "the secret access key", required: true),
        .secret("session-token", "the token of temporary credentials", required: false),
        .optional("contact-list", "the contact list whose topics scopes are"),
        .optional("account-suppression", "'global' or 'never': what goes on the account's list"),
        .optional("topic-arn", "the one SNS topic whose messages are believed"),
        .optional("sns-signatures", "'2', or '1-and-2' while the topic still signs with SHA-1"),
    ]

    /// SES publishes no number for most operations; one a second is what accounts get.
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: 60,
        simultaneousRequests: 1,
        entriesPerPage: 1000,
        done: [200],
        giveUp: [400, 413]
    )

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        let region = try configuration.plain("region") ?? ""
        name = configuration.name
        scopes = configuration.scopes
        contactList = try configuration.plain("contact-list")
        suppressesAccount =
            try configuration.choice("account-suppression", ["global", "never"]) == "global"
        topic = try configuration.text("topic-arn").map { text throws(Refusal) in
            try Self.topic(text)
        }
        hashes =
            try configuration.choice("sns-signatures", ["2", "1-and-2"]) == "2"
            ? [.sha256] : [.sha1, .sha256]
        let session = configuration.text("session-token") == nil ? nil : "session-token"
        api = SESAPI(
            base: try configuration.base("https://email.\(region).amazonaws.com"),
            key: AWSSigningKey(
                accessKeyID: try configuration.credential("access-key-id"),
                secret: try configuration.credential("secret"),
                sessionToken: try session.map { field throws(Refusal) in
                    try configuration.credential(field)
                },
                region: region,
                service: "ses"
            )
        )
        if contactList == nil, let field = scopes.mappedField {
            throw Refusal(
                .missing,
                field: field,
                "scopes are topics of a contact list: name it by contact-list, or say 'none'"
            )
        }
        guard contactList != nil || suppressesAccount else {
            throw Refusal(
                .missing,
                field: "contact-list",
                "without a contact list and without the account's list nothing would be told"
            )
        }
    }

    /// An ARN of another service would name a topic whose messages never come.
    private static func topic(_ text: String) throws(Refusal) -> String {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "sns",
            isPlainName(parts[1], symbols: "-"), isPlainName(parts[3], symbols: "-"),
            parts[4].utf8.count == 12, parts[4].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            (1...256).contains(parts[5].utf8.count),
            parts[5].split(separator: ".").allSatisfy({ $0.utf8.allSatisfy(Self.isTopicByte) })
        else {
            throw Refusal(
                .invalid,
                field: "topic-arn",
                "the ARN of an SNS topic is arn:aws:sns:REGION:ACCOUNT:TOPIC"
            )
        }
        return text
    }

    private static func isTopicByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }

    /// Unsubscribes from a topic, or from everything.
    package func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        guard notice.isGlobal else {
            let topics = try scopes.places(for: notice.extent)
            guard !topics.isEmpty else { return .nothing }
            return try unsubscribe(notice.address, topics, at: now)
        }
        guard contactList != nil else { return try block(notice.address, at: now) }
        let step = try unsubscribe(notice.address, nil, at: now)
        guard suppressesAccount else { return step }
        return try step.then(at: now) { later throws(Refusal) in
            try block(notice.address, at: later)
        }
    }

    /// Asks the contact list, and the account's list for a global opt-out.
    package func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let topics = notice.isGlobal ? nil : try scopes.places(for: notice.extent)
        if topics?.isEmpty ?? false { return .nothing }
        guard contactList != nil || !notice.isGlobal else { return blocked(notice, at: now) }
        let request = api.request("GET", try contact(notice.address), at: now)
        let step = ConnectorStep.question(request, rules) { contact, text in
            .found(SESContact(contact).isOut(of: topics), text)
        }
        guard notice.isGlobal, suppressesAccount else { return step }
        return try step.then(at: now) { later in blocked(notice, at: later) }
    }

    /// Removes the contact and the entry on the account's list.
    package func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep
    {
        let erased = rules.reading(done: [200], alreadyDone: [404])
        let entry = ["v2", "email", "suppression", "addresses", notice.address]
        guard contactList != nil else {
            return .ask(api.request("DELETE", entry, at: now), erased)
        }
        let step = ConnectorStep.ask(
            api.request("DELETE", try contact(notice.address), at: now),
            erased
        )
        return try step.then(at: now) { later throws(Refusal) in
            .ask(api.request("DELETE", entry, at: later), erased)
        }
    }

    /// Finds out whether the account's suppression list is on for bounces and complaints, and
    /// whether the contact list and its topics exist.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        let account = account(needs: ["BOUNCE", Self.reason], at: now) { .giveUp($0) }
        guard let contactList else { return account }
        return try account.then(at: now) { later in
            let path = ["v2", "email", "contact-lists", contactList]
            let request = api.request("GET", path, at: later)
            let unknown: @Sendable (String) -> ConnectorAnswer = {
                .giveUp("\($0): there is no contact list \(contactList)")
            }
            return .question(request, rules, unknown: unknown) { list, text in
                let known = (list["Topics"]?.list ?? []).compactMap { $0["TopicName"]?.text }
                guard let missing = scopes.all.first(where: { !known.contains($0) }) else {
                    return .done(text)
                }
                return .giveUp("contact list \(contactList) has no topic \(missing)")
            }
        }
    }

    /// Lists the contacts who left something, and the account's suppression list if Heed uses it.
    ///
    /// Contacts are asked for without a filter: what a filter makes of those who left everything is
    /// not documented, and each contact says it plainly.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        guard let contactList else { return try suppressed.pages(at: now) }
        let step = try contacts(of: contactList).pages(at: now)
        guard suppressesAccount else { return step }
        return try step.then(at: now) { later throws(Refusal) in
            try suppressed.pages(at: later)
        }
    }

    /// How a listing shows an opt-out.
    package func sign(of extent: String) -> OptOutSign? {
        let contacts = contactList.map { _ in [Self.contactPlace] } ?? []
        let account = suppressesAccount ? [Self.accountPlace] : []
        return scopes.sign(of: extent, everywhere: contacts + account)
    }

    private static let contactPlace = "*contacts"
    private static let accountPlace = "*account"

    private func contacts(of list: String) -> PagedListing {
        PagedListing(rules: rules) { token, now in
            var body: [String: JSON] = ["PageSize": .number(Double(rules.entriesPerPage ?? 1))]
            body["NextToken"] = token.map(JSON.text)
            let path = ["v2", "email", "contact-lists", list, "contacts", "list"]
            return api.request("POST", path, .object(body), at: now)
        } read: { json, _ in
            guard let items = json["Contacts"]?.list else { return nil }
            var entries: [ListedEntry] = []
            for item in items {
                guard let address = item["EmailAddress"]?.text else { return nil }
                let contact = SESContact(item)
                if contact.isOutOfAll {
                    entries.append(scopes.everything(address, at: Self.contactPlace))
                } else if !contact.topicsLeft.isEmpty {
                    entries.append(scopes.entry(address, at: contact.topicsLeft))
                }
            }
            return PagedListing.Page(entries, next: json["NextToken"]?.text)
        }
    }

    private var suppressed: PagedListing {
        PagedListing(rules: rules) { token, now in
            let next = token.map { [("NextToken", $0)] } ?? []
            return api.get(
                ["v2", "email", "suppression", "addresses"],
                query: [("PageSize", Self.rules.pageSize)] + next,
                at: now
            )
        } read: { json, _ in
            guard let items = json["SuppressedDestinationSummaries"]?.list else { return nil }
            let entries = items.compactMap { item in
                item["EmailAddress"]?.text.map { address in
                    ListedEntry(
                        address,
                        item["Reason"]?.text == "BOUNCE" ? .bounced : .complained,
                        places: [Self.accountPlace],
                        extents: [OptOutNotice.globalExtent]
                    )
                }
            }
            guard entries.count == items.count else { return nil }
            return PagedListing.Page(entries, next: json["NextToken"]?.text)
        }
    }

    private func contact(_ address: String) throws(Refusal) -> [String] {
        guard let contactList else {
            throw Refusal(.missing, field: "contact-list", "scopes are topics of a contact list")
        }
        return ["v2", "email", "contact-lists", contactList, "contacts", address]
    }

    /// Reads the contact first, because an update replaces every preference it does not repeat.
    private func unsubscribe(
        _ address: String,
        _ topics: [String]?,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let path = try contact(address)
        return .send(api.request("GET", path, at: now)) { response, later throws(Refusal) in
            switch response.status {
            case 404:
                let body = SESContact().leaving(topics).body(address: address)
                let create = Array(path.dropLast())
                return .send(api.request("POST", create, body, at: later)) { created, _ in
                    // Somebody else made the contact meanwhile: begin again and update it.
                    created.header("x-amzn-errortype")?.hasPrefix("AlreadyExists") == true
                        ? .answer(.retry(after: nil, created.summary))
                        : .answer(rules.answer(to: created, at: later))
                }
            case 200:
                guard let json = response.json else {
                    return .answer(.retry(after: nil, response.summary))
                }
                let contact = SESContact(json)
                guard !contact.isOut(of: topics) else {
                    return .answer(.alreadyDone(response.summary))
                }
                let body = contact.leaving(topics).body(address: nil)
                return .ask(api.request("PUT", path, body, at: later), rules)
            default: return .answer(rules.answer(to: response, at: later))
            }
        }
    }

    /// Puts an address on the account's list, and makes sure that the list has an effect.
    private func block(_ address: String, at now: Timestamp) throws(Refusal) -> ConnectorStep {
        let body: JSON = ["EmailAddress": .text(address), "Reason": .text(Self.reason)]
        let path = ["v2", "email", "suppression", "addresses"]
        return try ConnectorStep.ask(api.request("PUT", path, body, at: now), rules)
            .then(at: now) { later in
                // Once somebody turns the list on, what was put on it counts.
                account(needs: [Self.reason], at: later) { .retry(after: 3600, $0) }
            }
    }

    private func blocked(_ notice: OptOutNotice, at now: Timestamp) -> ConnectorStep {
        let path = ["v2", "email", "suppression", "addresses", notice.address]
        return .question(api.request("GET", path, at: now), rules) { entry, text in
            entry["SuppressedDestination"].map { _ in .done(text) }
        }
    }

    private func account(
        needs reasons: [String],
        at now: Timestamp,
        off answer: @escaping @Sendable (String) -> ConnectorAnswer
    ) -> ConnectorStep {
        let path = ["v2", "email", "account"]
        let request = api.request("GET", path, at: now)
        return .question(request, rules, unknown: nil) { account, text in
            let on = account["SuppressionAttributes"]?["SuppressedReasons"]?.list ?? []
            let off = reasons.filter { !on.contains(.text($0)) }
            guard off.isEmpty else {
                let names = off.joined(separator: " and ")
                return answer("the account's suppression list is off for \(names)")
            }
            return .done(text)
        }
    }
}
