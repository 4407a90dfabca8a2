// What an operator must be told about, and when: once when it begins, again while it lasts, once
// when it is over.

/// Something that needs a person's attention.
public struct Alert: Hashable, Sendable {
    /// What is wrong.
    public enum Kind: String, CaseIterable, Sendable {
        /// A job has waited longer than the threshold (SPEC regulatory-window).
        case oldJob = "old-job"
        /// Another system was given up on.
        case buriedTargets = "buried-targets"
        /// The legal deadline of an opt-out that is not completed is near or past.
        case deadlineNear = "deadline-near"
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

/// When operators are told; the defaults are far within every legal window.
public struct AlertRules: Hashable, Sendable {
    /// Seconds a job may be due before it is old: one hour.
    public var oldJobSeconds: Int64
    /// Seconds after which an alert that lasts is told again: four hours.
    public var repeatSeconds: Int64
    /// Seconds before a legal deadline from which on it is near: a day.
    public var deadlineSeconds: Int64
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

/// What operators have been told about one kind of alert.
public struct AlertState: Hashable, Sendable {
    /// What is wrong.
    public let kind: Alert.Kind
    /// Since when.
    public let since: Timestamp
    /// When operators were told last.
    public let toldAt: Timestamp

    /// Takes all three.
    public init(kind: Alert.Kind, since: Timestamp, toldAt: Timestamp) {
        self.kind = kind
        self.since = since
        self.toldAt = toldAt
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
    public let alert: Alert
    /// Since when it is wrong.
    public let since: Timestamp
}

extension AlertRules {
    /// What to say now, given what is wrong and what has been said.
    ///
    /// - Returns: the messages, and what has then been said.
    public func notices(
        for alerts: [Alert],
        told states: [AlertState],
        at now: Timestamp
    ) -> (notices: [AlertNotice], states: [AlertState]) {
        var notices: [AlertNotice] = []
        var next: [AlertState] = []
        for kind in Alert.Kind.allCases {
            let state = states.first { $0.kind == kind }
            switch (alerts.first { $0.kind == kind }, state) {
            case (let alert?, let state?):
                let isDue = now >= state.toldAt.adding(seconds: repeatSeconds)
                if isDue {
                    notices.append(AlertNotice(reason: .lasts, alert: alert, since: state.since))
                }
                let toldAt = isDue ? now : state.toldAt
                next.append(AlertState(kind: kind, since: state.since, toldAt: toldAt))
            case (let alert?, nil):
                notices.append(AlertNotice(reason: .began, alert: alert, since: now))
                next.append(AlertState(kind: kind, since: now, toldAt: now))
            case (nil, let state?):
                let alert = Alert(kind, "resolved")
                notices.append(AlertNotice(reason: .resolved, alert: alert, since: state.since))
            case (nil, nil): break
            }
        }
        return (notices, next)
    }
}
