// Splits Swift text into what the compiler runs and what only people read.

import Testing

/// Swift text in two views of equal shape, so that line numbers stay true in both.
///
/// In `code`, comments and the insides of string literals are blank; in `comments`, all the rest.
struct LexedText: Sendable {
    private(set) var code: [String] = []
    private(set) var comments: [String] = []

    init(_ text: String) {
        var lexer = Lexer(bytes: Array(text.utf8))
        lexer.run()
        code = Self.lines(lexer.code)
        comments = Self.lines(lexer.comments)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A byte scanner over comments, strings (raw, multi-line, interpolated) and backticked names.
private struct Lexer {
    /// Where the scanner stands; strings and interpolations nest, so contexts are stacked.
    private enum Context {
        case code(parentheses: Int)
        case string(pounds: Int, isMultiline: Bool)
    }

    private enum View {
        case code
        case comment
        case nothing
    }

    let bytes: [UInt8]
    var code: [UInt8] = []
    var comments: [UInt8] = []
    private var index = 0
    private var stack: [Context] = [.code(parentheses: 0)]

    init(bytes: [UInt8]) {
        self.bytes = bytes
        code.reserveCapacity(bytes.count)
        comments.reserveCapacity(bytes.count)
    }

    mutating func run() {
        while index < bytes.count {
            switch stack[stack.count - 1] {
            case .code(let parentheses): stepInCode(parentheses)
            case .string(let pounds, let isMultiline): stepInString(pounds, isMultiline)
            }
        }
    }

    private mutating func stepInCode(_ parentheses: Int) {
        if matches("//") { return takeLineComment() }
        if matches("/*") { return takeBlockComment() }
        if openString() { return }
        if matches("`") { return takeBacktickedName() }
        if matches(")"), parentheses == 0, stack.count > 1 {
            // The parenthesis that opened an interpolation is not counted, so 0 means it closes.
            stack.removeLast()
            return take(1, as: .nothing)
        }
        if matches("(") { setDepth(parentheses + 1) }
        if matches(")") { setDepth(parentheses - 1) }
        take(1, as: .code)
    }

    private mutating func stepInString(_ pounds: Int, _ isMultiline: Bool) {
        let marks = String(repeating: "#", count: pounds)
        if matches("\\" + marks + "(") {
            take(pounds + 2, as: .nothing)
            stack.append(.code(parentheses: 0))
        } else if matches("\\" + marks) {
            take(pounds + 1, as: .nothing)
            if index < bytes.count { take(1, as: .nothing) }
        } else if matches((isMultiline ? "\"\"\"" : "\"") + marks) {
            take((isMultiline ? 3 : 1) + pounds, as: .code)
            stack.removeLast()
        } else {
            // A single-line literal cannot span lines; stopping here keeps one slip local.
            if !isMultiline, matches("\n") { stack.removeLast() }
            take(1, as: .nothing)
        }
    }

    /// Opens a string literal if one starts here.
    private mutating func openString() -> Bool {
        var pounds = 0
        while byte(pounds) == UInt8(ascii: "#") { pounds += 1 }
        guard byte(pounds) == UInt8(ascii: "\"") else { return false }
        // Only a line break after three marks makes them one: `#"""#` is a single quote mark.
        let marks = (1...3).compactMap { byte(pounds + $0) }
        let isMultiline = marks == Array("\"\"\n".utf8)
        take(pounds + (isMultiline ? 3 : 1), as: .code)
        stack.append(.string(pounds: pounds, isMultiline: isMultiline))
        return true
    }

    private mutating func takeLineComment() {
        while index < bytes.count, !matches("\n") { take(1, as: .comment) }
    }

    private mutating func takeBlockComment() {
        var depth = 0
        repeat {
            if matches("/*") {
                depth += 1
                take(2, as: .comment)
            } else if matches("*/") {
                depth -= 1
                take(2, as: .comment)
            } else {
                take(1, as: .comment)
            }
        } while depth > 0 && index < bytes.count
    }

    /// A name in backticks may hold any text, so its inside becomes plain letters.
    private mutating func takeBacktickedName() {
        take(1, as: .code)
        while index < bytes.count, !matches("`"), !matches("\n") {
            code.append(UInt8(ascii: "a"))
            comments.append(UInt8(ascii: " "))
            index += 1
        }
        if matches("`") { take(1, as: .code) }
    }

    private mutating func setDepth(_ depth: Int) {
        stack[stack.count - 1] = .code(parentheses: depth)
    }

    private mutating func take(_ count: Int, as view: View) {
        for _ in 0..<count {
            let byte = bytes[index]
            let isNewline = byte == UInt8(ascii: "\n")
            code.append(isNewline || view == .code ? byte : UInt8(ascii: " "))
            comments.append(isNewline || view == .comment ? byte : UInt8(ascii: " "))
            index += 1
        }
    }

    private func byte(_ offset: Int) -> UInt8? {
        index + offset < bytes.count ? bytes[index + offset] : nil
    }

    private func matches(_ text: String) -> Bool {
        var position = index
        for byte in text.utf8 {
            guard position < bytes.count, bytes[position] == byte else { return false }
            position += 1
        }
        return true
    }
}

@Suite("Code and comments are told apart")
struct LexerTests {
    @Test(arguments: [
        ("a // b", "a     ", "  // b"),
        ("a /* b /* c */ d */ e", "a                   e", "  /* b /* c */ d */  "),
        (#"a("// b")"#, #"a("    ")"#, "         "),
        (#"a("\(b("}"))")"#, #"a("  b(" ") ")"#, "              "),
        (##"a(#"""#)"##, ##"a(#" "#)"##, "        "),
        (#""\"{" {"#, #""   " {"#, "       "),
        ("`it's {` {", "`aaaaaa` {", "          "),
    ])
    func splits(_ text: String, _ code: String, _ comments: String) {
        let lexed = LexedText(text)
        #expect(lexed.code == [code])
        #expect(lexed.comments == [comments])
    }

    @Test func multilineStringsKeepTheirLines() {
        let lexed = LexedText("a(\"\"\"\n  { // \"\n  \"\"\")\nb")
        #expect(lexed.code == ["a(\"\"\"", "        ", "  \"\"\")", "b"])
    }
}
