// Which tests cover the sources about evidence and about sends that are recorded.

extension MirrorRule {
    /// Evidence.
    static let evidence: [Coverage] =
        [
            "Sources/HeedEvidence/BeginEvidence.swift",
            "Sources/HeedEvidence/EvidenceDocument.swift",
            "Sources/HeedEvidence/EvidenceQuestion.swift",
            "Sources/HeedEvidence/EvidenceRun.swift",
            "Sources/HeedEvidence/EvidenceSection.swift",
            "Sources/HeedEvidence/EvidenceWords.swift",
            "Sources/HeedConsent/EvidenceExport.swift",
            "Sources/HeedEvidence/PeriodCategory.swift",
            "Sources/HeedEvidence/Transaction+Evidence.swift",
        ].map { .init($0, by: "Tests/HeedEvidenceTests/EvidenceExporterTests.swift") }
        + [
            "Sources/HeedCLI/Demo/DemoEvidence.swift",
            "Sources/HeedCLI/Commands/EvidenceCommand.swift",
        ].map { .init($0, by: "Tests/EndToEndTests/EvidenceTests.swift") }
        + [
            .init(
                "Sources/HeedEvidence/Windows/WindowSpread.swift",
                by: "Tests/HeedEvidenceTests/Windows/WindowPageTests.swift"
            )
        ]
        + [
            .init(
                "Sources/HeedEngine/Queries/Transaction+Honours.swift",
                by: "Tests/HeedEngineTests/Queries/HonouredOptOutsTests.swift"
            ),
            .init(
                "Sources/HeedCLI/Commands/WindowsCommand.swift",
                by: "Tests/EndToEndTests/WindowsTests.swift"
            ),
        ]
        + [
            "Sources/HeedConsent/SendCall.swift", "Sources/HeedStore/Transaction+Sends.swift",
        ].map { .init($0, by: "Tests/HeedEngineTests/Commands/RecordSendsTests.swift") }
}
