// Keeps every log line of a server, at every level, to look for what must not be there.

import Logging
import Synchronization

/// A log in memory.
final class LogCapture: Sendable {
    private let captured = Mutex<[String]>([])

    /// All lines so far.
    var lines: [String] { captured.withLock { $0 } }

    /// A logger that writes here.
    var logger: Logger { Logger(label: "test") { _ in Handler(capture: self) } }

    private func append(_ line: String) { captured.withLock { $0.append(line) } }

    private struct Handler: LogHandler {
        let capture: LogCapture
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?
        var logLevel = Logger.Level.trace

        func log(event: LogEvent) {
            let own = metadata.merging(event.metadata ?? [:]) { $1 }
            let pairs = own.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            capture.append("\(event.level) \(event.message) \(pairs.joined(separator: " "))")
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }
}
