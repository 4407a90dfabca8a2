// What checks look through: the installation's door, what it is held against, and its verification.

import HeedConsent
import HeedEngine
import HeedStore

/// What a check is given.
struct AuditContext: Sendable {
    let engine: Engine
    let terms: AuditTerms
    /// What the verifier found; nil where no check asked for it.
    let verification: Verifier.Report?

    /// Carries out a look in a sandbox that leaves nothing.
    func rehearse(
        _ look: @escaping @Sendable (Sandbox, inout Inspection) throws -> Void
    ) async throws -> Inspection {
        try await engine.rehearse { rehearsal in
            var inspection = Inspection()
            try look(try Sandbox(rehearsal), &inspection)
            return inspection
        }
    }

    /// Reads in one snapshot.
    func read(
        _ look: @escaping @Sendable (Transaction, inout Inspection) throws -> Void
    ) async throws -> Inspection {
        try await engine.inspect { transaction in
            var inspection = Inspection()
            try look(transaction, &inspection)
            return inspection
        }
    }

    /// Writes down which differences of a share the verifier has found.
    func verified(_ share: Finding.Share, _ inspection: inout Inspection) {
        guard let verification else {
            inspection.fault("nothing was verified")
            return
        }
        let found = verification.findings.filter { $0.code.share == share }
        inspection.expect(
            found.isEmpty,
            "verifier over \(counted(verification.logSize, "event")) and "
                + "\(verification.people) people: no difference in \(share.rawValue)",
            else: "the verifier found \(counted(found.count, "difference")) in "
                + "\(share.rawValue), first: \(found.first?.description ?? "")"
        )
    }
}

extension Finding {
    /// Whose business a difference is: each code is one check's, so that one fault fails one check.
    enum Share: String, CaseIterable {
        /// Permissions are what their records make.
        case projection = "the projection of records"
        /// Records are what was written.
        case records = "consent records"
        /// Nothing changed without an event.
        case changes = "what events say of state"
        /// Opt-outs, and what connectors answered, are what their events say.
        case optOuts = "the stages of opt-outs"
        /// The log is what was signed, and what it has hashes of is there.
        case log = "the signed log"
    }
}

extension Finding.Code {
    /// The check it belongs to.
    var share: Finding.Share {
        switch self {
        case .permissionChanged, .guardDiffers: .projection
        case .recordChanged, .recordMissing, .recordRepeated, .recordImpossible: .records
        case .recordUnlogged, .optOutUnlogged, .targetUnlogged, .blockMissing, .blockUnlogged,
            .holdMissing, .holdUnlogged, .fileDamaged:
            .changes
        case .optOutChanged, .optOutMissing, .targetChanged, .targetMissing: .optOuts
        case .eventChanged, .eventMissing, .eventMoved, .eventInserted, .eventMismatch,
            .purgeCount, .leafMissing, .leafOrder, .tileChanged, .tileMissing, .checkpointRoot,
            .checkpointSignature, .logCut, .logUnsigned, .logIdentity, .outsideSignature,
            .outsideBeyond, .outsideForked, .sendChanged, .sendMissing, .sendUnlogged:
            .log
        }
    }
}
