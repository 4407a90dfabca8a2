// Words that may not stand in code, and the protocols that may.

import Foundation
import Testing

/// One banned spelling: where it is banned and why.
struct BannedWord: Sendable {
    let word: String
    let folders: [String]
    let exceptions: [String]
    let reason: String

    init(_ word: String, in folders: [String], except: [String] = [], because reason: String) {
        self.word = word
        self.folders = folders.map { $0 + "/" }
        exceptions = except.map { $0 + "/" }
        self.reason = reason
    }

    func applies(to path: String) -> Bool {
        folders.contains(where: path.hasPrefix) && !exceptions.contains(where: path.hasPrefix)
    }

    /// True if the word stands in the line as a whole word.
    func stands(in code: String) -> Bool {
        var rest = code[...]
        while let range = rest.range(of: word) {
            if isBoundary(code, range) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    private func isBoundary(_ code: String, _ range: Range<String.Index>) -> Bool {
        let startsAsName = word.first.map { $0.isLetter } ?? false
        guard startsAsName, range.lowerBound > code.startIndex else { return true }
        let before = code[code.index(before: range.lowerBound)]
        // A dot before means another type's member of the same name, such as `console.print(`.
        return !(before.isLetter || before.isNumber || before == "_" || before == ".")
    }
}

/// The lists, and the scanners that apply them.
enum WordRule {
    private static let everywhere = ["Sources", "Tests", "Benchmarks", "Examples"]
    private static let pure = ["Sources/HeedConsent", "Sources/HeedStore", "Sources/HeedEngine"]

    static let banned: [BannedWord] = [
        .init("try!", in: everywhere, because: "throw instead"),
        .init("fatalError(", in: everywhere, because: "data must never stop the process"),
        .init(
            "@unchecked Sendable",
            in: everywhere,
            except: ["Sources/HeedSQLite"],
            because: "let the compiler prove it; only a driver's session is locked by its holder"
        ),
        .init("nonisolated(unsafe)", in: everywhere, because: "let the compiler prove it"),
        .init("Task.detached", in: everywhere, because: "work belongs to a task group"),
        .init(
            "print(",
            in: ["Sources"],
            except: ["Sources/HeedCLI"],
            because: "only the command line speaks to people; use a Logger"
        ),
        .init("Date()", in: pure, because: "time is injected"),
        .init("Date.now", in: pure, because: "time is injected"),
        .init("UUID()", in: pure, because: "ids are injected"),
        // An injected source may be called `random()`; the library's takes a range or is Bool's.
        .init(".random(in", in: pure, because: "randomness is injected"),
        .init("Bool.random(", in: pure, because: "randomness is injected"),
        .init("SystemRandomNumberGenerator", in: pure, because: "randomness is injected"),
        .init("Thread.sleep", in: ["Tests"], because: "wait for a condition, not for time"),
        .init("Task.sleep", in: ["Tests"], because: "wait for a condition, not for time"),
        .init("import XCTest", in: ["Tests"], because: "tests use Swift Testing"),
    ]

    static let protocols: Set<String> = [
        "Database", "SQLConnection", "Command", "Query", "Connector", "Transport",
    ]
    static let protocolLimit = 6

    static func bannedWords(in file: SourceFile) -> [Violation] {
        // Whatever stands in the code stands in the text, which is quicker to look through.
        let words = banned.filter { $0.applies(to: file.path) && file.holds($0.word) }
        let lines = words.isEmpty ? [] : LexedText(file.text).code
        return lines.enumerated().flatMap { index, line in
            words.filter { $0.stands(in: line) }.map {
                let message = "`\($0.word)` is banned: \($0.reason)"
                return Violation(path: file.path, line: index + 1, message: message)
            }
        }
    }

    /// A note for later names the issue (`#12`) or the decision (`decisions/0012`) that holds it.
    static func openNotes(in file: SourceFile) -> [Violation] {
        guard file.holds("TODO") || file.holds("FIXME") else { return [] }
        return LexedText(file.text).comments.enumerated().compactMap { index, comment in
            guard comment.contains(/\b(TODO|FIXME)\b/), !comment.contains(/#\d+|decisions\/\d{4}/)
            else { return nil }
            let message = "a TODO or FIXME names its issue, as in `TODO #12`"
            return Violation(path: file.path, line: index + 1, message: message)
        }
    }

    static func surplusProtocols(_ sources: [SourceFile]) -> [Violation] {
        let found = sources.filter { $0.holds("protocol ") }.flatMap { file in
            Declarations(text: file.text).protocols.map { (file, $0) }
        }
        return found.enumerated().compactMap { index, entry in
            let (file, name) = entry
            let isKnown = protocols.contains(name.text)
            if isKnown, index < protocolLimit { return nil }
            let message =
                isKnown
                ? "protocol \(index + 1), at most \(protocolLimit)"
                : "protocol \(name.text) needs a decision record and a place in this rule"
            return Violation(path: file.path, line: name.line, message: message)
        }
    }
}

@Suite("Words")
struct WordTests {
    @Test func bannedWordsAreAbsent() {
        expectNone(SourceTree.swift.flatMap(WordRule.bannedWords))
    }

    @Test func notesNameTheirIssue() {
        expectNone(SourceTree.swift.flatMap(WordRule.openNotes))
    }

    @Test func protocolsAreTheAgreedOnes() {
        expectNone(WordRule.surplusProtocols(SourceTree.sources))
    }
}

@Suite("Words: the rules can fail")
struct WordRuleTests {
    @Test(arguments: WordRule.banned.flatMap { word in word.folders.map { (word.word, $0) } })
    func everyBannedWordIsFound(_ word: String, _ folder: String) {
        let file = SourceFile(path: "\(folder)Extra/A.swift", text: "// ok\n    \(word) x\n")
        #expect(WordRule.bannedWords(in: file).map(\.line) == [2])
    }

    @Test(arguments: [
        ("Sources/HeedCLI/A.swift", "print(1)"),
        ("Sources/HeedServer/A.swift", "console.print(1)"),
        ("Sources/HeedServer/A.swift", "blueprint(1)"),
        ("Sources/HeedServer/A.swift", "Date()"),
        ("Sources/HeedStore/A.swift", "ReceivedDate()"),
        ("Sources/HeedStore/A.swift", "surroundings.random()"),
        ("Sources/HeedStore/A.swift", "// print(1)"),
        ("Sources/HeedStore/A.swift", "let a = \"try!\""),
        ("Sources/HeedStore/A.swift", "retry !ready"),
        ("Sources/HeedDelivery/A.swift", "try await Task.sleep(for: delay)"),
    ])
    func otherTextIsLeftAlone(_ path: String, _ text: String) {
        expectNone(WordRule.bannedWords(in: SourceFile(path: path, text: text)))
    }

    @Test(arguments: [
        ("// TODO later", 1), ("/* FIXME */", 1), ("/// TODO: soon", 1),
        ("// TODO #12 later", 0), ("// FIXME decisions/0004", 0), ("let a = \"TODO\"", 0),
        ("// METHODOLOGY", 0),
    ])
    func notes(_ text: String, _ expected: Int) {
        let file = SourceFile(path: "Sources/T/A.swift", text: text)
        #expect(WordRule.openNotes(in: file).count == expected)
    }

    @Test func anUnknownProtocolIsFound() {
        let file = SourceFile(path: "Sources/T/A.swift", text: "\npackage protocol Helper {}\n")
        #expect(WordRule.surplusProtocols([file]).map(\.line) == [2])
    }

    @Test func aSeventhProtocolIsFound() {
        let names = WordRule.protocols.sorted() + ["Query"]
        let text = names.map { "protocol \($0) {}" }.joined(separator: "\n")
        let file = SourceFile(path: "Sources/T/A.swift", text: text)
        #expect(WordRule.surplusProtocols([file]).map(\.line) == [7])
    }
}
