// Writes down what comparisons with connectors came to, and answers with the newest of each.

import Crypto
public import HeedConsent
public import HeedStore

/// Writes one comparison into the audit log.
public struct RecordReconciliation: Command {
    let reconciliation: Reconciliation

    /// Takes what came of it.
    public init(_ reconciliation: Reconciliation) { self.reconciliation = reconciliation }

    /// Always true.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        Decision(true, events: [.connectorReconciled(reconciliation)])
    }
}

/// The newest comparison with each connector.
public struct LastReconciliations: Query {
    /// Asks for all connectors.
    public init() {}

    /// One of them.
    public struct Entry: Sendable {
        /// When it ended.
        public let at: Timestamp
        /// What came of it.
        public let reconciliation: Reconciliation
    }

    /// Those of connectors that were compared at least once, by name.
    public func answer(in transaction: Transaction) throws -> [Entry] {
        var entries: [Entry] = []
        for name in try transaction.connectorNames().sorted() {
            let subject = Reconciliation.subject(of: name)
            let kind = Reconciliation.eventKind
            guard let event = try transaction.newestEvent(kind, about: subject),
                let line = AuditEvent(canonical: event.body),
                let found = Reconciliation(facts: line.facts, subject: subject)
            else { continue }
            entries.append(Entry(at: event.at, reconciliation: found))
        }
        return entries
    }
}

extension Reconciliation {
    /// Sixteen bytes that stand for a connector in the log, which finds events by such.
    public static func subject(of connector: String) -> [UInt8] {
        Array(SHA256.hash(data: Array("connector:\(connector)".utf8)).prefix(16))
    }
}
