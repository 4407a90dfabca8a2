// The commands that pages about operation name, held against what the program can be told.

import Foundation
import Testing

@Suite("Commands in pages")
struct PageCommandTests {
    /// Every command line of a block could be run: its command, its options and what it needs.
    @Test func commandsInBlocksAreWhole() async throws {
        let program = try await CommandLineHelp.read()
        var count = 0
        for page in try Guide.pages {
            for line in page.commandLines {
                count += 1
                let fault = program.fault(of: line, .whole)
                #expect(fault == nil, "\(page.path): `\(line)`: \(fault ?? "")")
            }
        }
        #expect(count > 40)
    }

    /// Whatever a sentence calls by its name is there.
    @Test func commandsInSentencesAreThere() async throws {
        let program = try await CommandLineHelp.read()
        var count = 0
        for page in try Guide.pages + Guide.all {
            let text = page.lines.joined(separator: " ")
            for match in text.matches(of: /`(heed [a-z][^`]*)`/) {
                count += 1
                let fault = program.fault(of: String(match.1), .mentioned)
                #expect(fault == nil, "\(page.path): `\(match.1)`: \(fault ?? "")")
            }
        }
        #expect(count > 100)
    }

    @Test(arguments: [
        ("heed exlain ada@mail.example", "there is no command 'exlain'"),
        ("heed request", "it needs a further word"), ("heed explain", "it needs 'address'"),
        ("heed explain ada@mail.example bob@mail.example", "'bob@mail.example' is one too many"),
        ("heed explain ada@mail.example --jsn", "there is no option '--jsn'"),
        ("heed evidence ada@mail.example", "it needs 'reason'"),
        ("heed evidence ada@mail.example --reason", "'--reason' needs a value"),
        ("heed stats --json=yes", "'--json' takes no value"),
    ])
    func whatIsWrongIsNamed(_ line: String, _ fault: String) async throws {
        #expect(try await CommandLineHelp.read().fault(of: line, .whole) == fault)
    }
}

extension Guide {
    /// The lines of blocks that run the program, each whole and without what stands around it.
    fileprivate var commandLines: [String] {
        let blocks = Set(["sh", "console", "", "text"])
        let indented = self.lines.filter { $0.hasPrefix("    ") }
        let text = (lines(in: blocks) + indented).joined(separator: "\n")
        return text.replacing("\\\n", with: " ").split(separator: "\n").flatMap { line in
            // A comment begins at its sign, a further command behind an operator.
            let code = line.split(separator: " #").first ?? ""
            return code.split(separator: /\|\||&&|\||;|\$\(|"\$\(/).compactMap { part in
                let words = part.drop { $0 == " " }
                return words.hasPrefix("heed ") ? String(words) : nil
            }
        }
    }
}

/// What the program says of its commands.
private struct CommandLineHelp {
    /// How much of a command line stands there.
    enum Extent {
        /// All of it.
        case whole
        /// Its name, maybe with some options.
        case mentioned
    }

    private let root: JSON

    static func read() async throws -> CommandLineHelp {
        let help = try await Workplace.open { try await $0.done("--experimental-dump-help").json }
        return CommandLineHelp(root: help["command"])
    }

    /// Why the program would not take a line; nil when it would.
    func fault(of line: String, _ extent: Extent) -> String? {
        var words = CommandLineHelp.words(line).dropFirst()[...]
        var command = root
        while !command["subcommands"].list.isEmpty {
            let children = command["subcommands"].list
            let child = children.first { $0["commandName"].string == words.first }
            if let child {
                words = words.dropFirst()
                command = child
            } else if let name = command["defaultSubcommand"].string {
                command = children.first { $0["commandName"].string == name } ?? command
            } else {
                guard let word = words.first, word.first?.isLowercase == true else {
                    return extent == .whole ? "it needs a further word" : nil
                }
                return "there is no command '\(word)'"
            }
        }
        return fault(of: Array(words), in: command["arguments"].list, extent)
    }

    private func fault(of words: [String], in arguments: [JSON], _ extent: Extent) -> String? {
        var given: Set<String> = []
        var positions = arguments.filter { $0["kind"].string == "positional" }
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word.count > 1 else {
                guard let place = positions.first else {
                    return extent == .whole ? "'\(word)' is one too many" : nil
                }
                given.insert(place["valueName"].string ?? "")
                if place["isRepeating"].flag != true { positions.removeFirst() }
                continue
            }
            let sides = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard let option = arguments.first(where: { $0.isCalled(sides[0]) }) else {
                return "there is no option '\(sides[0])'"
            }
            given.insert(option["valueName"].string ?? "")
            let isFlag = option["kind"].string == "flag"
            if isFlag, sides.count > 1 { return "'\(sides[0])' takes no value" }
            if !isFlag, sides.count == 1, rest.popFirst() == nil, extent == .whole {
                return "'\(sides[0])' needs a value"
            }
        }
        guard extent == .whole else { return nil }
        let missing = arguments.first { argument in
            argument["isOptional"].flag == false
                && !given.contains(argument["valueName"].string ?? "")
        }
        return missing.map { "it needs '\($0["valueName"].string ?? "")'" }
    }

    /// The words as a shell has them, up to where its output goes; what may be left out is there.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for letter in line {
            switch letter {
            case "'" where quote != "\"", "\"" where quote != "'":
                quote = quote == nil ? letter : nil
                word = word ?? ""
            case _ where quote != nil: word = (word ?? "") + String(letter)
            case " ":
                if let done = word { words.append(done) }
                word = nil
            case "[", "]", ",", "…": continue
            default: word = (word ?? "") + String(letter)
            }
        }
        if let done = word { words.append(done) }
        return Array(words.prefix { !$0.hasPrefix(">") && !$0.hasPrefix("2>") && $0 != "&" })
    }
}

extension JSON {
    /// Whether an option has this name, with its dashes.
    fileprivate func isCalled(_ name: String) -> Bool {
        self["names"].list.contains { one in
            let dashes = one["kind"].string == "short" ? "-" : "--"
            return dashes + (one["name"].string ?? "") == name
        }
    }
}
