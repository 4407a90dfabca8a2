// What the migrations make of the schema: triggers with their functions, indexes, and columns.

import HeedStore

/// The schema as the scripts have it, read from the scripts themselves.
///
/// It understands the statements that Heed's own migrations are written in, no more; a test holds
/// what it reads against a database that was just made.
struct MigratedSchema: Sendable {
    /// A trigger, as a script or as a catalogue has it.
    struct Trigger: Hashable, Sendable {
        let table: String
        let name: String
        /// Its definition, without what engines write in their own way.
        let definition: String
        /// The body of its function; empty on SQLite, which has none.
        let body: String

        /// What tells it apart: on PostgreSQL two tables may have one of the same name.
        var place: String { "\(table) \(name)" }
    }

    /// An index that a script made by name; those of keys belong to their tables.
    struct Index: Hashable, Sendable {
        let table: String
        let name: String
        /// Its definition, without what engines write in their own way.
        let definition: String
    }

    private(set) var triggers: [String: Trigger] = [:]
    private(set) var indexes: [String: Index] = [:]
    /// The columns of each table.
    private(set) var columns: [String: Set<String>] = [:]
    private var bodies: [String: String] = [:]
    private let engine: Dialect.Engine

    /// What the migrations of an engine make.
    static func of(_ engine: Dialect.Engine) -> MigratedSchema {
        switch engine {
        case .sqlite: sqlite
        case .postgres: postgres
        }
    }

    private static let sqlite = MigratedSchema(.sqlite)
    private static let postgres = MigratedSchema(.postgres)

    private init(_ dialect: Dialect) {
        engine = dialect.engine
        let scripts = [dialect.bookkeeping] + dialect.migrations.map(\.script)
        for statement in scripts.flatMap({ SQLWords.statements($0) }) { apply(statement) }
    }

    /// The last of several statements about one thing counts.
    private mutating func apply(_ statement: String) {
        let words = statement.split(separator: " ").map(String.init)
        guard words.count > 2 else { return }
        switch (words[0], words[1]) {
        case ("CREATE", "TRIGGER"): addTrigger(words, statement)
        case ("DROP", "TRIGGER"): triggers[words[2]] = nil
        case ("CREATE", "INDEX"), ("CREATE", "UNIQUE"): addIndex(words, statement)
        case ("DROP", "INDEX"): indexes[words[2]] = nil
        case ("CREATE", "FUNCTION"): addFunction(words[2], statement)
        case ("CREATE", "OR") where words.count > 4 && words[3] == "FUNCTION":
            addFunction(words[4], statement)
        case ("CREATE", "TABLE"):
            let name = words[2] == "IF" ? words[5] : words[2]
            columns[SQLWords.unqualified(name)] = SQLWords.columns(statement)
        case ("DROP", "TABLE"):
            columns[words[2]] = nil
            indexes = indexes.filter { $0.value.table != words[2] }
        case ("ALTER", "TABLE") where words[3...].starts(with: ["ADD", "COLUMN"]):
            columns[words[2], default: []].insert(words[5])
        case ("ALTER", "TABLE") where words[3...].starts(with: ["RENAME", "TO"]):
            columns[words[5]] = columns.removeValue(forKey: words[2])
        default: break
        }
    }

    private mutating func addTrigger(_ words: [String], _ statement: String) {
        guard let on = words.firstIndex(of: "ON"), on + 1 < words.count else { return }
        let function = words.lastIndex(of: "FUNCTION").map { words[$0 + 1] }
        triggers[words[2]] = Trigger(
            table: SQLWords.unqualified(words[on + 1]),
            name: words[2],
            definition: SQLWords.definition(statement, engine),
            body: function.flatMap { bodies[SQLWords.functionName($0)] } ?? ""
        )
    }

    private mutating func addIndex(_ words: [String], _ statement: String) {
        guard let on = words.firstIndex(of: "ON"), on + 1 < words.count else { return }
        indexes[words[on - 1]] = Index(
            table: SQLWords.unqualified(words[on + 1]),
            name: words[on - 1],
            definition: SQLWords.index(statement)
        )
    }

    private mutating func addFunction(_ name: String, _ statement: String) {
        let parts = statement.split(separator: "$$", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return }
        bodies[SQLWords.functionName(name)] = SQLWords.clean(String(parts[1]))
    }
}

/// Reads SQL as far as the comparison of schemas needs it.
enum SQLWords {
    /// The text without comments, with one space where there was any, but for what is in quotes.
    static func clean(_ text: String) -> String {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var isQuoted = false
        var index = 0
        while index < source.count {
            let byte = source[index]
            if byte == UInt8(ascii: "'") { isQuoted.toggle() }
            if !isQuoted, byte == UInt8(ascii: "-"), index + 1 < source.count,
                source[index + 1] == UInt8(ascii: "-")
            {
                while index < source.count, source[index] != UInt8(ascii: "\n") { index += 1 }
                continue
            }
            if isQuoted || !isSpace(byte) {
                bytes.append(byte)
            } else if bytes.last != UInt8(ascii: " "), !bytes.isEmpty {
                bytes.append(UInt8(ascii: " "))
            }
            index += 1
        }
        if bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (9...13).contains(byte)
    }

    /// The statements of a script, each cleaned; a trigger with its body is one.
    static func statements(_ script: String) -> [String] {
        var statements: [String] = []
        var statement = ""
        var isQuoted = false
        for piece in clean(script).split(separator: ";", omittingEmptySubsequences: false) {
            if !statement.isEmpty { statement += ";" }
            statement += piece
            if !piece.count(where: { $0 == "'" }).isMultiple(of: 2) { isQuoted.toggle() }
            let dollars = statement.split(separator: "$$", omittingEmptySubsequences: false)
            guard !isQuoted, !dollars.count.isMultiple(of: 2), isWhole(statement) else { continue }
            let whole = statement.drop { $0 == " " }
            if !whole.isEmpty { statements.append(String(whole)) }
            statement = ""
        }
        return statements
    }

    /// SQLite's triggers have statements of their own between BEGIN and END.
    private static func isWhole(_ statement: String) -> Bool {
        let text = statement.drop { $0 == " " }
        guard text.hasPrefix("CREATE TRIGGER"), text.contains(" BEGIN ") else { return true }
        return text.hasSuffix(" END")
    }

    /// A trigger's definition: SQLite's as it was written, PostgreSQL's without the parentheses,
    /// quotes, case and schema that it puts there in its own way.
    static func definition(_ statement: String, _ engine: Dialect.Engine) -> String {
        let text = clean(statement)
        guard engine == .postgres else { return text }
        return text.lowercased().replacing("heed.", with: "").filter { !"()\"".contains($0) }
    }

    /// An index's definition, without the parentheses, quotes, casts and words for the same thing
    /// that PostgreSQL prints.
    static func index(_ statement: String) -> String {
        clean(statement).lowercased().replacing("heed.", with: "")
            .replacing("using btree ", with: "").filter { !"()[]\"".contains($0) }
            .replacing("::text", with: "").replacing("= any array", with: "in ")
    }

    /// `heed.scopes` is `scopes`.
    static func unqualified(_ name: String) -> String {
        name.hasPrefix("heed.") ? String(name.dropFirst("heed.".count)) : name
    }

    /// The name before the parenthesis.
    static func functionName(_ text: String) -> String {
        unqualified(String(text.prefix { $0 != "(" }))
    }

    private static let constraints: Set<String> = [
        "PRIMARY", "CHECK", "UNIQUE", "FOREIGN", "CONSTRAINT", "EXCLUDE",
    ]

    /// The columns of a CREATE TABLE.
    static func columns(_ statement: String) -> Set<String> {
        var depth = 0
        var items: [String] = []
        walk: for character in statement {
            switch character {
            case "(": depth += 1
            case ")": depth -= 1
            default: break
            }
            if depth == 0, !items.isEmpty { break walk }
            if depth == 1, items.isEmpty || character == "," {
                items.append("")
            } else if depth > 0, !items.isEmpty {
                items[items.count - 1].append(character)
            }
        }
        let names = items.compactMap { $0.split(separator: " ").first.map(String.init) }
        return Set(names).subtracting(constraints)
    }
}
