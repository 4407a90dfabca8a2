// The five checks of what can be proved afterwards.

import HeedConsent
import HeedEngine
import HeedEvidence
import HeedLedger
import HeedStore

extension Check {
    static let trail: [Check] = [
        Check(
            "compliance-audit-trail.consent-change-logging",
            .high,
            "Nothing about consent changes without its line in the audit log",
            remedy: "run `heed verify`: it names what no event speaks of; find out who wrote to "
                + "the database by hand",
            look: lookAtChanges
        ),
        Check(
            "compliance-audit-trail.append-only-log",
            .high,
            "The audit log is only added to, and every entry is under a signed head",
            remedy: "read docs/operations/log.md; run `heed verify --checkpoint-archive DIR` with "
                + "heads kept elsewhere; restore triggers and rights from the migrations",
            look: lookAtLog
        ),
        Check(
            "compliance-audit-trail.log-retention",
            .medium,
            "Evidence stays for years, and the database lets no younger row go",
            remedy: "restore the triggers of the table retention from the migrations; set "
                + "auditLogRetentionDays and consentRecordRetentionDays to 1825",
            look: lookAtRetention
        ),
        Check(
            "compliance-audit-trail.evidence-export",
            .info,
            "What happened to a person can be shown, with evidence that opens and proofs that hold",
            remedy: "a person's key that does not open was changed, or the master key is another "
                + "one's: go back to a backup; `heed log prove` shows what a proof lacks",
            look: lookAtEvidence
        ),
        Check(
            "compliance-audit-trail.optout-events-logged",
            .low,
            "Every stage of an opt-out is in the audit log with its time",
            remedy: "run `heed verify`: it names the opt-outs that differ from their events",
            look: lookAtStages
        ),
    ]

    private static let lookAtChanges: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            try sandbox.grant(sandbox.campaign)
            let later = sandbox.later(by: 60)
            try later.perform(later.consent(.withdrawn, sandbox.campaign))
            let last = sandbox.later(by: 120)
            _ = try last.stop(.scope(sandbox.second))
            let lines = try last.timeline().filter { $0.kind.hasPrefix("consent.") }
            let records = try last.transaction.consents(of: last.contact(), limit: 100)
            let whole = lines.filter {
                $0.contact != nil && $0.scope != nil && $0.from != nil && $0.to != nil
                    && $0.source != nil && !$0.actor.id.isEmpty
            }
            let steps = lines.filter { $0.scope == sandbox.campaign.text }.map {
                "\($0.from ?? "?") to \($0.to ?? "?")"
            }
            found.expect(
                whole.count == records.count && lines.count == records.count
                    && steps == ["none to granted", "granted to withdrawn"],
                "\(records.count) records in a rehearsal had a line each, with contact, scope, "
                    + "states (\(steps.joined(separator: ", "))), actor and source",
                else: "\(records.count) records in a rehearsal had \(lines.count) lines, "
                    + "\(whole.count) of them whole (\(steps.joined(separator: ", ")))"
            )
            try batch(sandbox, &found)
        }
        found.add(walk)
        context.verified(.changes, &found)
    }

    /// A record of an import names its batch, in the row and in the log.
    private static func batch(_ sandbox: Sandbox, _ found: inout Inspection) throws {
        let transaction = sandbox.transaction
        let batch: ImportID = transaction.newID()
        let policy = try transaction.requirePolicy(sandbox.name)
        let draft = ConsentDraft(
            person: try transaction.resolve(.address(sandbox.neighbour)),
            scope: try transaction.requireScope(sandbox.campaign),
            decision: .granted,
            basis: .consent,
            source: .batchImport,
            policy: policy,
            locale: nil,
            givenAt: sandbox.now,
            expiresAt: nil,
            evidence: sandbox.evidence,
            batch: batch
        )
        let (record, events) = try draft.events(in: transaction)
        _ = try transaction.record(Decision((), events: events), by: Sandbox.actor)
        let contact = try sandbox.contact(of: sandbox.neighbour)
        let stored = try transaction.consents(of: contact, limit: 10)
        let lines = try transaction.timeline(of: contact, limit: 10).compactMap {
            AuditEvent(canonical: $0.body)
        }
        let isLogged = lines.contains {
            $0.subject == record.id.bytes && $0.facts["batch"] == batch.text
        }
        found.expect(
            stored.first?.batch == batch && isLogged,
            "a record of an import named its batch, and so did its line",
            else: "a record of an import does not name its batch"
        )
    }

    private static let logTables = [
        "ledger_identity", "ledger_leaves", "ledger_tiles", "checkpoints",
        "checkpoint_cosignatures", "audit_events",
    ]

    private static let lookAtLog: Look = { context, found in
        let tries = try await context.rehearse { sandbox, found in
            try sandbox.fillLog()
            try found.tryForbidden(.log, in: sandbox.transaction)
            try found.expectGuards(
                against: ["UPDATE", "DELETE", "TRUNCATE"],
                on: logTables,
                in: sandbox.transaction
            )
            // A purge deletes with the application's own right, row by row past the trigger.
            try found.expectGuards(
                against: ["UPDATE", "TRUNCATE"],
                on: ["send_decisions"],
                in: sandbox.transaction
            )
            try found.expectTriggers(.log, in: sandbox.transaction)
        }
        found.add(tries)
        context.verified(.log, &found)
        let rules = context.terms.rules
        let situation = try await context.engine.ask(Watching(rules)).situation
        if let behind = rules.alerts(in: situation).first(where: { $0.kind == .logBehind }) {
            found.fault(behind.detail + "; does a worker run? `heed log checkpoint` takes them in")
        }
        let status = try await context.engine.ask(LogStatus())
        found.note(
            status.signedAt.map { "newest head over \(status.size) entries, signed \($0.text)" }
                ?? "no head yet: nothing was taken into the log"
        )
        found.note("\(counted(status.unsequenced, "committed event")) not in the log yet")
    }

    private static let lookAtRetention: Look = { context, found in
        let retention = context.terms.retention
        let least = Retention.daysMinimum
        found.expect(
            retention.auditLogDays >= least && retention.consentRecordDays >= least,
            "kept for \(retention.auditLogDays) days (audit log) and "
                + "\(retention.consentRecordDays) days (consent records); the default is "
                + "\(auditLogRetentionDays)",
            else: "evidence is kept for less than \(least) days"
        )
        let short = try? Retention(auditLogDays: least - 1)
        let shorter = try? Retention(consentRecordDays: least - 1)
        found.expect(
            short == nil && shorter == nil,
            "a setting of \(least - 1) days is turned away",
            else: "a setting of \(least - 1) days is taken"
        )
        let tries = try await context.rehearse { sandbox, found in
            try found.tryForbidden(.horizon, in: sandbox.transaction)
            try found.expectGuards(
                against: ["UPDATE", "DELETE", "TRUNCATE"],
                on: ["retention"],
                in: sandbox.transaction
            )
            try found.expectTriggers(.horizon, in: sandbox.transaction)
        }
        found.add(tries)
    }

    private static let lookAtEvidence: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            let record = try sandbox.grant(sandbox.campaign)
            let contact = try sandbox.contact()
            _ = try sandbox.stop(.scope(sandbox.campaign))
            let wanted: Set<String> = [
                "contact.added", "consent.granted", "consent.withdrawn", "optout.requested",
            ]
            let later = sandbox.later(by: 60)
            let bundle = try EvidenceRehearsal(
                .contact(contact),
                reason: "audit",
                on: later.stage,
                as: Sandbox.actor
            )
            let opened = try sandbox.transaction.evidence(of: record, contact: contact)
            let missing = wanted.subtracting(bundle.kinds).sorted()
            found.expect(
                missing.isEmpty && opened == sandbox.evidence && bundle.counts["consents"] == 2
                    && bundle.counts["optOuts"] == 1,
                "an export about a person in a rehearsal had their records, their opt-out and "
                    + "their whole timeline, and the evidence opened",
                else: "an export about a person in a rehearsal had "
                    + "\(bundle.counts["consents"] ?? 0) of 2 records and "
                    + "\(bundle.counts["optOuts"] ?? 0) of 1 opt-out"
                    + (missing.isEmpty ? "" : ", and lacked " + missing.joined(separator: ", "))
                    + (opened == sandbox.evidence ? "" : ", and the evidence does not open")
            )
            found.expect(
                bundle.line?.actor == Sandbox.actor && bundle.line?.facts["reason"] == "audit",
                "the export left a line with who asked for it, and why",
                else: "the export left no line with who asked for it, and why"
            )
            try refuseUnexplained(contact, later, &found)
        }
        found.add(walk)
        let sample = try await context.read { transaction, found in
            if let contact = try transaction.personWithoutKey() {
                found.fault("the key of \(contact.text) is gone, and they were not erased")
            }
            var opened = 0
            for contact in try transaction.newestPeople(limit: peopleMaximum) {
                do {
                    try transaction.openKey(of: contact)
                    for record in try transaction.consents(of: contact, limit: 100)
                    where record.hasEvidence {
                        if try transaction.evidence(of: record.id, contact: contact) != nil {
                            opened += 1
                        }
                    }
                } catch let error as StoreError where error.code == .wrongKey {
                    found.fault("the key of \(contact.text) does not open")
                } catch {
                    found.fault("evidence of \(contact.text) does not open")
                }
            }
            found.note("evidence of \(counted(opened, "record")) of the newest people opened")
            try prove(transaction, key: context.terms.logKey, &found)
        }
        found.add(sample)
    }

    private static func refuseUnexplained(
        _ contact: ContactID,
        _ sandbox: Sandbox,
        _ found: inout Inspection
    ) throws {
        do {
            _ = try EvidenceRehearsal(
                .contact(contact),
                reason: "",
                on: sandbox.stage,
                as: Sandbox.actor
            )
            found.fault("evidence leaves without a reason")
        } catch let refusal as Refusal where refusal.field == "reason" {
            found.note("an export without a reason was refused")
        }
    }

    /// A bundle of proofs for the log's newest entry, checked as whoever gets it would.
    private static func prove(
        _ transaction: Transaction,
        key: String?,
        _ found: inout Inspection
    ) throws {
        guard let head = try transaction.latestCheckpoint(),
            let leaf = try transaction.lastLeaf(), leaf.index < head.size
        else { return found.note("the log has no head yet, so there is nothing to prove") }
        let gathered = try GatherProofs(.event(leaf.event)).answer(in: transaction)
        guard let bundle = gathered.bundle else { return found.fault("no proof can be made") }
        let log = try key.map { try NoteVerifier(text: $0) } ?? bundle.verifier
        let report = ProofBundle.check(bundle.files, log: log)
        found.expect(
            report.findings.isEmpty && report.entryCount + report.hashCount == 1,
            "a bundle for event \(leaf.event.text) was checked with the log's public key alone",
            else: "a bundle of proofs does not hold: " + (report.findings.first?.detail ?? "empty")
        )
    }

    private static let stages = [
        "optout.requested", "optout.enqueued", "optout.started",
        "optout.local-cascade-completed", "optout.esp-confirmed", "optout.completed",
    ]

    private static let lookAtStages: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            let (optOut, _) = try sandbox.stop(.scope(sandbox.campaign))
            let later = sandbox.later(by: 60)
            try later.finish(optOut.id)
            let lines = try later.transaction.timeline(of: optOut.id, limit: 1000)
                .compactMap { AuditEvent(canonical: $0.body) }
                .filter { $0.kind.hasPrefix("optout.") }
            let order = lines.map(\.kind).reduce(into: [String]()) { order, kind in
                if order.last != kind { order.append(kind) }
            }
            let answers = lines.filter { $0.kind == "optout.esp-confirmed" }.count
            let connectors = try later.transaction.connectorNames().count
            let isTimed = zip(lines, lines.dropFirst()).allSatisfy { $0.at <= $1.at }
            found.expect(
                order == stages && answers == connectors && isTimed,
                "an opt-out in a rehearsal left \(stages.count) stages in order, one confirmation "
                    + "for each of \(counted(connectors, "connector")), each with its time",
                else: "an opt-out in a rehearsal left: " + order.joined(separator: ", ")
            )
        }
        found.add(walk)
        context.verified(.optOuts, &found)
    }
}

extension Sandbox {
    /// Puts one row into each table of the log, for forbidden statements to be about.
    fileprivate func fillLog() throws {
        try grant(campaign)
        if try transaction.ledgerIdentity() == nil {
            try transaction.establish(LedgerIdentity(origin: name, verifier: name))
        }
        let hash = try Hash(bytes: [UInt8](repeating: 1, count: 32))
        try transaction.insert(
            StoredLeaf(
                index: (try transaction.lastLeaf()?.index ?? -1) + 1,
                position: 1,
                event: transaction.newID(),
                hash: hash
            )
        )
        try transaction.insert(
            Tile(level: 7, index: 1),
            root: hash,
            data: [UInt8](repeating: 1, count: 8192)
        )
        let size = (try transaction.latestCheckpoint()?.size ?? 0) + 1
        try transaction.insert(
            StoredCheckpoint(size: size, root: hash, signedAt: now, note: [1])
        )
        try transaction.insertCosignature(ofSize: size, witness: "heed-audit", line: "x")
        let batch = SendBatch(
            id: transaction.newID(),
            call: transaction.newID(),
            scope: campaign,
            campaign: nil,
            position: 0,
            records: [SendRecord(contact: try contact(), reason: .allowed, record: nil)]
        )
        _ = try transaction.record(
            Decision((), events: [.sendsRecorded(batch)]),
            by: Sandbox.actor
        )
    }
}
