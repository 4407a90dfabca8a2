// What became of messages to people: sent, delivered, opened, and what else senders and providers
// tell.

/// What happened to a message, or by it.
public enum ActivityKind: String, CaseIterable, Sendable {
    /// It was handed over for delivery.
    case sent
    /// The other side took it.
    case delivered
    /// It was opened, as far as that can be known.
    case opened
    /// A link in it was followed.
    case clicked
    /// It was not taken, and may be another time.
    case softBounced = "soft-bounced"
    /// It was not taken, because the address takes none.
    case hardBounced = "hard-bounced"
    /// It was reported as spam.
    case complained
    /// The person asked for no more.
    case unsubscribed

    /// True when nothing may be sent afterwards.
    public var isStop: Bool {
        switch self {
        case .hardBounced, .complained, .unsubscribed: true
        case .sent, .delivered, .opened, .clicked, .softBounced: false
        }
    }
}

/// What of an activity says who it was; stored sealed, and gone with an erasure.
public struct ActivityDetails: Hashable, Sendable, Codable {
    /// The most bytes of a message's id.
    public static let messageBytesMaximum = 500
    /// The most bytes of an IP address.
    public static let ipBytesMaximum = 64
    /// The most bytes of what a browser calls itself.
    public static let userAgentBytesMaximum = 1000

    /// What the sender or provider calls the message.
    public let message: String?
    /// Where it was opened or clicked.
    public let ip: String?
    /// By what it was opened or clicked.
    public let userAgent: String?

    /// Refuses what is too long or has control characters, and what is no IP address.
    public init(
        message: String? = nil,
        ip: String? = nil,
        userAgent: String? = nil
    ) throws(Refusal) {
        try checkText(message, "message", most: ActivityDetails.messageBytesMaximum)
        try checkText(userAgent, "userAgent", most: ActivityDetails.userAgentBytesMaximum)
        if let ip, !ActivityDetails.isAddress(ip) {
            throw Refusal(.invalid, field: "ip", "this is not an IP address")
        }
        self.message = message
        self.ip = ip
        self.userAgent = userAgent
    }

    /// Takes what another system tells, without what cannot be used of it.
    public init(telling message: String?, ip: String?, userAgent: String?) {
        self.message = usable(message, most: ActivityDetails.messageBytesMaximum)
        self.ip = ip.flatMap { ActivityDetails.isAddress($0) ? $0 : nil }
        self.userAgent = usable(userAgent, most: ActivityDetails.userAgentBytesMaximum)
    }

    /// True when there is nothing to seal.
    public var isEmpty: Bool { message == nil && ip == nil && userAgent == nil }

    private static func isAddress(_ text: String) -> Bool {
        (2...ipBytesMaximum).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x3A).contains(byte) || (0x41...0x46).contains(byte)
                    || (0x61...0x66).contains(byte) || byte == 0x2E
            }
    }
}

extension ActivityDetails: CustomStringConvertible, CustomReflectable {
    /// Says only that there is something.
    public var description: String { isEmpty ? "<nothing>" : "<details>" }

    /// Shows nothing, so that `dump` leaks nobody.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Something that happened to a message.
public struct Activity: Hashable, Sendable {
    /// The most bytes of a campaign's name.
    public static let campaignBytesMaximum = 100

    /// What happened.
    public let kind: ActivityKind
    /// When.
    public let at: Timestamp
    /// What the team calls the campaign; it stays after an erasure.
    public let campaign: String?
    /// The scope it was sent in.
    public let scope: ScopeName?
    /// What says who it was.
    public let details: ActivityDetails

    /// Refuses a campaign whose name could hold an address, since it is kept for good.
    public init(
        _ kind: ActivityKind,
        at: Timestamp,
        campaign: String? = nil,
        scope: ScopeName? = nil,
        details: ActivityDetails
    ) throws(Refusal) {
        try checkText(campaign, "campaign", most: Activity.campaignBytesMaximum)
        if let campaign, campaign.contains("@") {
            throw Refusal(
                .invalid,
                field: "campaign",
                "a campaign's name outlives an erasure, so it has no '@'"
            )
        }
        self.init(stored: kind, at: at, campaign: campaign, scope: scope, details: details)
    }

    /// Takes what was checked when it was stored.
    package init(
        stored kind: ActivityKind,
        at: Timestamp,
        campaign: String?,
        scope: ScopeName?,
        details: ActivityDetails
    ) {
        self.kind = kind
        self.at = at
        self.campaign = campaign
        self.scope = scope
        self.details = details
    }

    /// The campaign as another system names it, if such a name can be kept.
    public static func campaign(telling text: String?) -> String? {
        usable(text, most: campaignBytesMaximum).flatMap { $0.contains("@") ? nil : $0 }
    }

    /// What makes two activities of a person and a kind the same for unique counts: the message,
    /// or where none is named, the campaign and the scope.
    package var unit: String {
        if let message = details.message { return "message|" + message }
        return "campaign|\(campaign ?? "")|\(scope?.text ?? "")"
    }
}

/// An activity as it comes into the table.
public struct RecordedActivity: Hashable, Sendable {
    /// A keyed hash of what its teller calls it; 16 bytes.
    public let id: [UInt8]
    /// What happened.
    public let activity: Activity
    /// Whom it is about; nil for an address that nobody has.
    public let contact: ContactID?
    /// A keyed hash of person, kind and message, of the first such activity only.
    public let firstKey: [UInt8]?

    /// Puts an activity together with whom it is about.
    package init(
        id: [UInt8],
        activity: Activity,
        contact: ContactID?,
        firstKey: [UInt8]?
    ) {
        self.id = id
        self.activity = activity
        self.contact = contact
        self.firstKey = firstKey
    }
}

extension [RecordedActivity] {
    /// How many there are of each kind, and how many are about nobody, for the audit log.
    var facts: [String: String] {
        var counts: [String: Int] = [:]
        for recorded in self {
            counts[recorded.activity.kind.rawValue, default: 0] += 1
            if recorded.contact == nil { counts["anonymous", default: 0] += 1 }
        }
        return counts.mapValues(String.init)
    }
}

/// Refuses text that is empty, too long, or has control characters.
private func checkText(_ text: String?, _ field: String, most: Int) throws(Refusal) {
    guard let text, usable(text, most: most) == nil else { return }
    throw Refusal(
        .invalid,
        field: field,
        "this has 1 to \(most) bytes and no control characters"
    )
}

private func usable(_ text: String?, most: Int) -> String? {
    text.flatMap { (1...most).contains($0.utf8.count) && !hasControls($0) ? $0 : nil }
}
