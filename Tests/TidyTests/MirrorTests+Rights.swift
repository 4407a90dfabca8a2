// Which tests cover the sources about people's requests and about keeping evidence.

extension MirrorRule {
    /// Backups, and the way back from them.
    private static let restores: [Coverage] = [
        .init(
            "Sources/HeedCLI/Commands/VaultCommand.swift",
            by: "Tests/EndToEndTests/VaultTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+LookupKeys.swift",
            by: "Tests/HeedRightsTests/Keys/AddLookupKeyTests.swift"
        ),
        .init(
            "Sources/HeedStore/Vault+LookupKeys.swift",
            by: "Tests/HeedRightsTests/Keys/AddLookupKeyTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+Restores.swift",
            by: "Tests/HeedRightsTests/Restore/BeginRestoreTests.swift"
        ),
        .init(
            "Sources/HeedJournal/Journal+Opening.swift",
            by: "Tests/HeedRightsTests/Restore/JournalOpeningTests.swift"
        ),
        .init(
            "Sources/HeedStore/Journal/Transaction+Journal.swift",
            by: "Tests/HeedRightsTests/Restore/JournalOpeningTests.swift"
        ),
        .init(
            "Sources/HeedRights/Restore/ReplayStop.swift",
            by: "Tests/HeedRightsTests/Restore/ReplayerTests.swift"
        ),
        .init(
            "Sources/HeedRights/Restore/ReplayErasure.swift",
            by: "Tests/HeedRightsTests/Restore/ReplayerTests.swift"
        ),
        .init(
            "Sources/HeedRights/Restore/ErasureHistory.swift",
            by: "Tests/HeedRightsTests/Restore/ReplayerTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/RestoreCommand.swift",
            by: "Tests/EndToEndTests/BackupTests.swift"
        ),
        .init(
            "Sources/HeedCLI/MasterKeyFiles.swift",
            by: "Tests/EndToEndTests/VaultTests.swift"
        ),
        .init(
            "Sources/HeedCLI/RestorePlace.swift",
            by: "Tests/EndToEndTests/BackupTests.swift"
        ),
    ]

    /// Copies of what is known about a person.
    private static let exports: [Coverage] = [
        .init(
            "Sources/HeedConsent/PersonExport.swift",
            by: "Tests/HeedConsentTests/AuditEvent+CanonicalTests.swift"
        ),
        .init(
            "Sources/HeedStore/Export/PersonalCategory.swift",
            by: "Tests/HeedRightsTests/Export/PersonExporterTests.swift"
        ),
        .init(
            "Sources/HeedStore/Export/PersonalCategory+Person.swift",
            by: "Tests/HeedRightsTests/Export/LeakTests.swift"
        ),
        .init(
            "Sources/HeedStore/Export/PersonalCategory+Record.swift",
            by: "Tests/HeedRightsTests/Export/LeakTests.swift"
        ),
        .init(
            "Sources/HeedRights/Export/ExportDocument.swift",
            by: "Tests/HeedRightsTests/Export/PersonExporterTests.swift"
        ),
        .init(
            "Sources/HeedRights/Export/ExportFacts.swift",
            by: "Tests/HeedRightsTests/Export/PersonExporterTests.swift"
        ),
        .init(
            "Sources/HeedRights/Export/ExportRows.swift",
            by: "Tests/HeedRightsTests/Export/PersonExporterTests.swift"
        ),
        .init(
            "Sources/HeedServer/Public/ReceiptPage.swift",
            by: "Tests/HeedServerTests/API/RequestRoutesTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/Export.swift",
            by: "Tests/EndToEndTests/ExportTests.swift"
        ),
        .init(
            "Sources/HeedLists/Deflater.swift",
            by: "Tests/HeedListsTests/ZipWriterTests.swift"
        ),
    ]

    /// Requests, erasure and retention.
    static let rights: [Coverage] =
        restores + exports + [
            .init(
                "Sources/HeedConsent/AuditEvent+Requests.swift",
                by: "Tests/HeedConsentTests/AuditEvent+CanonicalTests.swift"
            ),
            .init(
                "Sources/HeedConsent/RightsRequest.swift",
                by: "Tests/HeedConsentTests/Regime+RequestsTests.swift"
            ),
            .init(
                "Sources/HeedRights/Requests/RequestCommands.swift",
                by: "Tests/HeedRightsTests/Requests/ReceiveRequestTests.swift"
            ),
            .init(
                "Sources/HeedRights/Requests/RightsRequest+Effects.swift",
                by: "Tests/HeedRightsTests/Requests/ReceiveRequestTests.swift"
            ),
            .init(
                "Sources/HeedRights/Requests/RequestQueries.swift",
                by: "Tests/HeedRightsTests/Erasure/FinishErasureTests.swift"
            ),
            .init(
                "Sources/HeedRights/Requests/RequestReceipt+Body.swift",
                by: "Tests/HeedRightsTests/Erasure/FinishErasureTests.swift"
            ),
            .init(
                "Sources/HeedStore/Transaction+Erasure.swift",
                by: "Tests/HeedRightsTests/Erasure/FinishErasureTests.swift"
            ),
            .init(
                "Sources/HeedStore/Transaction+Requests.swift",
                by: "Tests/HeedRightsTests/Requests/ReceiveRequestTests.swift"
            ),
            .init(
                "Sources/HeedCLI/Commands/RequestActs.swift",
                by: "Tests/EndToEndTests/ErasureTests.swift"
            ),
            .init(
                "Sources/HeedCLI/Commands/RequestCommand.swift",
                by: "Tests/EndToEndTests/ErasureTests.swift"
            ),
            .init(
                "Sources/HeedServer/Public/RequestReceiptRoutes.swift",
                by: "Tests/HeedServerTests/API/RequestRoutesTests.swift"
            ),
            .init(
                "Sources/HeedRights/Retention/PurgeRows.swift",
                by: "Tests/HeedRightsTests/Retention/PurgerTests.swift"
            ),
            .init(
                "Sources/HeedStore/Transaction+Retention.swift",
                by: "Tests/HeedRightsTests/Retention/PurgerTests.swift"
            ),
            .init(
                "Sources/HeedStore/Transaction+Activity.swift",
                by: "Tests/HeedEngineTests/Activity/RecordActivitiesTests.swift"
            ),
            .init(
                "Sources/HeedCLI/Commands/StatsCommand.swift",
                by: "Tests/EndToEndTests/StatsTests.swift"
            ),
            .init(
                "Sources/HeedStore/Transaction+Locks.swift",
                by: "Tests/EndToEndTests/PostgresRaceTests.swift"
            ),
        ]
}
