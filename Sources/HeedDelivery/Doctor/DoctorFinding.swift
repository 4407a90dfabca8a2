// What a check of somebody's unsubscribing found: one finding a rule, and what was not looked at.

/// The outcome of one check.
package struct DoctorFinding: Hashable, Sendable, Encodable {
    /// How a check ended.
    package enum Outcome: String, CaseIterable, Sendable, Encodable {
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
    package let check: String
    /// How it ended.
    package let outcome: Outcome
    /// Where the rule stands.
    package let rule: String
    /// What was found, without a value that names a person.
    package let detail: String

    /// Makes a finding.
    package init(_ check: String, _ outcome: Outcome, _ rule: String, _ detail: String) {
        self.check = check
        self.outcome = outcome
        self.rule = rule
        self.detail = detail
    }
}

/// Everything that was found.
package struct DoctorReport: Hashable, Sendable, Encodable {
    /// True when nothing failed; what was not checked does not count.
    package let passed: Bool
    /// The findings, in the order of the checks.
    package let checks: [DoctorFinding]

    /// Takes the findings.
    package init(_ checks: [DoctorFinding]) {
        self.checks = checks
        passed = !checks.contains { $0.outcome == .failed }
    }
}
