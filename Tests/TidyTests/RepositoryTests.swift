// The form of the change log, the decision records, the migrations and every other file.

import Foundation
import Testing

enum RepositoryRule {
    /// Paths of one machine, which nobody else has.
    ///
    /// Split so that this file does not hold them.
    static let privatePaths = ["/wo" + "rk/", "/opt/swift-" + "packages"]

    static let decisionHeadings = ["## Why", "## Choice", "## What if not"]

    static func privatePaths(in bytes: Data, path: String) -> [Violation] {
        privatePaths.filter { stands($0, in: bytes) }.flatMap { word -> [Violation] in
            var found: [Violation] = []
            var start = bytes.startIndex
            while let range = bytes.range(of: Data(word.utf8), in: start..<bytes.endIndex) {
                start = range.upperBound
                // Inside a longer path or address the same letters mean something else.
                let before = range.lowerBound == bytes.startIndex ? 32 : bytes[range.lowerBound - 1]
                guard !isPathByte(before) else { continue }
                let line = bytes[..<range.lowerBound].count { $0 == UInt8(ascii: "\n") } + 1
                found.append(Violation(path: path, line: line, message: "a path of one machine"))
            }
            return found
        }
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        let character = Character(UnicodeScalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber)
            || "-_.~".contains(character)
    }

    static func changelog(_ file: SourceFile?) -> [Violation] {
        if file?.lines.contains("## Unreleased") == true { return [] }
        return [Violation(path: "CHANGELOG.md", line: 1, message: "no `## Unreleased` section")]
    }

    /// Records are `NNNN-title.md` from 0001 on, each number once and none left out.
    static func decisions(_ files: [SourceFile]) -> [Violation] {
        let names = files.map(\.name).sorted()
        return numbering(names, folder: "docs/decisions", form: /\d{4}-[a-z0-9-]+\.md/)
            + files.flatMap(headings)
    }

    private static func headings(of file: SourceFile) -> [Violation] {
        let found = file.lines.filter { $0.hasPrefix("## ") }
        if found == decisionHeadings { return [] }
        let message = "headings are \(decisionHeadings.joined(separator: ", ")), in this order"
        return [Violation(path: file.path, line: 1, message: message)]
    }

    /// Migrations are `NNNN-name.sqlite.sql`; where PostgreSQL has any, both sets are equal.
    static func migrations(_ names: [String]) -> [Violation] {
        let folder = "Sources/HeedStore/Migrations"
        let sqlite = names.filter { !$0.hasSuffix(".postgres.sql") }.sorted()
        let postgres = names.filter { $0.hasSuffix(".postgres.sql") }.sorted()
        var found = numbering(sqlite, folder: folder, form: /\d{4}-[a-z0-9-]+\.sqlite\.sql/)
        guard !postgres.isEmpty else { return found }
        found += numbering(postgres, folder: folder, form: /\d{4}-[a-z0-9-]+\.postgres\.sql/)
        let pairs = Set(postgres.map { $0.replacing(".postgres.", with: ".sqlite.") })
        return found
            + pairs.symmetricDifference(sqlite).sorted().map {
                Violation(path: "\(folder)/\($0)", line: 1, message: "has no pair")
            }
    }

    private static func numbering(
        _ names: [String],
        folder: String,
        form: Regex<Substring>
    ) -> [Violation] {
        if names.isEmpty {
            return [Violation(path: folder, line: 1, message: "holds no file of the expected form")]
        }
        return names.enumerated().compactMap { index, name in
            let path = "\(folder)/\(name)"
            guard name.wholeMatch(of: form) != nil else {
                return Violation(path: path, line: 1, message: "is not named as its neighbours")
            }
            guard Int(name.prefix(4)) == index + 1 else {
                return Violation(path: path, line: 1, message: "should have number \(index + 1)")
            }
            return nil
        }
    }
}

@Suite("Repository")
struct RepositoryTests {
    /// A name that is not there any more would leave nothing out, and nobody would notice.
    @Test func slowTestsAreThere() throws {
        let list = try #require(SourceTree.file("Tests/slow.txt"))
        let names = list.lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        #expect(names.count > 50 && names == names.sorted() && Set(names).count == names.count)
        let tests = SourceTree.swift.filter { $0.path.hasPrefix("Tests/") }
        for name in names {
            let parts = name.split(whereSeparator: { "./".contains($0) }).map(String.init)
            let (target, suite, test) = (parts[0], parts[1], parts[2])
            let isThere = tests.contains { file in
                file.path.hasPrefix("Tests/\(target)/") && file.holds("func \(test)(")
                    && file.holds(" \(suite) ")
            }
            #expect(isThere, "\(name)")
        }
    }

    @Test func noFileNamesAPathOfOneMachine() {
        expectNone(
            SourceTree.paths.flatMap { path in
                SourceTree.bytes(path).map { RepositoryRule.privatePaths(in: $0, path: path) }
                    ?? [Violation(path: path, line: 1, message: "cannot be read")]
            }
        )
    }

    @Test func theChangelogHasAPlaceForChanges() {
        expectNone(RepositoryRule.changelog(SourceTree.file("CHANGELOG.md")))
    }

    @Test func decisionsAreNumberedAndComplete() {
        let files = SourceTree.files { $0.hasPrefix("docs/decisions/") }
        expectNone(RepositoryRule.decisions(files))
    }

    @Test func migrationsAreNumbered() {
        let folder = "Sources/HeedStore/Migrations/"
        let names = SourceTree.paths.filter { $0.hasPrefix(folder) }
            .map { String($0.dropFirst(folder.count)) }
        expectNone(RepositoryRule.migrations(names))
    }
}

@Suite("Repository: the rules can fail")
struct RepositoryRuleTests {
    @Test(arguments: RepositoryRule.privatePaths)
    func aPrivatePathIsFound(_ word: String) {
        for text in ["\n\(word)a", "\nsee `\(word)`", "\n\u{0}\(word)"] {
            let found = RepositoryRule.privatePaths(in: Data(text.utf8), path: "a")
            #expect(found.map(\.line) == [2])
        }
        let inside = RepositoryRule.privatePaths(in: Data("frame\(word)".utf8), path: "a")
        #expect(inside.isEmpty)
    }

    @Test func aChangelogWithoutPlaceIsFound() {
        let file = SourceFile(path: "CHANGELOG.md", text: "# Changes\n\nUnreleased\n")
        #expect(RepositoryRule.changelog(file).count == 1)
        #expect(RepositoryRule.changelog(nil).count == 1)
    }

    @Test(arguments: [
        (["0001-a.md", "0002-b.md"], 0),
        (["0001-a.md", "0003-b.md"], 1),
        (["0001-a.md", "0001-b.md"], 1),
        (["0001-a.md", "notes.md"], 1),
        (["0002-a.md"], 1),
        ([], 1),
    ])
    func decisionNumbers(_ names: [String], _ expected: Int) {
        let text = RepositoryRule.decisionHeadings.joined(separator: "\n\nText.\n\n")
        let files = names.map { SourceFile(path: "docs/decisions/\($0)", text: text) }
        #expect(RepositoryRule.decisions(files).count == expected)
    }

    @Test(arguments: ["## Why\n\n## Choice", "## Choice\n\n## Why\n\n## What if not", ""])
    func decisionForm(_ text: String) {
        let file = SourceFile(path: "docs/decisions/0001-a.md", text: text)
        #expect(RepositoryRule.decisions([file]).count == 1)
    }

    @Test(arguments: [
        (["0001-a.sqlite.sql", "0002-b.sqlite.sql"], 0),
        (["0001-a.sqlite.sql", "0001-a.postgres.sql"], 0),
        (["0001-a.sqlite.sql", "0001-b.postgres.sql"], 2),
        (["0001-a.sqlite.sql", "0003-b.sqlite.sql"], 1),
        (["0001-a.sqlite.sql", "0002-b.sqlite.sql", "0001-a.postgres.sql"], 1),
        (["0001-a.sqlite.sql", "readme.txt"], 1),
        (["0001-A.sqlite.sql"], 1),
        ([], 1),
    ])
    func migrationNames(_ names: [String], _ expected: Int) {
        #expect(RepositoryRule.migrations(names).count == expected)
    }
}
