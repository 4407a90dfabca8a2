// How the work stands and what operators have been told about it, in one snapshot.

public import HeedConsent
public import HeedStore

/// Asks what is wrong, and what was said about it.
public struct Watching: Query {
    let rules: AlertRules

    /// Takes the thresholds.
    public init(_ rules: AlertRules) { self.rules = rules }

    /// What there is.
    public struct Watched: Sendable {
        /// The facts.
        public let situation: Situation
        /// The incidents that are open, or whose end some channel has not heard of.
        public let incidents: [Incident]
        /// What channels were told last, by channel and kind.
        public let told: [String: [Alert.Kind: Telling]]
    }

    /// Reads it.
    public func answer(in transaction: Transaction) throws -> Watched {
        var situation = Situation(at: transaction.now)
        let (now, soon) = (situation.now, situation.now.adding(seconds: rules.deadlineSeconds))
        situation.oldestJobs = try transaction.oldestJobs()
        situation.buried = try transaction.buriedTargets()
        situation.buriedMail = try transaction.buriedMail()
        situation.past = try transaction.openDeadlines(from: Timestamp(seconds: 0), to: now)
        situation.near = try transaction.openDeadlines(from: now, to: soon)
        let dueSoon = now.adding(seconds: rules.requestDays * 86_400)
        situation.requestsPast = try transaction.requestDeadlines(
            from: Timestamp(seconds: 0),
            to: now
        )
        situation.requestsNear = try transaction.requestDeadlines(from: now, to: dueSoon)
        situation.verified = try transaction.latestVerification().map {
            Situation.Verified(at: $0.finishedAt, findings: $0.findings)
        }
        situation.unsequencedSince = try transaction.firstUnsequencedAt()
        var told: [String: [Alert.Kind: Telling]] = [:]
        for stored in try transaction.tellings() {
            told[stored.channel, default: [:]][stored.kind] = stored.telling
        }
        return Watched(
            situation: situation,
            incidents: try transaction.incidents(),
            told: told
        )
    }
}

/// Alerts follow from what the log says already and change nothing about anybody, so keeping them
/// is housekeeping and no audit event (decision 16).
extension Engine {
    /// Keeps the incidents there are.
    public func keep(_ incidents: [Incident]) async throws {
        try await database.write { transaction in
            for incident in incidents { try transaction.put(incident) }
        }
    }

    /// Keeps that a channel has taken a notice.
    public func keep(_ telling: Telling, about kind: Alert.Kind, by channel: String) async throws {
        let stored = StoredTelling(kind: kind, channel: channel, telling: telling)
        try await database.write { transaction in try transaction.put(stored) }
    }

    /// Forgets incidents whose end every channel has heard.
    public func forget(_ kinds: [Alert.Kind]) async throws {
        try await database.write { transaction in
            for kind in kinds { try transaction.forgetIncident(kind) }
        }
    }
}
