// When operators are told that something needs a person: once when it begins, again while it lasts,
// once when it is over, and each channel for itself.

/// Something that needs a person's attention.
public struct Alert: Hashable, Sendable {
    /// What is wrong.
    public enum Kind: String, CaseIterable, Sendable {
        /// A job has waited longer than the threshold, which is far below any law's.
        case oldJob = "old-job"
        /// Another system was given up on.
        case buriedTargets = "buried-targets"
        /// A message of Heed's own to a person was given up.
        case buriedMail = "buried-mail"
        /// The legal deadline of an opt-out that is not completed is near.
        case deadlineNear = "deadline-near"
        /// The legal deadline of an opt-out that is not completed is past.
        case deadlinePast = "deadline-past"
        /// The legal deadline of a person's request that is not answered is near.
        case requestNear = "request-deadline-near"
        /// The legal deadline of a person's request that is not answered is past.
        case requestPast = "request-deadline-past"
        /// The last verification of the log found differences.
        case logDiffers = "log-differs"
        /// Committed events have not been taken into the log for too long.
        case logBehind = "log-behind"
    }

    /// What is wrong.
    public let kind: Kind
    /// One sentence without personal data, naming the thing to look at.
    public let detail: String

    /// Takes both.
    public init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }
}

/// A time in which something was wrong, from its beginning until every channel has heard its end.
public struct Incident: Hashable, Sendable {
    /// What is wrong.
    public let kind: Alert.Kind
    /// Since when, as it was noticed.
    public var since: Timestamp
    /// The newest sentence about it.
    public var detail: String
    /// When it was over; nil while it lasts.
    public var overAt: Timestamp?

    /// Takes all four.
    public init(
        kind: Alert.Kind,
        since: Timestamp,
        detail: String,
        overAt: Timestamp? = nil
    ) {
        self.kind = kind
        self.since = since
        self.detail = detail
        self.overAt = overAt
    }
}

/// A message to operators.
public struct AlertNotice: Hashable, Sendable {
    /// Why it is sent.
    public enum Reason: String, Sendable {
        /// It began.
        case began
        /// It lasts.
        case lasts
        /// It is over.
        case resolved
    }

    /// Why it is sent.
    public let reason: Reason
    /// What it is about.
    public let incident: Incident
    /// The same for every attempt to send this notice, and for no other notice.
    public let id: String

    /// The sentence to show: what is wrong, or that it no longer is.
    public var text: String {
        switch reason {
        case .began, .lasts: incident.detail
        case .resolved: "this is over; it was: \(incident.detail)"
        }
    }
}

/// What a channel was told last about an incident, which it has.
public struct Telling: Hashable, Sendable {
    /// Why.
    public let reason: AlertNotice.Reason
    /// When.
    public let at: Timestamp

    /// Takes both.
    public init(_ reason: AlertNotice.Reason, at: Timestamp) {
        self.reason = reason
        self.at = at
    }
}

/// When operators are told; the defaults are far within every legal window.
public struct AlertRules: Hashable, Sendable {
    /// Seconds a job may be due before it is old: one hour.
    public var oldJobSeconds: Int64
    /// Seconds after which an alert that lasts is told again: four hours.
    public var repeatSeconds: Int64
    /// Seconds before a legal deadline from which on it is near: a day.
    public var deadlineSeconds: Int64
    /// Days before the deadline of a person's request from which on it is near: a week.
    public var requestDays: Int64 = 7
    /// Seconds an event may wait for the log: five minutes.
    public var logBehindSeconds: Int64

    /// Takes the four; each is at least one second.
    public init(
        oldJobSeconds: Int64 = 3600,
        repeatSeconds: Int64 = 14_400,
        deadlineSeconds: Int64 = 86_400,
        logBehindSeconds: Int64 = 300
    ) {
        self.oldJobSeconds = max(1, oldJobSeconds)
        self.repeatSeconds = max(1, repeatSeconds)
        self.deadlineSeconds = max(1, deadlineSeconds)
        self.logBehindSeconds = max(1, logBehindSeconds)
    }
}

extension AlertRules {
    /// The incidents there are now, given what is wrong and those there were.
    ///
    /// One that is over stays until every channel has heard of it; when it comes back before that,
    /// it is the same incident, begun anew.
    public func incidents(
        for alerts: [Alert],
        before: [Incident],
        at now: Timestamp
    ) -> [Incident] {
        Alert.Kind.allCases.compactMap { kind in
            let known = before.first { $0.kind == kind }
            switch (alerts.first { $0.kind == kind }, known) {
            case (let alert?, let known?):
                let since = known.overAt == nil ? known.since : now
                return Incident(kind: kind, since: since, detail: alert.detail)
            case (let alert?, nil): return Incident(kind: kind, since: now, detail: alert.detail)
            case (nil, var known?):
                known.overAt = known.overAt ?? now
                return known
            case (nil, nil): return nil
            }
        }
    }

    /// What a channel has to be told about an incident, given what it was told last.
    ///
    /// A channel that heard nothing of an incident is told at least its end.
    ///
    /// - Returns: nil when it has heard enough for now.
    public func notice(
        about incident: Incident,
        after told: Telling?,
        at now: Timestamp
    ) -> AlertNotice? {
        let reason: AlertNotice.Reason
        switch (incident.overAt, told?.reason) {
        case (.some, .resolved): return nil
        case (.some, _): reason = .resolved
        case (nil, nil), (nil, .resolved): reason = .began
        case (nil, .began), (nil, .lasts):
            guard let told, now >= told.at.adding(seconds: repeatSeconds) else { return nil }
            reason = .lasts
        }
        // An attempt is repeated until what was told before is another.
        let origin = reason == .lasts ? told?.at ?? incident.since : incident.since
        let id = "alert-\(incident.kind.rawValue)-\(reason.rawValue)-\(origin.microseconds)"
        return AlertNotice(reason: reason, incident: incident, id: id)
    }
}
