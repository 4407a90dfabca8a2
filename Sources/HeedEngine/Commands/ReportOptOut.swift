// Records a "no" that another system knew of first.

public import HeedConsent
public import HeedStore

/// Takes over what another system says about an address: its "no" is a "no" here.
///
/// The system that said it is not told about it; all the others are.
public struct ReportOptOut: Command {
    /// What the other system says.
    public enum Report: Hashable, Sendable {
        /// The person said no to a scope or to everything.
        case optedOut(OptOut.Extent)
        /// The address takes no mail, for good.
        case bounced
    }

    let address: Address
    let report: Report
    let connector: String

    /// Names the address, what is said of it, and by which connector.
    public init(_ address: Address, _ report: Report, by connector: String) {
        self.address = address
        self.report = report
        self.connector = connector
    }

    /// True when it was news.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        switch report {
        case .optedOut(let extent): try optedOut(of: extent, in: transaction)
        case .bounced: try bounced(in: transaction)
        }
    }

    private func optedOut(
        of extent: OptOut.Extent,
        in transaction: Transaction
    ) throws -> Decision<Bool> {
        if let scope = extent.scopeName { _ = try transaction.requireScope(scope) }
        var draft = OptOutDraft(
            person: try transaction.resolve(.address(address)),
            extent: extent,
            source: .provider,
            requestedAt: transaction.now,
            evidence: Evidence(),
            batch: nil
        )
        draft.reportedBy = connector
        guard try draft.standing(in: transaction) == nil else { return Decision(false) }
        let (_, events, jobs) = try draft.outcome(in: transaction)
        return Decision(true, events: events, jobs: jobs)
    }

    private func bounced(in transaction: Transaction) throws -> Decision<Bool> {
        let keys = transaction.vault.lookupKeys(for: address)
        let known = try transaction.suppressions(at: keys).contains { $0.reason == .hardBounce }
        guard !known else { return Decision(false) }
        let block = Suppression(
            reason: .hardBounce,
            scope: nil,
            since: transaction.now,
            source: .provider,
            optOut: nil
        )
        // Nobody is added for an address that takes no mail; the keyed hash is enough.
        return Decision(true, events: [.suppressionAdded(block, .address(address))])
    }
}
