// Keeps what a service logs, to wait for a line and to count what must be rare.

import Logging
import Synchronization

/// A log in memory; a line is its level, its message and its metadata.
final class LogLines: Sendable {
    private let captured = Mutex<[String]>([])

    /// All lines so far.
    var all: [String] { captured.withLock { $0 } }

    /// The lines of a level.
    func of(_ level: Logger.Level) -> [String] { all.filter { $0.hasPrefix("\(level) ") } }

    /// A logger that writes here.
    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private func append(_ line: String) { captured.withLock { $0.append(line) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?
        var logLevel = Logger.Level.trace

        func log(event: LogEvent) {
            let own = metadata.merging(event.metadata ?? [:]) { $1 }
            let pairs = own.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.append("\(event.level) \(event.message) \(pairs.joined(separator: " "))")
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }
}

/// Runs a service until `condition` holds, then cancels it.
func running(
    _ service: @escaping @Sendable () async throws -> Void,
    until condition: () async throws -> Bool
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service() }
        while try await !condition() { await Task.yield() }
        group.cancelAll()
    }
}
