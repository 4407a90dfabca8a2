// Which tests cover the sources about lists that come in and go out.

extension MirrorRule {
    /// Lists, in and out.
    static let lists: [Coverage] = [
        .init(
            "Sources/HeedLists/ImportSpool.swift",
            by: "Tests/HeedExchangeTests/Import/ImportSpoolTests.swift"
        ),
        .init(
            "Sources/HeedDelivery/ImportRunner.swift",
            by: "Tests/EndToEndTests/ImportUploadTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+ImportNotes.swift",
            by: "Tests/HeedExchangeTests/Import/ImportWorkerTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+Exports.swift",
            by: "Tests/HeedExchangeTests/Export/ListExporterTests.swift"
        ),
        .init(
            "Sources/HeedLists/ExportRow.swift",
            by: "Tests/HeedListsTests/ExportFormatTests.swift"
        ),
        .init(
            "Sources/HeedExchange/Import/ImportBatches.swift",
            by: "Tests/HeedExchangeTests/Import/ImportWorkerTests.swift"
        ),
        .init(
            "Sources/HeedExchange/Import/ImportQueries.swift",
            by: "Tests/HeedServerTests/API/ImportRoutesTests.swift"
        ),
        .init(
            "Sources/HeedLists/ImportRequest.swift",
            by: "Tests/HeedServerTests/API/ImportRoutesTests.swift"
        ),
        .init(
            "Sources/HeedLists/ImportUpload.swift",
            by: "Tests/HeedExchangeTests/Import/ImportSpoolTests.swift"
        ),
        .init(
            "Sources/HeedLists/CSVParser.swift",
            by: "Tests/HeedListsTests/CSVReaderTests.swift"
        ),
        .init(
            "Sources/HeedExchange/Export/ListForm.swift",
            by: "Tests/HeedExchangeTests/Export/AudienceTests.swift"
        ),
        .init(
            "Sources/HeedExchange/Export/ListPage.swift",
            by: "Tests/HeedExchangeTests/Export/AudienceTests.swift"
        ),
        .init(
            "Sources/HeedServer/API/ListBody.swift",
            by: "Tests/HeedServerTests/API/FilterRoutesTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/Audience.swift",
            by: "Tests/EndToEndTests/AudienceTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/ListExport.swift",
            by: "Tests/EndToEndTests/ImportUploadTests.swift"
        ),
    ]
}
