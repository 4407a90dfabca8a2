// What a check of somebody's unsubscribing found: one finding a rule, and what was not looked at.

/// The outcome of one check.
public struct DoctorFinding: Hashable, Sendable, Encodable {
    /// How a check ended.
    public enum Outcome: String, CaseIterable, Sendable, Encodable {
        /// As the rule wants it.
        case passed
        /// Allowed, but worth mending.
        case warned
        /// Against the rule.
        case failed
        /// Nobody looked, and `detail` says why.
        case notChecked = "not-checked"
    }

    /// A stable name.
    public let check: String
    /// How it ended.
    public let outcome: Outcome
    /// Where the rule stands.
    public let rule: String
    /// What was found, without a value that names a person.
    public let detail: String

    /// Makes a finding.
    public init(_ check: String, _ outcome: Outcome, _ rule: String, _ detail: String) {
        self.check = check
        self.outcome = outcome
        self.rule = rule
        self.detail = detail
    }
}

/// Everything that was found.
public struct DoctorReport: Hashable, Sendable, Encodable {
    /// True when nothing failed; what was not checked does not count.
    public let passed: Bool
    /// The findings, in the order of the checks.
    public let checks: [DoctorFinding]

    /// Takes the findings.
    public init(_ checks: [DoctorFinding]) {
        self.checks = checks
        passed = !checks.contains { $0.outcome == .failed }
    }
}
