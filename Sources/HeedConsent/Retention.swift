// How long evidence is kept, with the law behind the numbers, and what one purge takes away.

/// Days of the audit log kept by default.
///
/// Five years: a consent has to be provable as long as a claim about a message sent under it can be
/// raised (GDPR Art. 7(1) with Art. 17(3)(e)). The longest usual period here is the five years of
/// 28 USC 2462 for CAN-SPAM penalties; GDPR itself names none, Germany's § 7a(2) UWG asks for five
/// years from the last use of a consent, the TCPA has four, CASL three.
public let auditLogRetentionDays: Int64 = 1825

/// Days of consent records kept by default; five years, for the same reasons (§ 7a(2) UWG).
public let consentRecordRetentionDays: Int64 = 1825

/// Days of events about messages kept by default.
///
/// Two years: they are no evidence, so nothing asks to keep them longer than their counts are
/// compared with last year's (GDPR Art. 5(1)(e)).
public let eventRetentionDays: Int64 = 730

/// For how long rows are kept.
public struct Retention: Hashable, Sendable {
    /// The least that may be configured: three years, the limitation period of CASL, section 23.
    ///
    /// The database enforces the same number.
    public static let daysMinimum: Int64 = 1095
    /// The most that may be configured: a hundred years.
    public static let daysMaximum: Int64 = 36_500

    /// Days for audit events.
    public let auditLogDays: Int64
    /// Days for consent records.
    public let consentRecordDays: Int64
    /// Days for events about messages.
    public let eventDays: Int64

    /// Refuses less than 1095 days of evidence and less than a day of events, naming the setting.
    public init(
        auditLogDays: Int64 = auditLogRetentionDays,
        consentRecordDays: Int64 = consentRecordRetentionDays,
        eventDays: Int64 = eventRetentionDays
    ) throws(Refusal) {
        let settings = [
            ("auditLogRetentionDays", auditLogDays),
            ("consentRecordRetentionDays", consentRecordDays),
        ]
        for (field, days) in settings {
            guard (Retention.daysMinimum...Retention.daysMaximum).contains(days) else {
                throw Refusal(
                    .invalid,
                    field: field,
                    "evidence is kept \(Retention.daysMinimum) to \(Retention.daysMaximum) days"
                )
            }
        }
        guard (1...Retention.daysMaximum).contains(eventDays) else {
            throw Refusal(
                .invalid,
                field: "eventRetentionDays",
                "events are kept 1 to \(Retention.daysMaximum) days"
            )
        }
        self.eventDays = eventDays
        self.auditLogDays = auditLogDays
        self.consentRecordDays = consentRecordDays
    }

    /// What a purge may take away.
    public enum Kind: String, CaseIterable, Sendable {
        /// Consent records that no permission stands on any more.
        case consentRecords = "consent_records"
        /// Audit events whose hash is in the log.
        case auditEvents = "audit_events"
        /// What became of messages.
        case activities = "events"
        /// What the guard said about people before sends.
        case sendDecisions = "send_decisions"
    }

    /// Rows of a kind that were written before this instant may go.
    public func horizon(of kind: Kind, at now: Timestamp) -> Timestamp {
        switch kind {
        case .consentRecords: now.adding(days: -consentRecordDays)
        case .auditEvents, .sendDecisions: now.adding(days: -auditLogDays)
        case .activities: now.adding(days: -eventDays)
        }
    }
}

/// Rows that one purge takes away.
public struct Purge: Hashable, Sendable {
    /// Which rows.
    public enum Rows: Hashable, Sendable {
        /// Consent records, by id.
        case consentRecords([ConsentID])
        /// Audit events, by position.
        case auditEvents([Int64])
        /// Events about messages, by id.
        case activities([[UInt8]])
        /// What the guard said before sends, by where each row is.
        case sendDecisions([SendPlace])
    }

    /// Which rows.
    public let rows: Rows
    /// All of them are older than this.
    public let before: Timestamp

    /// Names the rows.
    public init(_ rows: Rows, before: Timestamp) {
        self.rows = rows
        self.before = before
    }

    /// What kind of rows.
    public var kind: Retention.Kind {
        switch rows {
        case .consentRecords: .consentRecords
        case .auditEvents: .auditEvents
        case .activities: .activities
        case .sendDecisions: .sendDecisions
        }
    }

    /// How many rows.
    public var count: Int {
        switch rows {
        case .consentRecords(let ids): ids.count
        case .auditEvents(let positions): positions.count
        case .activities(let ids): ids.count
        case .sendDecisions(let places): places.count
        }
    }
}

/// An order to keep everything, or everything about a person, whatever its age.
///
/// A dispute or an investigation suspends erasure and purging (GDPR Art. 17(3)(e), 18(2)).
public struct LegalHold: Hashable, Sendable {
    /// Its name.
    public let id: HoldID
    /// The person it covers; nil for everything.
    public let contact: ContactID?
    /// Why, as the operator wrote it; stored sealed.
    public let reason: String
    /// Since when.
    public let placedAt: Timestamp

    /// Makes a hold; refuses an empty reason or one over 500 bytes.
    public init(
        id: HoldID,
        contact: ContactID?,
        reason: String,
        placedAt: Timestamp
    ) throws(Refusal) {
        guard (1...500).contains(reason.utf8.count) else {
            throw Refusal(.invalid, field: "reason", "a reason has 1 to 500 bytes")
        }
        self.id = id
        self.contact = contact
        self.reason = reason
        self.placedAt = placedAt
    }
}

extension LegalHold: CustomStringConvertible, CustomReflectable {
    /// What it covers; the reason may name people.
    public var description: String { contact.map { "hold on \($0)" } ?? "hold on everything" }

    /// Shows nothing more.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Names a legal hold.
public typealias HoldID = Identifier<LegalHold>
