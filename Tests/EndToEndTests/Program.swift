// Starts programs as a shell does: arguments, environment, a folder, and files for the streams.

import Foundation
import Synchronization

/// A started program; its output goes to files, so that no pipe can fill up and stop it.
final class Program: Sendable {
    let id: pid_t
    private let outputPath: String
    private let errorPath: String
    private let status = Mutex<Int32?>(nil)

    /// What to start and with what.
    struct Plan: Sendable {
        let path: String
        var arguments: [String] = []
        var environment: [String: String] = [:]
        /// The folder it runs in.
        let folder: String
        /// The file it reads as standard input.
        var inputPath = "/dev/null"
        /// Where its two streams go: this, with `.out` and `.err`.
        let streams: String
    }

    init(_ plan: Plan) throws {
        outputPath = plan.streams + ".out"
        errorPath = plan.streams + ".err"
        id = try spawn(plan, outputPath: outputPath, errorPath: errorPath)
        Thread.detachNewThread { [self] in
            var code: Int32 = 0
            while waitpid(id, &code, 0) == -1, errno == EINTR {}
            // As a shell gives it: 128 and the signal for a program that was killed.
            let ended = code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + code & 0x7F
            status.withLock { $0 = ended }
        }
    }

    /// Nil while it runs.
    var exitCode: Int32? { status.withLock { $0 } }

    /// What it has written to standard output so far.
    var output: String { text(outputPath) }

    /// What it has written to standard error so far.
    var errors: String { text(errorPath) }

    func send(_ signal: Int32) {
        if exitCode == nil { kill(id, signal) }
    }

    /// Waits until it has ended.
    func end(withinSeconds limit: Int = 120) async throws -> Int32 {
        try await eventually("the end of process \(id): \(errors)", withinSeconds: limit) {
            exitCode != nil
        }
        return exitCode ?? -1
    }

    private func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// How a program ended.
struct Ending: Sendable {
    let exitCode: Int32
    let output: String
    let errors: String

    var errorLines: [Substring] { errors.split(separator: "\n") }

    var json: JSON { get throws { try JSON(output) } }
}

private func spawn(_ plan: Program.Plan, outputPath: String, errorPath: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, plan.inputPath, O_RDONLY, 0)
    let new = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, new, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, new, 0o600)
    // A thread's blocked or ignored signals would be inherited.
    var none = sigset_t()
    var standard = sigset_t()
    sigemptyset(&none)
    sigfillset(&standard)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &standard)
    let flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&attributes, flags)
    // The shell goes to the folder and then becomes the program, under the same process id.
    let script = #"cd "$0" && exec "$@""#
    let line = ["sh", "-c", script, plan.folder, plan.path] + plan.arguments
    var arguments = line.map { strdup($0) } + [nil]
    var environment = plan.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var id: pid_t = 0
    let code = posix_spawn(&id, "/bin/sh", &actions, &attributes, &arguments, &environment)
    guard code == 0 else {
        throw Failure("\(plan.path) cannot be started: \(String(cString: strerror(code)))")
    }
    return id
}
