// One node's word reaches the others, not itself, and again after the connection was lost.

import HeedPostgres
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("Notifications", .timeLimit(.minutes(5)))
struct NotificationsTests {
    /// What a node has heard so far.
    private final class Ear: Sendable {
        private let heard = Mutex(0)

        var count: Int { heard.withLock { $0 } }
        func listen(to words: AsyncStream<Void>) async {
            for await _ in words { heard.withLock { $0 += 1 } }
        }
    }

    /// Runs `body` while an ear listens to each node.
    private func withEars(
        on nodes: [PostgresDatabase],
        _ body: ([Ear]) async throws -> Void
    ) async throws {
        let ears = nodes.map { _ in Ear() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (node, ear) in zip(nodes, ears) {
                let words = node.notifications()
                group.addTask { @Sendable in await ear.listen(to: words) }
            }
            defer { group.cancelAll() }
            // The first element says that it listens now.
            try await wait { ears.allSatisfy { $0.count == 1 } }
            try await body(ears)
        }
    }

    @Test func othersHearAndOneselfDoesNot() async throws {
        try await withHarness { harness in
            let nodes = [try harness.open(), try harness.open()]
            defer { for node in nodes { node.close() } }
            try await withEars(on: nodes) { ears in
                try await nodes[0].notifyOthers()
                try await wait { ears[1].count == 2 }
                try await nodes[1].notifyOthers()
                try await wait { ears[0].count == 2 }
                #expect(ears[1].count == 2)
            }
        }
    }

    @Test func itListensAgainAfterItWasCut() async throws {
        try await withHarness { harness in
            let nodes = [try harness.open(), try harness.open()]
            defer { for node in nodes { node.close() } }
            try await withEars(on: [nodes[0]]) { ears in
                try harness.cluster.run(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                        + "WHERE datname = '\(harness.name)' AND query = 'LISTEN heed_work'"
                )
                try await wait { ears[0].count >= 2 }
                try await nodes[1].notifyOthers()
                try await wait { ears[0].count >= 3 }
            }
        }
    }
}
