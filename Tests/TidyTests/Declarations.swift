// Finds functions, protocols and imports in Swift text by counting brackets.

import Testing

/// A word or a mark of Swift code, with the line it stands on (from 1).
struct Token: Equatable, Sendable {
    let text: String
    let line: Int

    var isWord: Bool { text.first.map { $0.isLetter || $0 == "_" || $0 == "`" } ?? false }
}

/// A function, initialiser, subscript or computed property that has a body.
struct FunctionDeclaration: Equatable, Sendable {
    let keyword: String
    let name: String
    let parameters: Int
    let firstLine: Int
    let lastLine: Int

    var length: Int { lastLine - firstLine + 1 }
}

/// The declarations of one file that the rules ask about.
struct Declarations: Sendable {
    let functions: [FunctionDeclaration]
    let protocols: [Token]
    let imports: [Token]

    init(_ lexed: LexedText) {
        let scanner = DeclarationScanner(tokens: Self.tokens(of: lexed))
        functions = scanner.functions()
        protocols = scanner.protocols()
        imports = Self.imports(of: lexed)
    }

    init(text: String) {
        self.init(LexedText(text))
    }

    private static func tokens(of lexed: LexedText) -> [Token] {
        var tokens: [Token] = []
        for (index, line) in lexed.code.enumerated() {
            var word = ""
            for character in line {
                if character.isLetter || character.isNumber || "_`".contains(character) {
                    word.append(character)
                    continue
                }
                if !word.isEmpty { tokens.append(Token(text: word, line: index + 1)) }
                word = ""
                if !character.isWhitespace {
                    tokens.append(Token(text: String(character), line: index + 1))
                }
            }
            if !word.isEmpty { tokens.append(Token(text: word, line: index + 1)) }
        }
        return tokens
    }

    /// The module names a file imports, whatever attribute or access level stands before.
    private static func imports(of lexed: LexedText) -> [Token] {
        lexed.code.enumerated().compactMap { index, line in
            let words = line.split(separator: " ").map(String.init)
            guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
                words[..<position].allSatisfy(isImportPrefix)
            else { return nil }
            let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let isSingle = kinds.contains(words[position + 1]) && position + 2 < words.count
            let name = words[position + (isSingle ? 2 : 1)]
            return Token(text: String(name.prefix { $0 != "." && $0 != ";" }), line: index + 1)
        }
    }

    private static func isImportPrefix(_ word: String) -> Bool {
        word.hasPrefix("@")
            || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }
}

private struct DeclarationScanner {
    let tokens: [Token]

    /// Words that cannot stand between a signature and its body: the body is missing, as in a
    /// protocol, and the next declaration or statement has begun.
    private static let interruptions: Set<String> = [
        "}", "=", ";", "func", "var", "let", "subscript", "associatedtype", "static", "mutating",
        "struct", "enum", "class", "actor", "extension", "public", "package", "private", "if",
        "for", "while", "switch", "do", "guard", "return", "defer", "case",
    ]

    func functions() -> [FunctionDeclaration] {
        tokens.indices.compactMap { index in
            guard index == 0 || tokens[index - 1].text != "." else { return nil }
            switch tokens[index].text {
            case "func", "subscript": return function(at: index)
            case "init": return isCall(index) ? nil : function(at: index)
            case "var": return property(at: index)
            default: return nil
            }
        }
    }

    func protocols() -> [Token] {
        tokens.indices.dropLast().compactMap { index in
            guard tokens[index].text == "protocol", tokens[index + 1].isWord,
                index == 0 || tokens[index - 1].text != "."
            else { return nil }
            return tokens[index + 1]
        }
    }

    /// `init` is also a name after a colon or comma, as in a selector-like reference.
    private func isCall(_ index: Int) -> Bool {
        guard index + 1 < tokens.count else { return true }
        return !["(", "<", "?", "!"].contains(tokens[index + 1].text)
    }

    private func function(at start: Int) -> FunctionDeclaration? {
        guard let open = tokens[start...].firstIndex(where: { $0.text == "(" }),
            let close = closing(open), let body = bodyStart(after: close),
            let end = closing(body)
        else { return nil }
        let isNamed = tokens[start].text == "func" && start + 1 < open
        return FunctionDeclaration(
            keyword: tokens[start].text,
            name: isNamed ? tokens[start + 1].text : tokens[start].text,
            parameters: parameterCount(open, close),
            firstLine: tokens[start].line,
            lastLine: tokens[end].line
        )
    }

    private func property(at start: Int) -> FunctionDeclaration? {
        guard start + 2 < tokens.count, tokens[start + 1].isWord, tokens[start + 2].text == ":",
            let body = bodyStart(after: start + 2), let end = closing(body)
        else { return nil }
        return FunctionDeclaration(
            keyword: "var",
            name: tokens[start + 1].text,
            parameters: 0,
            firstLine: tokens[start].line,
            lastLine: tokens[end].line
        )
    }

    private func bodyStart(after start: Int) -> Int? {
        for index in (start + 1)..<max(start + 1, tokens.count) {
            let text = tokens[index].text
            if text == "{" { return index }
            // `==` may stand in a where clause; a lone `=` starts a default value.
            let isPartOfEquality =
                text == "=" && [index - 1, index + 1].contains { tokens[safe: $0] == "=" }
            if Self.interruptions.contains(text), !isPartOfEquality { return nil }
        }
        return nil
    }

    /// The index of the bracket that closes the one at `open`.
    private func closing(_ open: Int) -> Int? {
        var depth = 0
        for index in open..<tokens.count {
            if ["(", "[", "{"].contains(tokens[index].text) { depth += 1 }
            if [")", "]", "}"].contains(tokens[index].text) { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    /// Each parameter has exactly one colon outside inner brackets.
    ///
    /// One with a default does not count: it burdens no call that leaves it out.
    private func parameterCount(_ open: Int, _ close: Int) -> Int {
        var depth = 0
        var count = 0
        for token in tokens[open..<close] {
            if ["(", "[", "{"].contains(token.text) { depth += 1 }
            if [")", "]", "}"].contains(token.text) { depth -= 1 }
            if depth == 1, token.text == ":" { count += 1 }
            if depth == 1, token.text == "=" { count -= 1 }
        }
        return count
    }
}

extension [Token] {
    fileprivate subscript(safe index: Int) -> String? {
        indices.contains(index) ? self[index].text : nil
    }
}

@Suite("Declarations are found")
struct DeclarationsTests {
    @Test func functionsHaveLengthAndParameters() {
        let text = """
            struct A<T> where T == Int {
                init(a: Int, b: [String: Int] = [:], c: (d: Int, e: Int)) {
                    call.init(f: 1)
                }
                static func == (lhs: A, rhs: A) -> Bool where T: Equatable, T == Int {
                    if true { return "{" == "}" }
                }
                subscript(x: Int) -> Int { x }
                var body: some View {
                    other()

                }
            }
            """
        let found = Declarations(text: text).functions
        #expect(found.map(\.name) == ["init", "==", "subscript", "body"].map(firstMark))
        #expect(found.map(\.parameters) == [2, 2, 1, 0])
        #expect(found.map(\.length) == [3, 3, 1, 4])
        #expect(found.map(\.firstLine) == [2, 5, 8, 9])
    }

    @Test func requirementsHaveNoBody() {
        let text = """
            package protocol Database: Sendable {
                func read<T: Sendable>(_ body: @Sendable (Int) -> T) async throws -> T
                var a: Int { get }
                func write() -> @Sendable () -> Void
            }
            func real() -> @Sendable () -> Void { {} }
            """
        let found = Declarations(text: text)
        #expect(found.functions.map(\.name) == ["a", "real"])
        #expect(found.protocols == [Token(text: "Database", line: 1)])
    }

    @Test func importsAreReadWithTheirPrefixes() {
        let text = """
            import A
            public import struct B.C
            @testable package import D
            // import E
            let s = "import F"
            """
        #expect(Declarations(text: text).imports.map(\.text) == ["A", "B", "D"])
        #expect(Declarations(text: text).imports.map(\.line) == [1, 2, 3])
    }

    /// Operators are tokenised mark by mark, so their name is the first mark.
    private func firstMark(_ name: String) -> String {
        name == "==" ? "=" : name
    }
}
