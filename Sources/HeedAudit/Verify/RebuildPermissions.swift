// Puts permissions right that are not what their records make, through the one write path.

public import HeedConsent
import HeedEngine
import HeedStore

/// Puts the permissions of one person right.
///
/// What differs is computed again here, in the transaction that writes it.
struct RebuildPermissions: Command {
    let contact: ContactID

    /// The number of rows that were put right.
    func decide(in transaction: Transaction) throws -> Decision<Int> {
        let page = try transaction.people(in: ContactRange(only: contact))
        let horizon = try transaction.consentHorizon()
        let differences = PermissionFold(page, horizon: horizon)
            .differences(from: page.permissions)
        let events = differences.map { difference in
            Event.permissionRebuilt(
                contact,
                ScopeName(stored: difference.place.scope),
                from: difference.stored,
                to: difference.folded
            )
        }
        return Decision(events.count, events: events)
    }
}

extension Verifier {
    /// Puts right the permissions that a run found to differ.
    ///
    /// - Returns: the number of rows written.
    /// - Throws: `Refusal` when the log, the records or the opt-outs have findings themselves:
    ///   what is made of them would be no better.
    public func rebuild(_ report: Report, as actor: Actor) async throws -> Int {
        let trusted: Set<Finding.Code> = [.permissionChanged, .blockMissing, .blockUnlogged]
        guard report.findings.allSatisfy({ trusted.contains($0.code) }) else {
            throw Refusal(
                .conflict,
                "permissions are not rebuilt while the log, the records or the opt-outs differ"
            )
        }
        var count = 0
        for contact in report.toRebuild {
            let command = RebuildPermissions(contact: contact)
            count += try await engine.perform(command, as: actor).receipt
        }
        return count
    }
}
