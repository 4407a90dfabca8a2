// A yes that was asked for by mail: how long it may be confirmed, how often, and what ends it.

/// A request to confirm, as its record has it.
///
/// The record is written once, so what a link to it confirms, for whom and under which policy
/// version, can never change.
public struct DoubleOptIn: Hashable, Sendable {
    /// The record.
    public let request: ConsentID
    /// The person.
    public let contact: ContactID
    /// The one scope it is about.
    public let scope: ScopeName
    /// The policy version that was shown.
    public let policyVersion: String
    /// The language it was shown in.
    public let locale: String?
    /// When it was asked for.
    public let requestedAt: Timestamp
    /// From when on it cannot be confirmed any more.
    public let expiresAt: Timestamp

    /// Takes what was stored.
    public init(
        request: ConsentID,
        contact: ContactID,
        scope: ScopeName,
        policyVersion: String,
        locale: String?,
        requestedAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.request = request
        self.contact = contact
        self.scope = scope
        self.policyVersion = policyVersion
        self.locale = locale
        self.requestedAt = requestedAt
        self.expiresAt = expiresAt
    }

    /// What can become of a request.
    public enum Standing: String, CaseIterable, Sendable {
        /// It waits.
        case open
        /// The person has said yes since.
        case confirmed
        /// It waited too long, or the person has said no since.
        case lapsed
    }

    /// Where the request stands.
    ///
    /// Whatever the person decided after it has used it up, so one request makes one yes, and a
    /// link in an old mail undoes no later no.
    public func standing(_ permission: Permission, at now: Timestamp) -> Standing {
        if let decidedAt = permission.decidedAt, decidedAt >= requestedAt {
            return permission.state == .granted && !permission.saysNo ? .confirmed : .lapsed
        }
        return now < expiresAt ? .open : .lapsed
    }
}

/// How long and how often may be asked.
public struct DoubleOptInTerms: Hashable, Sendable {
    /// The most messages to a person within a day, whatever they are about.
    public static let dailyMaximum = 10

    /// Seconds that a link works.
    public let validSeconds: Int64
    /// The most messages about one scope to one person while an earlier link still works.
    public let messagesMaximum: Int

    /// Takes both; 48 hours and three messages unless told otherwise.
    public init(validSeconds: Int64 = 48 * 3600, messagesMaximum: Int = 3) {
        self.validSeconds = validSeconds
        self.messagesMaximum = messagesMaximum
    }

    /// One message that was sent before.
    public struct Earlier: Hashable, Sendable {
        /// What it was about.
        public let scope: ScopeName
        /// When it was asked for.
        public let requestedAt: Timestamp

        /// Takes both.
        public init(scope: ScopeName, requestedAt: Timestamp) {
            self.scope = scope
            self.requestedAt = requestedAt
        }
    }

    /// The first instant from which earlier messages count.
    public func countedSince(_ now: Timestamp) -> Timestamp {
        now.adding(seconds: -max(validSeconds, 86_400))
    }

    /// Whether one more message may go.
    public func allows(
        _ scope: ScopeName,
        after earlier: [Earlier],
        past blocks: [Suppression],
        at now: Timestamp
    ) -> Bool {
        let recent = earlier.filter { $0.requestedAt > now.adding(seconds: -validSeconds) }
        let today = earlier.filter { $0.requestedAt > now.adding(seconds: -86_400) }
        return !OwnMail.isBarred(by: blocks) && today.count < DoubleOptInTerms.dailyMaximum
            && recent.count { $0.scope == scope } < messagesMaximum
    }
}
