// Who may import whom, and which modules only one target may see.

import Testing

/// The import graph of ARCHITECTURE.md as data.
///
/// A new row needs a decision record.
enum ImportRule {
    /// For each target, the targets of ours it may import.
    static let graph: [String: Set<String>] = [
        "HeedConsent": [],
        "HeedLedger": [],
        "HeedStore": ["HeedConsent", "HeedLedger"],
        "HeedJournal": ["HeedStore", "HeedConsent"],
        "HeedSQLite": ["HeedJournal", "HeedStore", "HeedConsent", "HeedLedger", "CSQLite"],
        "HeedPostgres": ["HeedJournal", "HeedStore", "HeedConsent", "HeedLedger", "CPostgres"],
        "CPostgres": [],
        "CSQLite": [],
        "CZlib": [],
        "HeedLists": ["HeedConsent", "CZlib"],
        "HeedEngine": ["HeedStore", "HeedConsent", "HeedLedger"],
        "HeedAudit": [
            "HeedEvidence", "HeedRights", "HeedEngine", "HeedStore", "HeedConsent", "HeedLedger",
        ],
        "HeedRights": [
            "HeedEngine", "HeedLists", "HeedJournal", "HeedStore", "HeedConsent", "HeedLedger",
        ],
        "HeedEvidence": [
            "HeedLists", "HeedRights", "HeedEngine", "HeedStore", "HeedConsent", "HeedLedger",
        ],
        "HeedExchange": ["HeedEngine", "HeedLists", "HeedStore", "HeedConsent"],
        "HeedConnectors": ["HeedConsent"],
        "HeedDelivery": [
            "HeedEngine", "HeedAudit", "HeedRights", "HeedExchange", "HeedLists", "HeedConnectors",
            "HeedStore", "HeedConsent", "HeedLedger",
        ],
        "HeedServer": [
            "HeedEngine", "HeedRights", "HeedEvidence", "HeedExchange", "HeedLists",
            "HeedConnectors", "HeedStore", "HeedConsent", "HeedLedger",
        ],
        "HeedCLI": [
            "HeedServer", "HeedDelivery", "HeedEngine", "HeedAudit", "HeedRights", "HeedEvidence",
            "HeedExchange", "HeedLists", "HeedConnectors", "HeedSQLite", "HeedPostgres",
            "HeedJournal", "HeedStore",
            "HeedConsent", "HeedLedger",
        ],
    ]

    /// Modules of others that stay behind one target.
    ///
    /// A trailing `*` stands for any ending.
    static let fences: [(module: String, target: String)] = [
        ("GRDB", "HeedSQLite"),
        ("GRDBSQLite", "HeedSQLite"),
        ("Hummingbird*", "HeedServer"),
        ("Mustache", "HeedServer"),
        ("AsyncHTTPClient", "HeedDelivery"),
        ("ArgumentParser", "HeedCLI"),
        ("Configuration", "HeedCLI"),
    ]

    /// Targets without Foundation, and the files in them that may have it.
    static let withoutFoundation: [String: Set<String>] = [
        "HeedConsent": ["Address+Unicode.swift"],
        "HeedLedger": [],
    ]

    static func violations(in file: SourceFile) -> [Violation] {
        guard let target = file.target else { return [] }
        guard let allowed = graph[target] else {
            let message = "target \(target) is not in the import graph"
            return [Violation(path: file.path, line: 1, message: message)]
        }
        return Declarations(text: file.text).imports.compactMap { module in
            reason(against: module.text, in: file, target: target, allowed: allowed)
                .map { Violation(path: file.path, line: module.line, message: $0) }
        }
    }

    private static func reason(
        against module: String,
        in file: SourceFile,
        target: String,
        allowed: Set<String>
    ) -> String? {
        if graph[module] != nil || module.hasPrefix("Heed"), !allowed.contains(module) {
            return "\(target) may not import \(module)"
        }
        for fence in fences where fence.target != target && matches(module, fence.module) {
            return "\(module) belongs to \(fence.target) alone"
        }
        if let exceptions = withoutFoundation[target], module.hasPrefix("Foundation"),
            !exceptions.contains(file.name)
        {
            return "\(target) does without \(module)"
        }
        return nil
    }

    private static func matches(_ module: String, _ pattern: String) -> Bool {
        pattern.hasSuffix("*") ? module.hasPrefix(pattern.dropLast()) : module == pattern
    }
}

@Suite("Imports")
struct ImportTests {
    @Test func importsFollowTheGraph() {
        expectNone(SourceTree.sources.flatMap(ImportRule.violations))
    }
}

@Suite("Imports: the rule can fail")
struct ImportRuleTests {
    @Test(arguments: [
        ("Sources/HeedConsent/A.swift", "HeedStore"),
        ("Sources/HeedStore/A.swift", "HeedEngine"),
        ("Sources/HeedEngine/A.swift", "HeedSQLite"),
        ("Sources/HeedEngine/A.swift", "HeedExchange"),
        ("Sources/HeedConnectors/A.swift", "HeedEngine"),
        ("Sources/HeedServer/A.swift", "HeedDelivery"),
        ("Sources/HeedStore/A.swift", "GRDB"),
        ("Sources/HeedEngine/A.swift", "HummingbirdCore"),
        ("Sources/HeedCLI/A.swift", "Mustache"),
        ("Sources/HeedServer/A.swift", "AsyncHTTPClient"),
        ("Sources/HeedEngine/A.swift", "Configuration"),
        ("Sources/HeedConsent/A.swift", "Foundation"),
        ("Sources/HeedConsent/Address+Unicode.swift", "HeedLedger"),
        ("Sources/HeedLedger/Address+Unicode.swift", "FoundationEssentials"),
        ("Sources/HeedElsewhere/A.swift", "Crypto"),
        ("Sources/HeedStore/A.swift", "HeedUnknown"),
    ])
    func refuses(_ path: String, _ module: String) {
        let file = SourceFile(path: path, text: "// A.\n\npublic import \(module)\n")
        #expect(ImportRule.violations(in: file).count == 1)
    }

    @Test(arguments: [
        ("Sources/HeedConsent/Address+Unicode.swift", "Foundation"),
        ("Sources/HeedLedger/A.swift", "Crypto"),
        ("Sources/HeedSQLite/A.swift", "GRDB"),
        ("Sources/HeedCLI/A.swift", "HeedSQLite"),
        ("Sources/HeedServer/A.swift", "HummingbirdTLS"),
        ("Tests/HeedServerTests/A.swift", "HeedSQLite"),
    ])
    func allows(_ path: String, _ module: String) {
        let file = SourceFile(path: path, text: "// A.\n\nimport \(module)\n")
        expectNone(ImportRule.violations(in: file))
    }

    /// The graph itself must have no cycle, or it would permit one.
    @Test func theGraphHasNoCycle() {
        for (target, imports) in ImportRule.graph {
            for imported in imports {
                #expect(ImportRule.graph[imported]?.contains(target) == false)
            }
        }
    }
}
