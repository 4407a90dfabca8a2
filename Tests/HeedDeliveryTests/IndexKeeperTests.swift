// The index is read at the start, again when it lags behind, and its failures are no one else's.

import HeedConsent
import HeedDelivery
import HeedEngine
import HeedStore
import Logging
import TestSupport
import Testing

@Suite("Index keeper")
struct IndexKeeperTests {
    private func keep(
        _ engine: Engine,
        until condition: () async throws -> Bool
    ) async throws {
        let keeper = IndexKeeper(
            engine: engine,
            pause: .milliseconds(1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await keeper.run() }
            while try await !condition() { await Task.yield() }
            group.cancelAll()
        }
    }

    @Test func readsAtTheStartAndWhenItIsWanted() async throws {
        try await Backend.sqlite.withEngine { installation in
            let faulty = FaultyDatabase(installation.database)
            let engine = Engine(database: faulty)
            try await installation.decide(Sample.address())
            // An attempt that failed is not the last one.
            faulty.planRead(.atStatement(0))
            await #expect(throws: StoreError.self) { try await engine.maintainIndex() }
            let question = try MaySendMany(
                recipients: [Sample.address().delivery],
                scope: Sample.newsletter
            )
            try await keep(engine) {
                let answer = try await engine.ask(question)
                #expect(answer.verdicts.map(\.reason) == [.allowed])
                return engine.index.figures.answered > 0
            }
            #expect(engine.index.figures.addresses == 1)
            // A new scope has everything read again.
            try await installation.record([.scopeAdded(Sample.scope("late"))])
            try await keep(engine) {
                _ = try await engine.ask(question)
                return engine.index.figures.built == 2
            }
        }
    }
}
