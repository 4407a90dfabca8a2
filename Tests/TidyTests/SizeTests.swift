// Limits on lines, files, functions and targets.

import Testing

/// The numbers STYLE.md gives, each in one place.
enum SizeRule {
    static let columns = 100
    static let linesPerFile = 400
    static let linesPerFunction = 60
    static let parameters = 4
    static let linesPerTarget = 8_000

    static func longLines(in file: SourceFile) -> [Violation] {
        file.lines.enumerated().compactMap { index, line in
            // Most lines are short in bytes, which is cheaper to ask than characters.
            guard line.utf8.count > columns, line.count > columns else { return nil }
            return Violation(
                path: file.path,
                line: index + 1,
                message: "\(line.count) columns, at most \(columns)"
            )
        }
    }

    static func longFile(_ file: SourceFile) -> [Violation] {
        guard file.lines.count > linesPerFile else { return [] }
        let message = "\(file.lines.count) lines, at most \(linesPerFile)"
        return [Violation(path: file.path, line: linesPerFile + 1, message: message)]
    }

    static func longFunctions(in file: SourceFile) -> [Violation] {
        Declarations(text: file.text).functions.compactMap { function in
            guard function.length > linesPerFunction else { return nil }
            let message = "`\(function.name)` has \(function.length) lines, at most "
            return Violation(
                path: file.path,
                line: function.firstLine,
                message: message + "\(linesPerFunction)"
            )
        }
    }

    /// Initialisers are exempt: they are how the struct that groups values comes to be.
    static func longParameterLists(in file: SourceFile) -> [Violation] {
        Declarations(text: file.text).functions.compactMap { function in
            guard function.keyword == "func", function.parameters > parameters else { return nil }
            let message = "`\(function.name)` has \(function.parameters) parameters, at most "
            return Violation(
                path: file.path,
                line: function.firstLine,
                message: message + "\(parameters); group them in a struct"
            )
        }
    }

    static func largeTargets(_ sources: [SourceFile]) -> [Violation] {
        Dictionary(grouping: sources) { $0.target ?? "" }.sorted { $0.key < $1.key }
            .compactMap { target, files in
                let lines = files.reduce(0) { $0 + $1.lines.count }
                guard lines > linesPerTarget else { return nil }
                let message = "\(lines) lines in the target, at most \(linesPerTarget)"
                return Violation(path: "Sources/\(target)", line: 1, message: message)
            }
    }
}

@Suite("Sizes")
struct SizeTests {
    @Test func linesFitOnAScreen() {
        expectNone(SourceTree.code.flatMap(SizeRule.longLines))
    }

    @Test func filesStayShort() {
        expectNone(SourceTree.code.flatMap(SizeRule.longFile))
    }

    @Test func functionsStayShort() {
        expectNone(SourceTree.swift.flatMap(SizeRule.longFunctions))
    }

    @Test func parameterListsStayShort() {
        expectNone(SourceTree.swift.flatMap(SizeRule.longParameterLists))
    }

    @Test func targetsStaySmall() {
        expectNone(SizeRule.largeTargets(SourceTree.sources))
    }
}

@Suite("Sizes: the rules can fail")
struct SizeRuleTests {
    private func file(_ text: String, path: String = "Sources/T/A.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test(arguments: [(100, 0), (101, 1)])
    func lineLimit(_ width: Int, _ expected: Int) {
        let line = String(repeating: "é", count: width)
        let found = SizeRule.longLines(in: file("let a = 1\n\(line)\n"))
        #expect(found.map(\.line) == Array(repeating: 2, count: expected))
    }

    @Test(arguments: [(400, 0), (401, 1)])
    func fileLimit(_ lines: Int, _ expected: Int) {
        let text = String(repeating: "//\n", count: lines)
        #expect(SizeRule.longFile(file(text)).count == expected)
    }

    @Test(arguments: [(58, 0), (59, 1)])
    func functionLimit(_ statements: Int, _ expected: Int) {
        let body = String(repeating: "    call()\n", count: statements)
        let found = SizeRule.longFunctions(in: file("\nfunc f(a: Int) {\n\(body)}\n"))
        #expect(found.map(\.line) == Array(repeating: 2, count: expected))
    }

    @Test(arguments: [
        ("func f(a: A, b: B, c: C, d: D) {}", 0),
        ("func f(a: A, b: B, c: C, d: D, _ e: [E: F]) {}", 1),
        ("func f(a: A, b: B, c: C, d: D, e: E = 1) {}", 0),
        ("init(a: A, b: B, c: C, d: D, e: E) {}", 0),
        ("func f(a: (b: B, c: C, d: D, e: E) -> F) {}", 0),
    ])
    func parameterLimit(_ text: String, _ expected: Int) {
        #expect(SizeRule.longParameterLists(in: file(text)).count == expected)
    }

    @Test(arguments: [(8_000, 0), (8_001, 1)])
    func targetLimit(_ lines: Int, _ expected: Int) {
        let half = lines / 2
        let files = [
            file(String(repeating: "//\n", count: half)),
            file(String(repeating: "//\n", count: lines - half), path: "Sources/T/B.swift"),
            file("//\n", path: "Sources/U/C.swift"),
        ]
        #expect(SizeRule.largeTargets(files).map(\.path).count == expected)
    }
}
