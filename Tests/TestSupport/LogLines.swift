// Keeps every log line at every level, to wait for one, to count, and to look for what must not be
// there.

public import Logging
import Synchronization

/// A log in memory; a line is its level, its message and its metadata.
public final class LogLines: Sendable {
    private let captured = Mutex<[String]>([])

    /// Makes an empty log.
    public init() {}

    /// All lines so far.
    public var all: [String] { captured.withLock { $0 } }

    /// The lines of a level.
    public func of(_ level: Logger.Level) -> [String] { all.filter { $0.hasPrefix("\(level) ") } }

    /// A logger that writes here.
    public var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

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
