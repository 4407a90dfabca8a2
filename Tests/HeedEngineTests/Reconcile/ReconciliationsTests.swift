// Comparisons go into the log, and the newest of each connector comes back.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Reconciliations")
struct ReconciliationsTests {
    private func record(
        _ installation: Installation,
        _ connector: String,
        missing: Int
    ) async throws {
        let reconciliation = Reconciliation(
            connector: connector,
            subject: Reconciliation.subject(of: connector),
            isFixing: false,
            outcome: .compared,
            counts: [.missingThere: missing]
        )
        let command = RecordReconciliation(reconciliation)
        _ = try await installation.engine.perform(command, as: .system("test"))
        try await installation.settle()
    }

    @Test(arguments: Backend.allCases)
    func theNewestOfEachConnectorIsAnswered(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            #expect(try await installation.engine.ask(LastReconciliations()).isEmpty)
            for name in ["shop", "crm", "idle"] {
                try await installation.record([.connectorAdded(Sample.connector(name))])
            }
            try await record(installation, "crm", missing: 9)
            installation.clock.advance(seconds: 60)
            try await record(installation, "shop", missing: 1)
            try await record(installation, "crm", missing: 2)
            // A connector that is not set up has no line, whatever the log says.
            try await record(installation, "gone", missing: 3)
            let last = try await installation.engine.ask(LastReconciliations())
            #expect(last.map(\.reconciliation.connector) == ["crm", "shop"])
            #expect(last.map { $0.reconciliation[.missingThere] } == [2, 1])
            #expect(last.map(\.at) == [installation.clock.now, installation.clock.now])
        }
    }

    @Test func aConnectorHasItsOwnSubject() {
        let subject = Reconciliation.subject(of: "crm")
        #expect(subject.count == 16)
        #expect(subject != Reconciliation.subject(of: "crm2"))
    }
}
