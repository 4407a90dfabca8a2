// (g) A whole history replaced and signed again looks whole, until a kept checkpoint is shown.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Verifier: another history")
struct HistoryReplacedTests {
    /// Two people; the second one's opt-out is what somebody wants to be rid of.
    private func withHistory(
        _ body: (Installation, OutsideCheckpoint) async throws -> Void
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.decide(Sample.address(1))
            installation.clock.advance(seconds: 60)
            try await installation.decide(Sample.address(2))
            installation.clock.advance(seconds: 60)
            for number in 3...5 { try await installation.decide(Sample.address(number)) }
            try await installation.sequence(batch: 5)
            installation.clock.advance(seconds: 60)
            try await installation.optOut(Sample.address(2), from: .global)
            try await installation.sequence(batch: 5)
            let kept = try await installation.keptCheckpoint()
            #expect(try await installation.verify(outside: [kept]).findings == [])
            try await installation.tamper()
            try await body(installation, kept)
        }
    }

    /// Removes the opt-out with all its traces.
    private func removeOptOut(_ installation: Installation) async throws {
        for statement: SQL in [
            "DELETE FROM ledger_leaves", "DELETE FROM ledger_tiles", "DELETE FROM checkpoints",
            "DELETE FROM ledger_identity", "DELETE FROM suppressions",
            "DELETE FROM opt_out_targets", "DELETE FROM opt_outs", "DELETE FROM jobs",
            "DELETE FROM consent_records WHERE decision = 'withdrawn'",
            "DELETE FROM permissions WHERE scope = 'promotions'",
            "UPDATE permissions SET state = 'granted', opt_out_status = 'none', "
                + "opt_out_id = NULL, record_id = (SELECT id FROM consent_records r "
                + "WHERE r.contact_id = permissions.contact_id), decided_at = (SELECT given_at "
                + "FROM consent_records r WHERE r.contact_id = permissions.contact_id), "
                + "policy_effective_at = (SELECT effective_at FROM policies)",
            "DELETE FROM audit_events WHERE position >= (SELECT min(position) FROM audit_events "
                + "WHERE kind = 'optout.requested')",
        ] { try await installation.sql(statement) }
    }

    @Test func aShorterHistoryIsCaughtByAKeptCheckpoint() async throws {
        try await withHistory { installation, kept in
            try await removeOptOut(installation)
            try await installation.sequence(batch: 5)
            // Signed again with the log's own key, it is whole in itself.
            #expect(try await installation.verify().findings == [])
            let report = try await installation.verify(outside: [kept])
            #expect(report.codes == ["outside.beyond"])
            #expect(report.places(.outsideBeyond).first?.hasPrefix("kept, size ") == true)
        }
    }

    @Test func aLongerHistoryIsCaughtToo() async throws {
        try await withHistory { installation, kept in
            try await removeOptOut(installation)
            for number in 10...20 { try await installation.decide(Sample.address(number)) }
            try await installation.sequence(batch: 5)
            #expect(try await installation.verify().findings == [])
            let report = try await installation.verify(outside: [kept])
            #expect(report.codes == ["outside.forked"])
        }
    }

    /// Cut consistently down to an older checkpoint: what was written since has no event.
    @Test func aTailCutWithItsCheckpointsLeavesRecordsWithoutEvents() async throws {
        try await withHistory { installation, kept in
            let size = try await installation.number(
                "SELECT max(size) FROM checkpoints WHERE size <= (SELECT min(l.leaf_index) "
                    + "FROM ledger_leaves l JOIN audit_events e ON e.id = l.event_id "
                    + "WHERE e.kind = 'optout.requested')"
            )
            try await installation.sql("DELETE FROM checkpoints WHERE size > $1", .integer(size))
            try await installation.sql(
                "DELETE FROM audit_events WHERE position > (SELECT position FROM ledger_leaves "
                    + "WHERE leaf_index = $1)",
                .integer(size - 1)
            )
            try await installation.sql(
                "DELETE FROM ledger_leaves WHERE leaf_index >= $1",
                .integer(size)
            )
            let report = try await installation.verify()
            #expect(report.codes.contains("record.unlogged"), "\(report.findings)")
            #expect(!report.codes.contains("log.cut"))
            #expect(try await installation.verify(outside: [kept]).codes.contains("outside.beyond"))
        }
    }

    /// One in the middle is not missed by itself: the later ones stand for the same leaves.
    @Test func aCheckpointGoneFromTheMiddleIsNotMissed() async throws {
        try await withHistory { installation, kept in
            try await installation.sql("DELETE FROM checkpoints WHERE size = 10")
            #expect(try await installation.verify(outside: [kept]).findings == [])
        }
    }

    @Test func aForeignCheckpointIsNamed() async throws {
        try await withHistory { installation, kept in
            try await Backend.sqlite.withEngine(seed: 7) { other in
                try await other.live(people: 2)
                let foreign = try await other.keptCheckpoint("foreign")
                let garbage = OutsideCheckpoint(name: "garbage", note: [1, 2, 3])
                let report = try await installation.verify(outside: [foreign, garbage, kept])
                #expect(report.codes == ["outside.signature"])
                #expect(report.places(.outsideSignature) == ["foreign", "garbage"])
            }
        }
    }

    @Test func anotherKeyIsNamed() async throws {
        try await withHistory { installation, kept in
            let identity = try await installation.database.read { try $0.ledgerIdentity() }
            let own = try #require(identity?.verifier)
            #expect(try await installation.verify(key: own, outside: [kept]).findings == [])
            try await Backend.sqlite.withEngine(seed: 7) { other in
                try await other.live(people: 2)
                let foreign = try await other.database.read { try $0.ledgerIdentity() }
                let report = try await installation.verify(key: foreign?.verifier)
                #expect(report.codes == ["log.identity", "checkpoint.signature"])
                let broken = try await installation.verify(key: "no key")
                #expect(broken.codes == ["log.identity"])
            }
        }
    }

    /// An event edited together with its leaf: the signed roots say so.
    @Test func anEventWithItsLeafIsCaughtByTheRoots() async throws {
        try await withHistory { installation, _ in
            let rows = try await installation.sql(
                "SELECT body FROM audit_events WHERE position = 7"
            )
            var body = try #require(rows.first).blob(0)
            body[body.count - 3] ^= 1
            try await installation.sql(
                "UPDATE audit_events SET body = $1 WHERE position = 7",
                .blob(body)
            )
            try await installation.sql(
                "UPDATE ledger_leaves SET hash = $1 WHERE position = 7",
                .blob(Hash.leaf(body).bytes)
            )
            let report = try await installation.verify()
            #expect(report.places(.checkpointRoot) == ["checkpoint 10"], "\(report.findings)")
            #expect(!report.codes.contains("event.changed"))
        }
    }
}
