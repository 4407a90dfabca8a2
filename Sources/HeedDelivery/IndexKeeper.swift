// Reads the guard's index at the start, and again whenever it lags too far behind to answer.

package import HeedEngine
package import Logging
import ServiceLifecycle

/// Keeps the index of the guard in a process that answers many questions.
///
/// Nothing depends on it: without it, or until it is done, the SQL guard answers.
package struct IndexKeeper: Service {
    private let engine: Engine
    private let pause: Duration
    private let logger: Logger

    /// Takes the door and the pause between two readings of everything.
    package init(engine: Engine, pause: Duration = .seconds(2), logger: Logger) {
        self.engine = engine
        self.pause = pause
        self.logger = logger
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let rings = engine.index.wanted.rings()
            await maintain()
            for await _ in rings {
                await maintain()
                // An import that goes on would have everything read again and again.
                guard (try? await Task.sleep(for: pause)) != nil else { return }
            }
        }
    }

    private func maintain() async {
        do {
            try await engine.maintainIndex()
            let figures = engine.index.figures
            logger.debug(
                "the guard's index is ready",
                metadata: ["addresses": "\(figures.addresses)", "bytes": "\(figures.bytes)"]
            )
        } catch {
            logger.warning(
                "the guard's index could not be read; SQL answers",
                metadata: ["error": "\(error)"]
            )
        }
    }
}
