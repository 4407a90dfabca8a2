// A database with a bit of everything in a signed log, and what somebody with all rights can do.

package import HeedAudit
package import HeedConsent
import HeedEngine
import HeedLedger
package import HeedStore

extension Installation {
    /// People who said yes, no, stop, and came back.
    package func live(people: Int = 12) async throws {
        for number in 1...people {
            clock.advance(seconds: 60)
            let address = try Sample.address(number)
            try await decide(address, terms: Terms(evidence: Sample.evidence()))
            clock.advance(seconds: 60)
            switch number % 6 {
            case 1: try await optOut(address)
            case 2:
                try await optOut(address, from: .global)
                clock.advance(seconds: 60)
                try await decide(address)
            case 3: try await decide(address, .denied, in: Sample.promotions)
            case 4: try await decide(address, .withdrawn)
            case 5: try await optOut(address, from: .global)
            default: break
            }
            if number.isMultiple(of: 4) { try await drainQueue() }
        }
        try await sequence()
    }

    /// What the verifier says.
    package func verify(
        key: String? = nil,
        outside: [OutsideCheckpoint] = []
    ) async throws -> Verifier.Report {
        try await Verifier(engine: engine, key: key, outside: outside).run()
    }

    /// The newest checkpoint as an outsider would have kept it.
    package func keptCheckpoint(_ name: String = "kept") async throws -> OutsideCheckpoint {
        let note = try await database.read { try $0.latestCheckpoint()?.note ?? [] }
        return OutsideCheckpoint(name: name, note: note)
    }

    /// Takes all triggers away and runs statements through a connection of its own, as whoever
    /// owns the file can.
    package func tamper(_ statements: SQL...) async throws {
        try await tamper(statements)
    }

    /// The same with a list.
    package func tamper(_ statements: [SQL]) async throws {
        let second = try reopened()
        try await second.write { transaction in
            for statement in tamperedTriggers + statements {
                _ = try transaction.connection.run(statement, [])
            }
        }
    }
}

private let tamperedTriggers: [SQL] = [
    "DROP TRIGGER IF EXISTS audit_events_no_update",
    "DROP TRIGGER IF EXISTS audit_events_no_delete",
    "DROP TRIGGER IF EXISTS consent_records_no_update",
    "DROP TRIGGER IF EXISTS consent_records_no_delete",
    "DROP TRIGGER IF EXISTS ledger_leaves_no_update",
    "DROP TRIGGER IF EXISTS ledger_leaves_no_delete",
    "DROP TRIGGER IF EXISTS ledger_tiles_no_update",
    "DROP TRIGGER IF EXISTS ledger_tiles_no_delete",
    "DROP TRIGGER IF EXISTS checkpoints_no_update",
    "DROP TRIGGER IF EXISTS checkpoints_no_delete",
    "DROP TRIGGER IF EXISTS ledger_identity_no_update",
    "DROP TRIGGER IF EXISTS ledger_identity_no_delete",
    "DROP TRIGGER IF EXISTS retention_only_forward",
]

extension Verifier.Report {
    /// The codes that were found, each once.
    package var codes: Set<String> { Set(findings.map(\.code.rawValue)) }

    /// The places of a code.
    package func places(_ code: Finding.Code) -> [String] {
        findings.filter { $0.code == code }.map(\.place)
    }
}
