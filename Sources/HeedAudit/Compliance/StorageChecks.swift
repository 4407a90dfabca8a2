// The five checks of how consent is stored.

import Crypto
import HeedConsent
import HeedEngine
import HeedStore

extension Check {
    static let storage: [Check] = [
        Check(
            "consent-storage.structured-records",
            .critical,
            "A consent is a whole record; what is in force follows from the records",
            remedy: "run `heed verify`; if only permissions differ, `heed verify --rebuild`; "
                + "otherwise go back to a backup",
            look: lookAtRecords
        ),
        Check(
            "consent-storage.granular-preferences",
            .high,
            "No record is no consent, and each scope stands for itself",
            remedy: "look for triggers or programs that write permissions by themselves "
                + "(`heed explain ADDRESS` shows what stands behind one), and remove them",
            look: lookAtScopes
        ),
        Check(
            "consent-storage.immutable-records",
            .critical,
            "The database refuses to change or remove a consent record",
            remedy: "restore the triggers and rights of consent_records from the migrations; "
                + "run `heed verify` to see what was changed meanwhile",
            look: lookAtImmutability
        ),
        Check(
            "consent-storage.indexed-query",
            .low,
            "What a check reads is found by index, whatever the size of the tables",
            remedy: "make the missing index again as the migrations have it, and run ANALYZE",
            look: lookAtPlans
        ),
        Check(
            "consent-storage.version-tracking",
            .medium,
            "No yes without a registered policy version, and versions never change",
            remedy: "restore the triggers of policies and policy_reconsents from the migrations; "
                + "compare stored texts with what was published",
            look: lookAtVersions
        ),
    ]

    private static let recordColumns: Set<String> = [
        "contact_id", "scope", "decision", "basis", "source", "policy_version", "policy_sha256",
        "locale", "given_at", "recorded_at", "actor", "actor_type", "evidence",
    ]

    private static let lookAtRecords: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            let record = try sandbox.grant(sandbox.campaign)
            let missing = try recordColumns.subtracting(
                sandbox.transaction.filledColumns(of: record)
            )
            found.expect(
                missing.isEmpty,
                "a yes in a rehearsal filled all \(recordColumns.count) columns",
                else: "a record was written without \(missing.sorted().joined(separator: ", "))"
            )
            let contact = try sandbox.contact()
            let evidence = try sandbox.transaction.evidence(of: record, contact: contact)
            found.require(
                evidence == sandbox.evidence,
                else: "evidence does not come back as it was given"
            )
            try found.tryForbidden(.incompleteRecord, in: sandbox.transaction)
            let later = sandbox.later(by: 60)
            try later.perform(later.consent(.withdrawn, sandbox.campaign))
            let latest = sandbox.later(by: 120)
            try latest.grant(sandbox.campaign)
            let (after, last) = (
                try later.check(sandbox.campaign).reason, try latest.check(sandbox.campaign).reason
            )
            found.expect(
                last == .allowed,
                "the newest record counts: a yes, a no and a yes again is a yes",
                else: "after a yes, a no and a yes the guard says \(last) (then \(after))"
            )
        }
        found.add(walk)
        context.verified(.projection, &found)
    }

    /// Registered scopes that are looked at, at most.
    private static let scopesMaximum = 1000

    private static let lookAtScopes: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            let scopes = try sandbox.transaction.scopes().prefix(scopesMaximum)
            let unknown = try scopes.filter {
                try sandbox.check($0.name).reason != .unknownContact
            }
            try sandbox.perform(
                AddContact(
                    addresses: [sandbox.person],
                    externalID: nil,
                    locale: nil,
                    region: nil
                )
            )
            let silent = try scopes.filter { try sandbox.check($0.name).reason != .noConsent }
            found.expect(
                unknown.isEmpty && silent.isEmpty,
                "\(scopes.count) scopes refuse an unknown address and a person without a record",
                else: "without a record the guard does not say no consent in: "
                    + Set((unknown + silent).map(\.name.text)).sorted().joined(separator: ", ")
            )
            try sandbox.grant(sandbox.campaign)
            try sandbox.grant(sandbox.receipts)
            let before = try [sandbox.campaign, sandbox.second, sandbox.receipts].map {
                try sandbox.check($0).reason
            }
            let later = sandbox.later(by: 60)
            try later.perform(later.consent(.withdrawn, sandbox.campaign))
            let after = try [sandbox.campaign, sandbox.second, sandbox.receipts].map {
                try later.check($0).reason
            }
            found.expect(
                before == [.allowed, .noConsent, .allowed]
                    && after == [.withdrawn, .noConsent, .allowed],
                "a yes and its withdrawal in one scope left a second and a transactional one alone",
                else: "scopes are mixed: \(before) after a yes in the first and third, \(after) "
                    + "after the first was withdrawn"
            )
            try found.tryForbidden(.unknownScope, in: sandbox.transaction)
        }
        found.add(walk)
    }

    private static let lookAtImmutability: Look = { context, found in
        let tries = try await context.rehearse { sandbox, found in
            try sandbox.grant(sandbox.campaign)
            try found.tryForbidden(.consentRecords, in: sandbox.transaction)
            try found.expectGuards(
                against: ["UPDATE", "DELETE", "TRUNCATE"],
                on: ["consent_records"],
                in: sandbox.transaction
            )
            try found.expectTriggers(.consents, in: sandbox.transaction)
        }
        found.add(tries)
        context.verified(.records, &found)
    }

    private static let lookAtPlans: Look = { context, found in
        let plans = try await context.read { transaction, found in
            let steps = try transaction.guardPlans()
            let scans = PlanReading(transaction.engine, steps).scans
            let searches = PlanReading(transaction.engine, steps).searches.count
            found.expect(
                scans.isEmpty && searches >= 6,
                "the plans of the guard's four statements have \(searches) index searches and no "
                    + "scan",
                else: "the guard reads more than it asks for "
                    + "(\(searches) index searches): \(scans.joined(separator: "; "))"
            )
            try found.expectIndexes(.lookups, in: transaction)
        }
        found.add(plans)
    }

    private static let lookAtVersions: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            let unregistered = try sandbox.consent(
                .granted,
                sandbox.campaign,
                version: sandbox.name + "-unregistered"
            )
            let refusal = try sandbox.refusal(of: unregistered)
            found.expect(
                refusal?.field == "policyVersion",
                "a yes to a version nobody registered was refused",
                else: "a yes to a version nobody registered was taken"
            )
            try sandbox.grant(sandbox.campaign)
            try sandbox.grant(sandbox.second)
            let later = sandbox.later(by: 60)
            try later.publish(sandbox.name + "-2", reconsent: [sandbox.campaign])
            let outdated = try later.check(sandbox.campaign).reason
            let untouched = try later.check(sandbox.second).reason
            found.expect(
                outdated == .policyOutdated && untouched == .allowed,
                "a version that asks one scope again turned its yes into policyOutdated",
                else: "after a version that asks one scope again the guard says \(outdated) there "
                    + "and \(untouched) in another"
            )
            try found.tryForbidden(.policies, in: sandbox.transaction)
            try found.expectGuards(
                against: ["UPDATE", "DELETE", "TRUNCATE"],
                on: ["policies", "policy_reconsents"],
                in: sandbox.transaction
            )
            try found.expectTriggers(.policies, in: sandbox.transaction)
        }
        found.add(walk)
        let texts = try await context.read { transaction, found in
            var held = 0
            for policy in try transaction.policies() {
                guard let text = try transaction.text(ofPolicy: policy.version) else { continue }
                held += 1
                found.require(
                    Array(SHA256.hash(data: Array(text.utf8))) == policy.textHash,
                    else: "the text of version '\(policy.version)' is not the one it was hashed of"
                )
            }
            found.note("\(counted(held, "stored text")) hashed again")
        }
        found.add(texts)
    }
}
