// The end of a target that takes its workers down, and a connector that is no longer there.

import HeedConnectors
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("ConnectorTelling")
struct ConnectorTellingTests {
    @Test func aJobThatNeverComesBackIsGivenUp() {
        let last = Job.attemptsMaximum
        #expect(ConnectorTelling.end(before: 1) == nil)
        #expect(ConnectorTelling.end(before: last) == nil)
        let end = ConnectorTelling.end(before: last + 1)
        #expect(end == .givenUp("given up after \(last) attempts"))
    }

    @Test func aRemovedConnectorIsNil() async throws {
        try await Backend.sqlite.withEngine { installation in
            let telling = ConnectorTelling(
                engine: installation.engine,
                gate: ConnectorGate(slots: 1, surroundings: installation.surroundings),
                transport: ScriptedTransport(),
                retryPolicy: RetryPolicy(),
                surroundings: installation.surroundings
            )
            let connector = try await telling.connector(named: "crm")
            #expect(connector == nil)
        }
    }
}
