// Which tests cover the sources of the audit of an installation.

extension MirrorRule {
    /// Checks are shown by breaking what they look at.
    static let audit: [Coverage] =
        [
            "Sources/HeedAudit/Compliance/AuditContext.swift",
            "Sources/HeedAudit/Compliance/IndexShare.swift",
            "Sources/HeedAudit/Compliance/Inspection+Database.swift",
            "Sources/HeedAudit/Compliance/RightsChecks.swift",
            "Sources/HeedAudit/Compliance/TrailChecks.swift",
            "Sources/HeedAudit/Compliance/ForbiddenStatement.swift",
            "Sources/HeedAudit/Compliance/Transaction+Compliance.swift",
            "Sources/HeedAudit/Compliance/TriggerShare.swift",
        ].map { Coverage($0, by: "Tests/HeedAuditTests/Compliance/BreakTests.swift") }
        + [
            "Sources/HeedAudit/Compliance/Check.swift",
            "Sources/HeedAudit/Compliance/Sandbox.swift",
        ].map { Coverage($0, by: "Tests/HeedAuditTests/Compliance/ComplianceAuditTests.swift") }
        + [
            Coverage(
                "Sources/HeedEngine/Index/CompareGuard.swift",
                by: "Tests/HeedAuditTests/Verify/GuardCheckTests.swift"
            ),
            Coverage(
                "Sources/HeedCLI/Commands/AuditCommand.swift",
                by: "Tests/EndToEndTests/AuditTests.swift"
            ),
        ]
}
