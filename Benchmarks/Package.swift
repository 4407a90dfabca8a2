// swift-tools-version: 6.2
// Benchmarks against the raw engine, in a package of their own so that users do not build them.

import PackageDescription

let package = Package(
    name: "heed-benchmarks",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "heed-bench", targets: ["HeedBench"])],
    dependencies: [
        .package(name: "heed", path: ".."),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CBenchPostgres",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .target(
            name: "CRawEngines",
            cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))],
            linkerSettings: [.linkedLibrary("sqlite3")]
        ),
        .executableTarget(
            name: "HeedBench",
            dependencies: [
                "CBenchPostgres", "CRawEngines", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HeedEngine", package: "heed"),
                .product(name: "HeedLedger", package: "heed"),
                .product(name: "HeedPostgres", package: "heed"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
        ),
    ]
)
