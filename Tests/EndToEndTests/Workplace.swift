// A folder of its own for each test, in which the built binary is used like a person uses it.

import Foundation
import Synchronization

/// A temporary folder and everything that was started in it.
final class Workplace: Sendable {
    let folder: String
    private let started = Mutex<[Program]>([])

    /// Runs a test in a new folder; ends every program and removes the folder afterwards.
    static func open<Answer>(_ test: (Workplace) async throws -> Answer) async throws -> Answer {
        let place = try Workplace()
        do {
            let answer = try await test(place)
            await place.clear()
            return answer
        } catch {
            await place.clear()
            throw error
        }
    }

    private init() throws {
        let name = "heed-end-to-end-\(UUID().uuidString.prefix(8))"
        folder = FileManager.default.temporaryDirectory.appending(path: name).path
        try FileManager.default.createDirectory(
            atPath: folder + "/.streams",
            withIntermediateDirectories: true
        )
    }

    private func clear() async {
        for program in started.withLock({ $0 }) {
            program.send(SIGKILL)
            _ = try? await program.end(withinSeconds: 10)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The project's root.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The three files of the sample export.
    static let samples = ["subscribed", "unsubscribed", "cleaned"].map {
        "\(root)/Sources/HeedCLI/Demo/Fixtures/mailchimp-\($0).csv"
    }

    /// The built binary: the one `HEED_BINARY` names, else the one beside these tests.
    private static let binary: String? = {
        let given = ProcessInfo.processInfo.environment["HEED_BINARY"]
        let bundles = CommandLine.arguments.filter { $0.contains(".xctest") }
            .map {
                String($0.prefix(upTo: $0.firstRange(of: ".xctest")?.lowerBound ?? $0.endIndex))
            }
        let places = bundles + [CommandLine.arguments.first ?? ""]
        let beside = places.map { URL(filePath: $0).deletingLastPathComponent().path + "/heed" }
        return (given.map { [$0] } ?? beside).first(where: FileManager.default.isExecutableFile)
    }()

    /// Starts a program in the folder.
    func start(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil
    ) throws -> Program {
        try started.withLock { programs in
            var plan = Program.Plan(
                path: path,
                arguments: arguments,
                environment: environment,
                folder: folder,
                streams: "\(folder)/.streams/\(programs.count)"
            )
            for name in ["PATH", "HOME", "LANG", "TMPDIR"] {
                plan.environment[name] =
                    environment[name] ?? ProcessInfo.processInfo.environment[name]
            }
            if let input {
                plan.inputPath = plan.streams + ".in"
                try Data(input.utf8).write(to: URL(filePath: plan.inputPath))
            }
            let program = try Program(plan)
            programs.append(program)
            return program
        }
    }

    /// Starts a program and waits for its end.
    func run(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> Ending {
        let program = try start(path, arguments, environment: environment, input: input)
        let code = try await program.end()
        return Ending(exitCode: code, output: program.output, errors: program.errors)
    }

    func heedPath() throws -> String {
        guard let path = Workplace.binary else {
            throw Failure("there is no heed beside the tests: swift build, or set HEED_BINARY")
        }
        return path
    }

    /// Starts `heed` with arguments in a list.
    func start(heed arguments: [String]) throws -> Program {
        try start(heedPath(), arguments)
    }

    /// Runs `heed` and waits for its end.
    func heed(
        _ arguments: String...,
        environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> Ending {
        try await run(heedPath(), arguments, environment: environment, input: input)
    }

    /// Runs `heed` with arguments in a list.
    func heed(_ arguments: [String], environment: [String: String] = [:]) async throws -> Ending {
        try await run(heedPath(), arguments, environment: environment)
    }

    /// Runs a command that must fail.
    func heed(_ command: WrongCommand) async throws -> Ending {
        try await heed(command.arguments, environment: command.environment)
    }

    /// Runs `heed` with the rest of a shell's line, for what only a shell can do to its streams.
    func shell(_ line: String) async throws -> Ending {
        try await run("/bin/sh", ["-c", "exec '\(heedPath())' \(line)"])
    }

    /// Runs `heed` and throws when it fails; for what a test needs but is not about.
    @discardableResult
    func done(_ arguments: String...) async throws -> Ending {
        let ending = try await run(heedPath(), arguments)
        guard ending.exitCode == 0 else {
            throw Failure("heed \(arguments.joined(separator: " ")): \(ending.errors)")
        }
        return ending
    }

    /// Starts a server on a free port and waits until it listens.
    func serve(
        _ arguments: String...,
        environment: [String: String] = [:]
    ) async throws -> Server {
        try await serve(flags: arguments, environment: environment)
    }

    /// Starts a server with flags in a list.
    func serve(flags: [String], environment: [String: String] = [:]) async throws -> Server {
        let program = try start(
            heedPath(),
            ["serve", "--port", "0"] + flags,
            environment: environment.merging(["HEED_RETRY_SCALE": "0.01"]) { given, _ in given }
        )
        return try await Server(program, keyPath: path("heed-data/admin.key"))
    }

    /// Scopes and a policy version to consent to.
    func register() async throws {
        try await done("scope", "add", "newsletter", "--kind", "campaign")
        try await done("scope", "add", "promotions", "--kind", "campaign")
        try await done("scope", "add", "receipts", "--kind", "transactional")
        try write("We write to you.\n", to: "policy.txt")
        try await done("policy", "publish", "2026-01", "--text-file", "policy.txt")
    }

    /// A yes to the newsletter of each of these, and a stop by ben.
    func addPeople(_ names: [String]) async throws {
        for name in names {
            try await done(
                "consent",
                "grant",
                "\(name)@mail.example",
                "--scope",
                "newsletter",
                "--policy",
                "2026-01"
            )
        }
        try await done("opt-out", "ben@mail.example", "--scope", "newsletter")
    }

    /// Imports the sample export.
    func importSamples() async throws -> JSON {
        let files = Workplace.samples
        let ending = try await done(
            "import",
            files[0],
            files[1],
            files[2],
            "--format",
            "mailchimp",
            "--scope",
            "newsletter",
            "--policy",
            "2026-01",
            "--json"
        )
        return try ending.json
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
    }

    func copy(_ name: String, to other: String) throws {
        try FileManager.default.copyItem(atPath: path(name), toPath: path(other))
    }

    func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path(name)) ?? Data(), as: UTF8.self)
    }
}

extension Workplace {
    /// Starts a worker without the API.
    func start(worker arguments: [String]) async throws -> Program {
        try start(
            heedPath(),
            ["serve", "--role", "worker"] + arguments,
            environment: ["HEED_RETRY_SCALE": "0.01"]
        )
    }
}
