// swift-tools-version: 6.2
// The rooms of the house and who may import whom (ARCHITECTURE.md). Versions are exact, because a
// consent engine must not change by itself; docs/dependencies.md says what that leaves out.

import PackageDescription

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let extras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle: Target.Dependency =
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "heed",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "heed", targets: ["HeedCLI"]),
        .library(
            name: "HeedEngine",
            targets: [
                "HeedConsent", "HeedStore", "HeedJournal", "HeedSQLite", "HeedEngine", "HeedAudit",
                "HeedRights",
            ]
        ),
        .library(name: "HeedPostgres", targets: ["HeedPostgres"]),
        .library(name: "HeedLedger", targets: ["HeedLedger"]),
    ],
    traits: [
        .trait(name: "PostgreSQL", description: "The PostgreSQL engine; needs libpq."),
        .default(enabledTraits: ["PostgreSQL"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration",
            exact: "1.4.0",
            traits: [.defaults, "YAML"]
        ),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle",
            exact: "2.13.0"
        ),
    ],
    targets: [
        .target(name: "HeedConsent"),
        .target(name: "HeedLedger", dependencies: [crypto]),
        .target(name: "HeedLists", dependencies: ["CZlib", "HeedConsent", crypto]),
        .target(
            name: "HeedStore",
            dependencies: ["HeedConsent", "HeedLedger", crypto],
            resources: [
                .embedInCode("Migrations/0001-spine.sqlite.sql"),
                .embedInCode("Migrations/0002-ledger.sqlite.sql"),
                .embedInCode("Migrations/0003-alerts.sqlite.sql"),
                .embedInCode("Migrations/0004-connectors.sqlite.sql"),
                .embedInCode("Migrations/0005-forms.sqlite.sql"),
                .embedInCode("Migrations/0006-requests.sqlite.sql"),
                .embedInCode("Migrations/0007-events.sqlite.sql"),
                .embedInCode("Migrations/0001-spine.postgres.sql"),
                .embedInCode("Migrations/0002-ledger.postgres.sql"),
                .embedInCode("Migrations/0003-alerts.postgres.sql"),
                .embedInCode("Migrations/0004-connectors.postgres.sql"),
                .embedInCode("Migrations/0005-forms.postgres.sql"),
                .embedInCode("Migrations/0006-requests.postgres.sql"),
                .embedInCode("Migrations/0007-events.postgres.sql"),
            ]
        ),
        .target(name: "HeedJournal", dependencies: ["HeedConsent", "HeedStore"]),
        .target(
            name: "HeedSQLite",
            dependencies: [
                "CSQLite", "HeedConsent", "HeedJournal", "HeedStore",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]
        ),
        .systemLibrary(
            name: "CPostgres",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .systemLibrary(
            name: "CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]
        ),
        .target(
            name: "HeedPostgres",
            dependencies: ["CPostgres", "HeedConsent", "HeedJournal", "HeedStore"]
        ),
        .target(
            name: "HeedEngine",
            dependencies: ["HeedConsent", "HeedLedger", "HeedStore", crypto, metrics]
        ),
        .target(
            name: "HeedAudit",
            dependencies: [
                "HeedConsent", "HeedLedger", "HeedStore", "HeedEngine", "HeedRights",
                "HeedEvidence", crypto,
            ]
        ),
        .target(
            name: "HeedRights",
            dependencies: [
                "HeedConsent", "HeedJournal", "HeedLedger", "HeedLists", "HeedStore", "HeedEngine",
            ]
        ),
        .target(
            name: "HeedEvidence",
            dependencies: [
                "HeedConsent", "HeedLedger", "HeedLists", "HeedStore", "HeedEngine", "HeedRights",
                crypto,
            ]
        ),
        .target(
            name: "HeedExchange",
            dependencies: ["HeedConsent", "HeedLists", "HeedStore", "HeedEngine", crypto]
        ),
        .target(name: "HeedConnectors", dependencies: ["HeedConsent", crypto, extras]),
        .target(
            name: "HeedDelivery",
            dependencies: [
                "HeedConsent", "HeedLedger", "HeedLists", "HeedStore", "HeedEngine", "HeedAudit",
                "HeedRights", "HeedExchange", "HeedConnectors", logging, lifecycle,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(
            name: "HeedServer",
            dependencies: [
                "HeedConsent", "HeedLedger", "HeedLists", "HeedStore", "HeedEngine", "HeedEvidence",
                "HeedRights", "HeedExchange", "HeedConnectors", crypto, logging, lifecycle, metrics,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ],
            resources: [
                .embedInCode("Templates/page.mustache"), .embedInCode("Templates/page.css"),
                .embedInCode("Templates/ask.mustache"), .embedInCode("Templates/done.mustache"),
                .embedInCode("Templates/failed.mustache"),
                .embedInCode("Templates/confirm.mustache"),
                .embedInCode("Templates/preferences.mustache"),
                .embedInCode("Templates/entry.mustache"),
                .embedInCode("Templates/notice.mustache"),
                .embedInCode("Templates/download.mustache"),
                .embedInCode("Templates/receipt.mustache"),
                .embedInCode("Templates/Languages/en.json"),
                .embedInCode("Templates/Languages/de.json"),
                .embedInCode("Templates/Languages/es.json"),
                .embedInCode("Templates/Languages/fr.json"),
                .embedInCode("Templates/Languages/pl.json"), .embedInCode("openapi.yaml"),
            ]
        ),
        .executableTarget(
            name: "HeedCLI",
            dependencies: [
                "HeedConsent", "HeedJournal", "HeedLedger", "HeedLists", "HeedStore", "HeedSQLite",
                "HeedEngine", "HeedAudit", "HeedRights", "HeedEvidence", "HeedExchange",
                "HeedConnectors", "HeedDelivery", "HeedServer", logging, lifecycle,
                .target(name: "HeedPostgres", condition: .when(traits: ["PostgreSQL"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Demo/Fixtures")]
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "HeedConsent", "HeedJournal", "HeedLedger", "HeedStore", "HeedSQLite",
                "HeedPostgres", "HeedEngine", "HeedAudit", "HeedRights", "HeedLists", logging,
            ],
            path: "Tests/TestSupport"
        ),
        .testTarget(name: "HeedConsentTests", dependencies: ["TestSupport", "HeedConsent"]),
        .testTarget(
            name: "HeedListsTests",
            dependencies: ["TestSupport", "HeedConsent", "HeedLists"]
        ),
        .testTarget(name: "HeedLedgerTests", dependencies: ["TestSupport", "HeedLedger", crypto]),
        .executableTarget(
            name: "HolidayTable",
            dependencies: ["HeedConsent"],
            path: "Tests/HolidayTable"
        ),
        .executableTarget(
            name: "SampleLog",
            dependencies: ["HeedLedger"],
            path: "Tests/SampleLog"
        ),
        .testTarget(
            name: "HeedStoreTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedLedger", "HeedStore", crypto,
            ]
        ),
        .testTarget(
            name: "HeedJournalTests",
            dependencies: ["TestSupport", "HeedConsent", "HeedJournal", "HeedStore"]
        ),
        .testTarget(
            name: "HeedSQLiteTests",
            dependencies: ["TestSupport", "HeedAudit", "HeedConsent", "HeedStore", "HeedSQLite"]
        ),
        .testTarget(
            name: "HeedPostgresTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedStore", "HeedPostgres",
                "HeedEngine", "HeedAudit", "HeedRights",
            ]
        ),
        .testTarget(
            name: "HeedEngineTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedLedger", "HeedStore", "HeedEngine",
                "HeedAudit", "HeedRights", metrics,
            ]
        ),
        .testTarget(
            name: "HeedAuditTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedLedger", "HeedStore", "HeedEngine",
                "HeedAudit", "HeedRights",
            ]
        ),
        .testTarget(
            name: "HeedRightsTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedJournal", "HeedLedger", "HeedLists", "HeedStore",
                "HeedEngine", "HeedAudit", "HeedRights", "HeedServer", crypto,
            ]
        ),
        .testTarget(
            name: "HeedEvidenceTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedLedger", "HeedStore", "HeedEngine",
                "HeedRights", "HeedEvidence",
            ]
        ),
        .testTarget(
            name: "HeedExchangeTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedLists", "HeedStore", "HeedEngine",
                "HeedExchange",
            ]
        ),
        .testTarget(
            name: "HeedConnectorsTests",
            dependencies: ["TestSupport", "HeedConsent", "HeedConnectors", crypto, extras]
        ),
        .executableTarget(
            name: "ConnectorTranscripts",
            dependencies: ["HeedConsent", "HeedConnectors"],
            path: "Tests/ConnectorTranscripts"
        ),
        .testTarget(
            name: "HeedDeliveryTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedLedger", "HeedStore", "HeedEngine", "HeedAudit",
                "HeedRights", "HeedConnectors", "HeedDelivery", "HeedServer", logging, lifecycle,
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "HeedServerTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedLedger", "HeedLists", "HeedStore", "HeedEngine",
                "HeedAudit", "HeedRights", "HeedExchange", "HeedConnectors",
                "HeedServer", crypto, logging, metrics,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "HeedCLITests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedEngine", "HeedServer", "HeedCLI", logging,
                .product(name: "Configuration", package: "swift-configuration"),
            ]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["HeedCLI", "HeedLedger", "TestSupport"]
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "TestSupport", "HeedConsent", "HeedLedger", "HeedLists", "HeedStore", "HeedEngine",
                "HeedAudit", "HeedRights", "HeedExchange", "HeedConnectors", "HeedDelivery",
                logging,
            ],
            path: "Tests/Simulation"
        ),
        .testTarget(name: "TidyTests"),
    ]
)

for target in package.targets where ![.plugin, .system].contains(target.type) {
    var settings: [SwiftSetting] = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ]
    if target.type != .test { settings.append(.strictMemorySafety()) }
    target.swiftSettings = settings
}
