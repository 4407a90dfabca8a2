// Every source file says what it is for, and its tests are where one looks for them.

import Testing

/// A source file whose logic is tested somewhere other than in its mirror.
struct Coverage: Sendable {
    let source: String
    let test: String

    init(_ source: String, by test: String) {
        self.source = source
        self.test = test
    }
}

enum MirrorRule {
    /// Sources without a mirrored test file, each with the test that covers it.
    static let coveredElsewhere = lists + rights + audit + evidence + connectors + others

    private static let connectors: [Coverage] =
        ["Change", "Command", "Options", "Show"].map {
            .init(
                "Sources/HeedCLI/Commands/Connector\($0).swift",
                by: "Tests/EndToEndTests/ConnectorTests.swift"
            )
        }
        + ["ConnectorAsk", "Reconcile"].map {
            .init(
                "Sources/HeedCLI/Commands/\($0).swift",
                by: "Tests/EndToEndTests/ReconcileTests.swift"
            )
        }

    private static let others: [Coverage] = [
        .init(
            "Sources/HeedEngine/LinkKind.swift",
            by: "Tests/HeedEngineTests/UnsubscribeLinkTests.swift"
        ),
        .init(
            "Sources/HeedEngine/Queries/Preferences.swift",
            by: "Tests/HeedServerTests/Public/PreferenceRoutesTests.swift"
        ),
        .init(
            "Sources/HeedServer/Public/PreferencePage.swift",
            by: "Tests/HeedServerTests/Public/PreferenceRoutesTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/PageCommands.swift",
            by: "Tests/EndToEndTests/WrongInputTests.swift"
        ),
        .init(
            "Sources/HeedServer/ServerOptions.swift",
            by: "Tests/HeedServerTests/Application+buildTests.swift"
        ),
        .init(
            "Sources/HeedEngine/Index/GuardTable.swift",
            by: "Tests/HeedEngineTests/Index/GuardIndexTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+GuardIndex.swift",
            by: "Tests/HeedEngineTests/Index/GuardIndexTests.swift"
        ),
        .init("Sources/HeedCLI/Commands/Verify.swift", by: "Tests/EndToEndTests/VerifyTests.swift"),
        .init(
            "Sources/HeedAudit/Verify/BlockCheck.swift",
            by: "Tests/HeedAuditTests/Verify/TamperingTests.swift"
        ),
        .init(
            "Sources/HeedAudit/Verify/LogCheck.swift",
            by: "Tests/HeedAuditTests/Verify/TamperingTests.swift"
        ),
        .init(
            "Sources/HeedAudit/Verify/PeopleCheck.swift",
            by: "Tests/HeedAuditTests/Verify/TamperingTests.swift"
        ),
        .init(
            "Sources/HeedEngine/PermissionFold.swift",
            by: "Tests/HeedAuditTests/Verify/VerifierTests.swift"
        ),
        .init(
            "Sources/HeedAudit/Verify/RecordCheck.swift",
            by: "Tests/HeedAuditTests/Verify/TamperingTests.swift"
        ),
        .init(
            "Sources/HeedEngine/Log/LogStatus.swift",
            by: "Tests/HeedAuditTests/Verify/VerifierTests.swift"
        ),
        .init(
            "Sources/HeedAudit/Verify/VerifierRun.swift",
            by: "Tests/HeedAuditTests/Verify/VerifierTests.swift"
        ),
        .init(
            "Sources/HeedAudit/Verify/Transaction+LogPages.swift",
            by: "Tests/HeedAuditTests/Verify/TamperingTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+People.swift",
            by: "Tests/HeedAuditTests/Verify/TamperingTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+Verifications.swift",
            by: "Tests/HeedAuditTests/Verify/VerifierTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+Ledger.swift",
            by: "Tests/HeedEngineTests/Log/SequencerTests.swift"
        ),
        .init(
            "Sources/HeedStore/Transaction+Reconcile.swift",
            by: "Tests/HeedEngineTests/Reconcile/BlockedHereTests.swift"
        ),
        .init(
            "Sources/HeedDelivery/ListingWire.swift",
            by: "Tests/HeedDeliveryTests/ReconcilerTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/ConsentCommand.swift",
            by: "Tests/EndToEndTests/FilterTests.swift"
        ),
        .init("Sources/HeedCLI/Commands/Filter.swift", by: "Tests/EndToEndTests/FilterTests.swift"),
        .init("Sources/HeedCLI/Commands/Import.swift", by: "Tests/EndToEndTests/ImportTests.swift"),
        .init(
            "Sources/HeedCLI/Commands/Doctor.swift",
            by: "Tests/EndToEndTests/DoctorTests.swift"
        ),
        .init(
            "Sources/HeedServer/Receipts/KantaraReceipt.swift",
            by: "Tests/HeedServerTests/Receipts/ReceiptRoutesTests.swift"
        ),
        .init(
            "Sources/HeedServer/Receipts/DPVReceipt.swift",
            by: "Tests/HeedServerTests/Receipts/ReceiptRoutesTests.swift"
        ),
        .init(
            "Sources/HeedLists/Inflater.swift",
            by: "Tests/HeedListsTests/ZipArchiveTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/Purge.swift",
            by: "Tests/EndToEndTests/RetentionTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/LogVerify.swift",
            by: "Tests/EndToEndTests/LogCommandTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/LogProve.swift",
            by: "Tests/EndToEndTests/LogCommandTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/LogCommand.swift",
            by: "Tests/EndToEndTests/LogCommandTests.swift"
        ),
        .init(
            "Sources/HeedCLI/BundleFolder.swift",
            by: "Tests/EndToEndTests/LogCommandTests.swift"
        ),
        .init(
            "Sources/HeedServer/Metrics/MetricFamily.swift",
            by: "Tests/HeedServerTests/PrometheusTextTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/QueueCommand.swift",
            by: "Tests/EndToEndTests/QueueCommandTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/RegistryCommands.swift",
            by: "Tests/EndToEndTests/WrongInputTests.swift"
        ),
        .init(
            "Sources/HeedCLI/Commands/Serve.swift",
            by: "Tests/EndToEndTests/FirstStartTests.swift"
        ),
        .init("Sources/HeedCLI/Demo/Demo.swift", by: "Tests/EndToEndTests/DemoTests.swift"),
        .init("Sources/HeedCLI/Demo/DemoStage.swift", by: "Tests/EndToEndTests/DemoTests.swift"),
        .init(
            "Sources/HeedCLI/Demo/DemoStage+Acts.swift",
            by: "Tests/EndToEndTests/DemoTests.swift"
        ),
        .init("Sources/HeedCLI/Heed.swift", by: "Tests/EndToEndTests/WrongInputTests.swift"),
        .init("Sources/HeedCLI/Installation.swift", by: "Tests/EndToEndTests/SettingsTests.swift"),
        .init("Sources/HeedCLI/OpenDatabase.swift", by: "Tests/EndToEndTests/PostgresTests.swift"),
        .init("Sources/HeedCLI/LogServices.swift", by: "Tests/EndToEndTests/LogTests.swift"),
        .init(
            "Sources/HeedExchange/Import/ImportReport.swift",
            by: "Tests/HeedExchangeTests/Import/ImporterTests.swift"
        ),
        .init(
            "Sources/HeedExchange/Import/ImportRows.swift",
            by: "Tests/HeedExchangeTests/Import/ImporterTests.swift"
        ),
        .init(
            "Sources/HeedLedger/ProofBundle+Check.swift",
            by: "Tests/HeedLedgerTests/ProofBundleTests.swift"
        ),
        .init(
            "Sources/HeedPostgres/PostgresConnection.swift",
            by: "Tests/HeedPostgresTests/SessionTests.swift"
        ),
        .init("Sources/HeedPostgres/Values.swift", by: "Tests/HeedStoreTests/SQLTests.swift"),
        .init(
            "Sources/HeedSQLite/ReaderPool.swift",
            by: "Tests/HeedSQLiteTests/SQLiteDatabaseTests.swift"
        ),
    ]

    /// Up to this many lines of code a file needs no test file of its own.
    static let linesWithoutMirror = 40

    /// The opening comment is one sentence, however many lines it takes.
    static func opening(of file: SourceFile) -> [Violation] {
        let comment = file.lines.prefix { $0.hasPrefix("//") && !$0.hasPrefix("///") }
            .map { $0.dropFirst(2).trimming() }
            .joined(separator: " ")
        guard !comment.isEmpty else {
            return [Violation(path: file.path, line: 1, message: "opens without a `//` sentence")]
        }
        guard comment.hasSuffix("."), comment.count > 1 else {
            let message = "the opening comment does not end with a full stop"
            return [Violation(path: file.path, line: 1, message: message)]
        }
        let plain = comment.replacing("e.g. ", with: "").replacing("i.e. ", with: "")
        guard !plain.contains(/[.!?] [A-Z]/) else {
            let message = "the opening comment is more than one sentence"
            return [Violation(path: file.path, line: 1, message: message)]
        }
        return []
    }

    static func hasLogic(_ file: SourceFile) -> Bool {
        let code = LexedText(file.text).code.filter { !$0.trimming().isEmpty }
        return code.count > linesWithoutMirror && code.contains { $0.contains(/\bfunc\s/) }
    }

    /// `Sources/X/…/Y.swift` is mirrored by `Tests/XTests/…/YTests.swift`, in any folder there.
    static func missingMirrors(
        sources: [SourceFile],
        tests: Set<String>,
        elsewhere: [Coverage]
    ) -> [Violation] {
        let excused = Set(elsewhere.map(\.source))
        return sources.compactMap { file in
            guard let target = file.target, !excused.contains(file.path), hasLogic(file) else {
                return nil
            }
            let mirror = file.name.dropLast(".swift".count) + "Tests.swift"
            let isMirrored = tests.contains {
                $0.hasPrefix("Tests/\(target)Tests/") && $0.hasSuffix("/\(mirror)")
            }
            let message = "no Tests/\(target)Tests/\(mirror) and no `coveredElsewhere` entry"
            return isMirrored ? nil : Violation(path: file.path, line: 1, message: message)
        }
    }

    /// An entry must name two files that exist, once, and be needed.
    static func staleEntries(
        in elsewhere: [Coverage],
        sources: [SourceFile],
        tests: Set<String>
    ) -> [Violation] {
        elsewhere.enumerated().flatMap { index, entry -> [Violation] in
            var messages: [String] = []
            if elsewhere[..<index].contains(where: { $0.source == entry.source }) {
                messages.append("is listed twice")
            }
            if !tests.contains(entry.test) { messages.append("\(entry.test) does not exist") }
            if let file = sources.first(where: { $0.path == entry.source }) {
                let others = missingMirrors(sources: [file], tests: tests, elsewhere: [])
                if others.isEmpty { messages.append("needs no entry; take it out") }
            } else {
                messages.append("does not exist")
            }
            return messages.map { Violation(path: entry.source, line: 1, message: $0) }
        }
    }
}

extension StringProtocol {
    fileprivate func trimming() -> String {
        var text = self[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}

@Suite("Mirrors")
struct MirrorTests {
    private var tests: Set<String> { Set(SourceTree.paths.filter { $0.hasPrefix("Tests/") }) }

    @Test func filesOpenWithASentence() {
        expectNone(SourceTree.sources.flatMap(MirrorRule.opening))
    }

    @Test func logicHasItsTestFile() {
        expectNone(
            MirrorRule.missingMirrors(
                sources: SourceTree.sources,
                tests: tests,
                elsewhere: MirrorRule.coveredElsewhere
            )
        )
    }

    @Test func exceptionsAreStillNeeded() {
        expectNone(
            MirrorRule.staleEntries(
                in: MirrorRule.coveredElsewhere,
                sources: SourceTree.sources,
                tests: tests
            )
        )
    }
}

@Suite("Mirrors: the rules can fail")
struct MirrorRuleTests {
    private let path = "Sources/HeedStore/Sub/A.swift"
    private let long = SourceFile(
        path: "Sources/HeedStore/Sub/A.swift",
        text: "// A.\nfunc a() {\n" + String(repeating: "    b()\n", count: 40) + "}\n"
    )

    @Test(arguments: [
        ("// One sentence.\n", 0),
        ("// One sentence over\n// two lines.\n\nimport A\n", 0),
        ("// Formats, e.g. Mailchimp's.\n", 0),
        ("import A\n", 1),
        ("\n// Late.\n", 1),
        ("/// A type's comment.\n", 1),
        ("// No full stop\n", 1),
        ("// One. Two.\n", 1),
        ("//\n", 1),
        ("", 1),
    ])
    func openings(_ text: String, _ expected: Int) {
        let file = SourceFile(path: path, text: text)
        #expect(MirrorRule.opening(of: file).count == expected)
    }

    @Test(arguments: [
        ("Tests/HeedStoreTests/ATests.swift", 0),
        ("Tests/HeedStoreTests/Sub/ATests.swift", 0),
        ("Tests/HeedEngineTests/ATests.swift", 1),
        ("Tests/HeedStoreTests/BATests.swift", 1),
    ])
    func mirrors(_ test: String, _ expected: Int) {
        let found = MirrorRule.missingMirrors(sources: [long], tests: [test], elsewhere: [])
        #expect(found.count == expected)
    }

    @Test func shortFilesAndPlainDataNeedNoMirror() {
        let short = SourceFile(path: path, text: "// A.\nfunc a() {}\n")
        let data = SourceFile(path: path, text: String(repeating: "let a = 1\n", count: 90))
        let comments = String(repeating: "// c\n", count: 90)
        let commented = SourceFile(path: path, text: comments + "func a() {}\n")
        for file in [short, data, commented] {
            #expect(!MirrorRule.hasLogic(file))
        }
        #expect(MirrorRule.hasLogic(long))
    }

    @Test func anEntryExcusesItsFile() {
        let entry = Coverage(path, by: "Tests/T/B.swift")
        let found = MirrorRule.missingMirrors(sources: [long], tests: [], elsewhere: [entry])
        expectNone(found)
    }

    @Test(arguments: [
        (["Tests/T/B.swift"], 0),
        ([], 1),
        (["Tests/T/B.swift", "Tests/HeedStoreTests/ATests.swift"], 1),
    ])
    func entries(_ tests: [String], _ expected: Int) {
        let entry = Coverage(path, by: "Tests/T/B.swift")
        let found = MirrorRule.staleEntries(in: [entry], sources: [long], tests: Set(tests))
        #expect(found.count == expected)
    }

    @Test func entriesForAbsentOrRepeatedFilesAreFound() {
        let entry = Coverage(path, by: "Tests/T/B.swift")
        let tests: Set<String> = ["Tests/T/B.swift"]
        let absent = MirrorRule.staleEntries(in: [entry], sources: [], tests: tests)
        let twice = MirrorRule.staleEntries(in: [entry, entry], sources: [long], tests: tests)
        #expect(absent.count == 1)
        #expect(twice.count == 1)
    }
}
