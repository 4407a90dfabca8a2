// The guides' commands, run in order by a shell, as whoever follows a guide types them.

import Foundation
import Testing

@Suite("Guides")
struct GuideTests {
    /// What no guide can run here, and the tests that run it instead.
    private static let runElsewhere = [
        // Needs a mail server that turns a message down.
        "queue drop": "DoubleOptInTests.swift",
        // Needs a provider that can be asked.
        "connector ask": "ReconcileTests.swift",
    ]

    /// Every command of a guide works in an empty folder, in the order of the guide.
    ///
    /// The line of a command in the guide is its line in the script, so that bash names it.
    @Test(arguments: try Guide.all) func commandsWork(guide: Guide) async throws {
        try await Workplace.open { place in
            try place.standInClone()
            let ports = try guide.ports()
            var environment = place.environmentOfGuides
            environment["HEED_PORT"] = ports["8080"]
            var server: Program?
            if guide.beginsWithMakeRun {
                server = try await place.makeRun(environment)
            }
            try place.write(guide.script(with: ports), to: "guide.sh")
            let shell = try place.start(
                "/bin/bash",
                ["-euo", "pipefail", "guide.sh"],
                environment: environment
            )
            let code = try await shell.end(withinSeconds: 300)
            #expect(code == 0, "\(guide.path):\n\(shell.errors.suffix(3000))")
            server?.send(SIGTERM)
            _ = try await server?.end()
        }
    }

    /// Every command there is has an example in a guide, which the test above runs.
    @Test func everyCommandHasAnExample() async throws {
        let help = try await Workplace.open { try await $0.done("--experimental-dump-help").json }
        let lines = try Guide.all.flatMap { $0.lines(in: ["sh"]) }
        let commands = Command.leaves(of: help["command"])
        #expect(commands.count > 60)
        for command in commands where GuideTests.runElsewhere[command.name] == nil {
            #expect(lines.contains(where: command.isIn), "no guide runs `heed \(command.name)`")
        }
        let pages = try Guide.pages.flatMap(\.lines)
        let tests = "\(Workplace.root)/Tests/EndToEndTests"
        for (name, file) in GuideTests.runElsewhere {
            #expect(pages.contains { $0.contains("heed \(name)") })
            let words = name.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ", ")
            let text = try String(contentsOfFile: "\(tests)/\(file)", encoding: .utf8)
            #expect(text.contains(words), "\(file) does not run heed \(name)")
        }
    }

    /// Every route of the contract has an example there, or a call in a guide or a page.
    @Test func everyRouteHasAnExample() throws {
        let file = "\(Workplace.root)/Sources/HeedServer/openapi.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let calls = try (Guide.all + Guide.pages).flatMap {
            $0.lines(in: ["sh", "console", "http", ""])
        }
        var routes = 0
        for part in text.components(separatedBy: "\n  /").dropFirst() {
            let path = "/" + part.prefix { $0 != ":" }
            let body = part.components(separatedBy: "\ncomponents:")[0]
            routes += 1
            if body.contains("example") { continue }
            let form = path.replacing(/\{[a-z]+\}/, with: "[^ /?]+")
            let call = try Regex("(?:[0-9a-z]|\\$HEED)\(form)(?:[ ?\"'#]|$)")
            #expect(calls.contains { $0.contains(call) }, "nothing shows how to call \(path)")
        }
        #expect(routes > 40)
    }

    /// A link from a guide or page to a file of the project leads to one.
    @Test func linksLeadSomewhere() throws {
        let model = try Guide.within("docs").filter { $0.path.hasSuffix("threat-model.md") }
        #expect(model.count == 1)
        for page in try Guide.all + Guide.pages + model {
            let folder = URL(filePath: "\(Workplace.root)/\(page.path)").deletingLastPathComponent()
            for link in page.lines.flatMap({ $0.matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) }) {
                let path = folder.appending(path: String(link.1)).path
                #expect(
                    FileManager.default.fileExists(atPath: path),
                    "\(page.path) links to \(link.1)"
                )
            }
        }
    }

    /// A command that fails is named with its guide and line.
    @Test func failureIsNamed() async throws {
        let guide = Guide(
            path: "docs/guides/wrong.md",
            lines: ["# Wrong", "", "```sh", "true", "ls /nowhere", "```"]
        )
        try await Workplace.open { place in
            try place.write(guide.script(with: [:]), to: "guide.sh")
            let ending = try await place.run("/bin/bash", ["-euo", "pipefail", "guide.sh"])
            #expect(ending.exitCode != 0)
            #expect(ending.errors.contains("docs/guides/wrong.md:5: ls /nowhere"))
        }
    }
}

/// A page with commands in fenced blocks.
struct Guide: CustomTestStringConvertible, Sendable {
    let path: String
    let lines: [String]

    var testDescription: String { path }

    /// The guides, whose commands are run.
    static var all: [Guide] { get throws { try within("docs/guides") } }

    /// The pages about operation, whose commands are not.
    static var pages: [Guide] { get throws { try within("docs/operations") } }

    static func within(_ folder: String) throws -> [Guide] {
        try FileManager.default.contentsOfDirectory(atPath: "\(Workplace.root)/\(folder)")
            .filter { $0.hasSuffix(".md") }.sorted()
            .map { name in
                let file = "\(Workplace.root)/\(folder)/\(name)"
                let text = try String(contentsOfFile: file, encoding: .utf8)
                return Guide(
                    path: "\(folder)/\(name)",
                    lines: text.components(separatedBy: "\n")
                )
            }
    }

    /// The language of the block that each line is in; nil outside and for the fences themselves.
    private var languages: [String?] {
        var open: String?
        return lines.map { line in
            let text = line.trimmingCharacters(in: .whitespaces)
            guard text.hasPrefix("```") else { return open }
            open = open == nil ? String(text.dropFirst(3)) : nil
            return nil
        }
    }

    /// The lines of all blocks in these languages.
    func lines(in wanted: Set<String>) -> [String] {
        zip(lines, languages).filter { $1.map(wanted.contains) ?? false }.map(\.0)
    }

    /// Whether its reader has a server of `make run` in another terminal.
    var beginsWithMakeRun: Bool { lines(in: ["console"]).contains("make run") }

    /// A free port in the place of each that the guide names.
    func ports() throws -> [String: String] {
        let named = lines(in: ["sh"]).flatMap { line in
            line.matches(of: /127\.0\.0\.1(?::|", )(\d{4})\b/).map { String($0.1) }
        }
        let sockets = try Set(named + ["8080"]).map { ($0, try Socket()) }
        // All are bound before the first is given back, so that no two are the same.
        return try Dictionary(
            uniqueKeysWithValues: sockets.map { ($0, String(try $1.bind())) }
        )
    }

    /// All blocks of `sh`, each line where it is in the guide; what was started is ended with it.
    func script(with ports: [String: String]) -> String {
        let start = """
            set -E; trap 'echo "\(path):$LINENO: $BASH_COMMAND" >&2' ERR; \
            trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT
            """
        var commands = zip(lines, languages).map { $1 == "sh" ? $0 : "" }
        commands[0] = start
        return commands.map { line in
            ports.reduce(line) { $0.replacing($1.key, with: $1.value) }
        }
        .joined(separator: "\n") + "\n"
    }
}

/// A sub-command without further ones.
private struct Command {
    let name: String
    /// The name that may be left out, as in `heed import FILE`.
    private var isDefault = false

    /// Whether a line runs it.
    func isIn(_ line: String) -> Bool {
        let words = isDefault ? name.split(separator: " ").dropLast().joined(separator: " ") : name
        return line.contains("heed \(words) ") || line.hasSuffix("heed \(words)")
            || line.contains("heed \(words))")
    }

    static func leaves(of command: JSON, under prefix: [String] = []) -> [Command] {
        command["subcommands"].list.flatMap { child -> [Command] in
            let words = prefix + [child["commandName"].string ?? ""]
            guard words.last != "help" else { return [] }
            guard child["subcommands"].list.isEmpty else { return leaves(of: child, under: words) }
            let isDefault = command["defaultSubcommand"].string == words.last
            return [Command(name: words.joined(separator: " "), isDefault: isDefault)]
        }
    }
}

extension Workplace {
    /// Makes the folder look like a clone in which `make run` has built.
    fileprivate func standInClone() throws {
        let files = FileManager.default
        for name in ["Sources", "deploy", "docs"] {
            try files.createSymbolicLink(
                atPath: path(name),
                withDestinationPath: "\(Workplace.root)/\(name)"
            )
        }
        try files.createDirectory(atPath: path(".build"), withIntermediateDirectories: true)
        try files.createDirectory(atPath: path("tmp"), withIntermediateDirectories: true)
        try files.createSymbolicLink(
            atPath: path(".build/release"),
            withDestinationPath: URL(filePath: heedPath()).deletingLastPathComponent().path
        )
    }

    /// Nothing of whoever runs the tests; temporary folders are inside and go with it.
    fileprivate var environmentOfGuides: [String: String] {
        ["HOME": folder, "TMPDIR": path("tmp")]
    }

    /// The server that `make run` leaves in the other terminal.
    fileprivate func makeRun(_ environment: [String: String]) async throws -> Program {
        let program = try start(heedPath(), ["serve"], environment: environment)
        try await eventually("heed serve listens: \(program.errors)") {
            program.errors.contains("Heed is listening on ") || program.exitCode != nil
        }
        return program
    }
}
