// Carries the doorbell from node to node, so that a worker anywhere starts at once.

import HeedEngine
import ServiceLifecycle

/// Passes this node's rings on, and rings for those of others.
///
/// What gets lost on the way is found by polling, so failures are nobody's concern here.
struct Bell: Service {
    let doorbell: Doorbell
    let tell: @Sendable () async throws -> Void
    let words: @Sendable () -> AsyncStream<Void>

    func run() async throws {
        let rings = doorbell.rings(.here)
        await withDiscardingTaskGroup { group in
            group.addTask { @Sendable in
                await cancelWhenGracefulShutdown { for await _ in rings { _ = try? await tell() } }
            }
            group.addTask { @Sendable in
                await cancelWhenGracefulShutdown {
                    for await _ in words() { doorbell.ring(from: .elsewhere) }
                }
            }
        }
    }
}
