// The files of this repository as values the tidy rules can read.

import Foundation
import Testing

/// Whether a word stands in bytes; looking through strings takes minutes for the whole tree.
func stands(_ word: String, in bytes: Data) -> Bool {
    let word = Array(word.utf8)
    return bytes.withUnsafeBytes { place in
        guard var at = place.baseAddress, let first = word.first else { return false }
        let end = at + place.count
        while end - at >= word.count, let hit = memchr(at, Int32(first), end - at) {
            at = UnsafeRawPointer(hit)
            if end - at >= word.count, memcmp(at, word, word.count) == 0 { return true }
            at += 1
        }
        return false
    }
}

/// A text file: its path from the package root, and its lines.
struct SourceFile: Sendable {
    let path: String
    let lines: [String]

    init(path: String, text: String) {
        self.path = path
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
    }

    var text: String { lines.joined(separator: "\n") }

    /// Whether a word stands in one of the lines.
    func holds(_ word: String) -> Bool { stands(word, in: Data(text.utf8)) }
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The target a file under `Sources` belongs to; nil elsewhere.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    func hasSuffix(_ suffixes: String...) -> Bool {
        suffixes.contains(where: path.hasSuffix)
    }
}

/// One breach of one rule, worded so that an editor can jump to it.
struct Violation: CustomStringConvertible, Equatable, Sendable {
    let path: String
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// Fails the running test with one line per violation.
func expectNone(_ violations: [Violation], at location: SourceLocation = #_sourceLocation) {
    let list = violations.map { "  \($0)" }.joined(separator: "\n")
    #expect(violations.isEmpty, "\(violations.count) found:\n\(list)", sourceLocation: location)
}

/// The working tree, read once.
///
/// Build products and local data are left out.
enum SourceTree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What `.gitignore` names and is not a build folder, and git's own folder.
    private static let skippedNames: Set<String> = [
        ".git", ".swiftpm", ".venv", "__pycache__", "heed-data", "test-artifacts",
        "Package.resolved",
    ]

    /// Every file of the repository, by path from the root, in a fixed order.
    static let paths: [String] = walk("").sorted()

    /// The files that are code or scripts of ours; sample data is not.
    static let code: [SourceFile] = files { path in
        [".swift", ".sql", ".sh", ".py", ".c", ".h"].contains(where: path.hasSuffix)
            && !path.contains("/Fixtures/")
    }

    static let swift: [SourceFile] = code.filter { $0.hasSuffix(".swift") }
    static let sources: [SourceFile] = swift.filter { $0.path.hasPrefix("Sources/") }

    static func files(where isWanted: (String) -> Bool) -> [SourceFile] {
        paths.filter(isWanted).compactMap(file)
    }

    /// The text of one file; nil if it is absent or not UTF-8.
    static func file(_ path: String) -> SourceFile? {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8))
            .map { SourceFile(path: path, text: $0) }
    }

    static func bytes(_ path: String) -> Data? {
        try? Data(contentsOf: root.appending(path: path))
    }

    private static func walk(_ folder: String) -> [String] {
        let manager = FileManager.default
        let url = folder.isEmpty ? root : root.appending(path: folder)
        let names = (try? manager.contentsOfDirectory(atPath: url.path())) ?? []
        return names.flatMap { name -> [String] in
            if skippedNames.contains(name) || name.hasPrefix(".build") { return [] }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            let kind = try? manager.attributesOfItem(atPath: root.appending(path: path).path())
            switch kind?[.type] as? FileAttributeType {
            case .typeDirectory: return walk(path)
            case .typeRegular: return [path]
            default: return []
            }
        }
    }
}

@Suite("The tree the tidy rules read")
struct SourceTreeTests {
    /// An empty walk would make every rule pass.
    @Test func theTreeIsFound() {
        #expect(SourceTree.paths.contains("Package.swift"))
        #expect(SourceTree.paths.contains("Tests/TidyTests/SourceTree.swift"))
        #expect(SourceTree.sources.count > 1)
    }

    @Test func buildProductsAreLeftOut() {
        #expect(!SourceTree.paths.contains { $0.hasPrefix(".build") || $0.hasPrefix(".git/") })
    }

    @Test func linesAndTargetsAreRead() {
        let file = SourceFile(path: "Sources/HeedStore/Sub/A.swift", text: "a\n\nb\n")
        #expect(file.lines == ["a", "", "b"])
        #expect(file.target == "HeedStore")
        #expect(file.name == "A.swift")
        #expect(SourceFile(path: "Tests/T/A.swift", text: "").target == nil)
    }
}
