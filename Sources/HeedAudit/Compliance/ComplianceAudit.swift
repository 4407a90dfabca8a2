// Runs checks against a live installation, one after the other, and says what each has found.

public import HeedConsent
public import HeedEngine
import HeedStore

/// The audit of an installation: it tries and reads, and leaves nothing behind.
///
/// What it tries is undone with the transaction it was tried in (decision 36). It is not proof
/// against whoever can change the program, and says nothing about systems outside the database.
public struct ComplianceAudit: Sendable {
    private let engine: Engine
    private let terms: AuditTerms

    /// Takes the door, and what the installation is held against.
    public init(engine: Engine, terms: AuditTerms) {
        self.engine = engine
        self.terms = terms
    }

    /// What one check has found.
    public struct Result: Sendable {
        /// The check.
        public let check: Check
        /// What was tried or read, and what came back.
        public let evidence: [String]
        /// What is not as it must be; none where the check passes.
        public let faults: [String]

        /// True when nothing is wrong.
        public var passes: Bool { faults.isEmpty }
    }

    /// What all checks have found.
    public struct Report: Sendable {
        /// When it began.
        public let startedAt: Timestamp
        /// When it ended.
        public let finishedAt: Timestamp
        /// `sqlite` or `postgres`.
        public let database: String
        /// A result for each check, in the order of the checks.
        public let results: [Result]

        /// How many pass.
        public var passed: Int { results.count(where: \.passes) }
        /// True when all do.
        public var passes: Bool { results.allSatisfy(\.passes) }
    }

    /// The checks with these ids, in their order; all for none.
    ///
    /// - Throws: `Refusal`, naming all ids, for one that no check has.
    public static func checks(named ids: [String]) throws(Refusal) -> [Check] {
        let known = Check.all.map(\.id)
        for id in ids where !known.contains(id) {
            throw Refusal(
                .invalid,
                field: "only",
                "there is no check '\(id)'; there are " + known.joined(separator: ", ")
            )
        }
        return ids.isEmpty ? Check.all : Check.all.filter { ids.contains($0.id) }
    }

    /// Checks that need the whole database verified.
    private static let verified: Set<String> = [
        "consent-storage.structured-records", "consent-storage.immutable-records",
        "compliance-audit-trail.consent-change-logging", "compliance-audit-trail.append-only-log",
        "compliance-audit-trail.optout-events-logged",
    ]

    /// Runs checks; `observe` is called while the database is verified.
    ///
    /// A check that cannot be carried out does not pass, and says why.
    public func run(
        _ checks: [Check] = Check.all,
        observe: (Verifier.Progress) async throws -> Void = { _ in }
    ) async throws -> Report {
        let started = try await engine.ask(VerificationStart.Present())
        let database = try await engine.inspect { transaction in
            transaction.engine == .sqlite ? "sqlite" : "postgres"
        }
        var verification: Verifier.Report?
        if checks.contains(where: { ComplianceAudit.verified.contains($0.id) }) {
            let verifier = Verifier(engine: engine, key: terms.logKey, outside: terms.outside)
            verification = try await verifier.run(observe)
        }
        let context = AuditContext(engine: engine, terms: terms, verification: verification)
        var results: [Result] = []
        for check in checks {
            var found = Inspection()
            do {
                try await check.look(context, &found)
            } catch let refusal as Refusal {
                found.fault("it could not be carried out: \(refusal.description)")
            } catch let error as StoreError {
                found.fault("it could not be carried out: \(error.description)")
            }
            results.append(Result(check: check, evidence: found.evidence, faults: found.faults))
        }
        return Report(
            startedAt: started,
            finishedAt: try await engine.ask(VerificationStart.Present()),
            database: database,
            results: results
        )
    }
}
