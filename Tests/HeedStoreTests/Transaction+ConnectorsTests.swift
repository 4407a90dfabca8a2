// Connectors by sealed settings, and what is open for one.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction: connectors")
struct TransactionConnectorsTests {
    @Test(arguments: Backend.allCases)
    func connectorsReadBackByName(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let settings = try ["zeta", "alpha"].map(Sample.connector)
            let odd = try ConnectorSettings(name: "odd", kind: "", url: "", secret: "ß\u{0}\n")
            try await installation.record((settings + [odd]).map(Event.connectorAdded))
            try await installation.database.read { transaction throws in
                #expect(try transaction.connectors() == [settings[1], odd, settings[0]])
                #expect(try transaction.connectorNames() == ["alpha", "odd", "zeta"])
            }
        }
    }

    /// The name is bound to the seal, so nobody redirects one connector by another's settings.
    @Test(arguments: Backend.allCases)
    func settingsUnderAnotherNameDoNotOpen(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.record([.connectorAdded(try Sample.connector("alpha"))])
            try await installation.sql("UPDATE connectors SET name = 'beta'")
            let failure = await failureCode {
                try await installation.database.read { try $0.connectors() }
            }
            #expect(failure == "corrupt")
        }
    }

    @Test(arguments: Backend.allCases)
    func theyAreChangedDisabledAndRemoved(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let (old, other) = (try Sample.connector("alpha"), try Sample.connector("beta"))
            var new = try ConnectorSettings(
                name: "alpha",
                kind: "webhook",
                url: "https://new.example",
                secret: "other",
                options: ["a": "b"]
            )
            try await installation.record([.connectorAdded(old), .connectorAdded(other)])
            try await installation.record([.connectorChanged(new, options: ["url"])])
            try await installation.record([.connectorDisabled(new)])
            new.disabledAt = installation.clock.now
            let list: @Sendable (Transaction) throws -> [ConnectorSettings] = {
                try $0.connectors()
            }
            #expect(try await installation.database.read(list) == [new, other])
            // Settings that are changed while it rests let it rest.
            try await installation.record([.connectorChanged(new, options: ["url"])])
            #expect(try await installation.database.read(list) == [new, other])
            try await installation.record([.connectorEnabled(new)])
            new.disabledAt = nil
            #expect(try await installation.database.read(list) == [new, other])
            try await installation.record([.connectorRemoved(new)])
            #expect(try await installation.database.read(list) == [other])
        }
    }

    @Test(arguments: Backend.allCases)
    func openWorkHasTargetsWithTheirJobs(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for name in ["crm", "esp"] {
                try await installation.record([.connectorAdded(Sample.connector(name))])
            }
            let id = try await installation.optOut(Sample.address())
            let open: @Sendable (Transaction) throws -> [Bool] = {
                try $0.openWork(for: "crm", limit: 9).map { $0.job != nil }
            }
            #expect(try await installation.database.read(open) == [false])
            let target = try await installation.database.read { transaction in
                try transaction.targets(of: id).first { $0.connector == "crm" }
            }
            let job = Job(
                id: JobID(high: 1, low: 1),
                kind: .tellConnector(try #require(target).id),
                lane: .optOut,
                priority: 0,
                runAt: installation.clock.now,
                connector: "crm"
            )
            try await installation.record([], jobs: [.add(job)])
            #expect(try await installation.database.read(open) == [true])
            let none = try await installation.database.read { transaction in
                try transaction.openWork(for: "crm", limit: 0).count
                    + transaction.openWork(for: "nobody", limit: 9).count
            }
            #expect(none == 0)
        }
    }
}
