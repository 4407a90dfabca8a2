// What is known about the work at one moment, and which of it a person has to be told.

/// The facts that alerts are made from, without personal data.
public struct Situation: Hashable, Sendable {
    /// The job of a lane that has waited longest.
    public struct WaitingJob: Hashable, Sendable {
        /// The job.
        public let id: JobID
        /// Its lane.
        public let lane: String
        /// What is to be done, as it is stored.
        public let kind: String
        /// Since when it is due.
        public let dueSince: Timestamp

        /// Takes all four.
        public init(id: JobID, lane: String, kind: String, dueSince: Timestamp) {
            self.id = id
            self.lane = lane
            self.kind = kind
            self.dueSince = dueSince
        }
    }

    /// What was given up on at one connector.
    public struct BuriedTargets: Hashable, Sendable {
        /// The connector.
        public let connector: String
        /// How many.
        public let count: Int
        /// The first of them.
        public let first: TargetID

        /// Takes all three.
        public init(connector: String, count: Int, first: TargetID) {
            self.connector = connector
            self.count = count
            self.first = first
        }
    }

    /// Messages of Heed's own that were given up.
    public struct BuriedMail: Hashable, Sendable {
        /// How many.
        public let count: Int
        /// The job of the first of them.
        public let first: JobID

        /// Takes both.
        public init(count: Int, first: JobID) {
            self.count = count
            self.first = first
        }
    }

    /// Open opt-outs with their deadline in some span of time.
    public struct Deadlines: Hashable, Sendable {
        /// How many.
        public let count: Int
        /// The one with the earliest deadline.
        public let first: OptOutID
        /// Its regime.
        public let regime: String
        /// Its deadline.
        public let deadlineAt: Timestamp

        /// Takes all four.
        public init(count: Int, first: OptOutID, regime: String, deadlineAt: Timestamp) {
            self.count = count
            self.first = first
            self.regime = regime
            self.deadlineAt = deadlineAt
        }
    }

    /// A person's open requests with their deadline in some span of time.
    public struct RequestDeadlines: Hashable, Sendable {
        /// How many.
        public let count: Int
        /// The one with the earliest deadline.
        public let first: RequestID
        /// What it asks for.
        public let kind: RightsRequest.Kind
        /// Its deadline.
        public let deadlineAt: Timestamp

        /// Takes all four.
        public init(
            count: Int,
            first: RequestID,
            kind: RightsRequest.Kind,
            deadlineAt: Timestamp
        ) {
            self.count = count
            self.first = first
            self.kind = kind
            self.deadlineAt = deadlineAt
        }
    }

    /// What a verification found.
    public struct Verified: Hashable, Sendable {
        /// When it ended.
        public let at: Timestamp
        /// How many differences there are.
        public let findings: Int

        /// Takes both.
        public init(at: Timestamp, findings: Int) {
            self.at = at
            self.findings = findings
        }
    }

    /// The moment.
    public let now: Timestamp
    /// The job of each lane that has waited longest.
    public var oldestJobs: [WaitingJob] = []
    /// What was given up on, by connector.
    public var buried: [BuriedTargets] = []
    /// Messages to people that were given up; nil when there is none.
    public var buriedMail: BuriedMail?
    /// Open opt-outs whose deadline is not past but near.
    public var near: Deadlines?
    /// Open opt-outs whose deadline is past.
    public var past: Deadlines?
    /// Open requests whose deadline is not past but near.
    public var requestsNear: RequestDeadlines?
    /// Open requests whose deadline is past.
    public var requestsPast: RequestDeadlines?
    /// The last verification.
    public var verified: Verified?
    /// Since when the first event that is not in the log waits for it.
    public var unsequencedSince: Timestamp?

    /// Starts with nothing wrong.
    public init(at now: Timestamp) { self.now = now }
}

extension AlertRules {
    /// What is wrong, at most one alert a kind.
    public func alerts(in situation: Situation) -> [Alert] {
        [
            oldJob(situation), AlertRules.buried(situation), AlertRules.buriedMail(situation),
            near(situation), AlertRules.past(situation), requestNear(situation),
            AlertRules.requestPast(situation), AlertRules.logDiffers(situation),
            logBehind(situation),
        ].compactMap(\.self)
    }

    private func oldJob(_ situation: Situation) -> Alert? {
        let jobs = situation.oldestJobs.sorted {
            ($0.dueSince, $0.id) < ($1.dueSince, $1.id)
        }
        guard let job = jobs.first,
            situation.now >= job.dueSince.adding(seconds: oldJobSeconds)
        else { return nil }
        let seconds = Int(situation.now.milliseconds(since: job.dueSince) / 1000)
        let age = seconds < 60 ? counted(seconds, "second") : counted(seconds / 60, "minute")
        return Alert(
            .oldJob,
            "the oldest job, \(job.id.text) (\(job.kind), lane \(job.lane)), is due since "
                + "\(job.dueSince.text), for \(age)"
        )
    }

    private static func buried(_ situation: Situation) -> Alert? {
        let buried = situation.buried.filter { $0.count > 0 }
        guard let first = buried.map(\.first).min() else { return nil }
        let counts = buried.map { "\($0.connector) \($0.count)" }.joined(separator: ", ")
        return Alert(
            .buriedTargets,
            "other systems were given up on (\(counts)), first for target \(first.text); "
                + "`heed queue list --state buried` shows them"
        )
    }

    private static func buriedMail(_ situation: Situation) -> Alert? {
        situation.buriedMail.map { buried in
            Alert(
                .buriedMail,
                counted(buried.count, "message") + " to people given up, first job "
                    + "\(buried.first.text); the log of that moment has the mail server's answer; "
                    + "`heed queue retry` sends again, `heed queue drop` ends it"
            )
        }
    }

    private func near(_ situation: Situation) -> Alert? {
        situation.near.map { near in
            Alert(
                .deadlineNear,
                "open opt-outs within \(deadlineSeconds) seconds of their legal deadline: "
                    + AlertRules.sentence(near)
            )
        }
    }

    private static func past(_ situation: Situation) -> Alert? {
        situation.past.map { past in
            Alert(.deadlinePast, "open opt-outs past their legal deadline: \(sentence(past))")
        }
    }

    private static func sentence(_ deadlines: Situation.Deadlines) -> String {
        "\(deadlines.count), first \(deadlines.first.text) (\(deadlines.regime)) at "
            + deadlines.deadlineAt.text
    }

    private func requestNear(_ situation: Situation) -> Alert? {
        situation.requestsNear.map { near in
            Alert(
                .requestNear,
                "people's open requests within \(counted(Int(requestDays), "day")) of their legal "
                    + "deadline: " + AlertRules.sentence(near)
            )
        }
    }

    private static func requestPast(_ situation: Situation) -> Alert? {
        situation.requestsPast.map { past in
            Alert(
                .requestPast,
                "people's open requests past their legal deadline: " + sentence(past)
            )
        }
    }

    private static func sentence(_ deadlines: Situation.RequestDeadlines) -> String {
        "\(deadlines.count), first \(deadlines.first.text) (\(deadlines.kind.rawValue)) at "
            + "\(deadlines.deadlineAt.text); `heed request list` shows them"
    }

    private static func logDiffers(_ situation: Situation) -> Alert? {
        guard let verified = situation.verified, verified.findings > 0 else { return nil }
        return Alert(
            .logDiffers,
            "the verification of \(verified.at.text) found "
                + counted(verified.findings, "difference")
                + " between the database and the signed log; run `heed verify`"
        )
    }

    private func logBehind(_ situation: Situation) -> Alert? {
        guard let since = situation.unsequencedSince,
            situation.now >= since.adding(seconds: logBehindSeconds)
        else { return nil }
        return Alert(.logBehind, "events wait to be taken into the log since \(since.text)")
    }
}

/// A number with its noun, as "1 job" and "2 jobs".
package func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
}
