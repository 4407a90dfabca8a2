// Reads a rule is known to make next, sent together: on a server they share one round trip.

package import HeedConsent

/// A read that is about to be made.
package enum ForeseenRead: Sendable {
    /// `Transaction.scope`.
    case scope(ScopeName)
    /// `Transaction.contactID(at:)`.
    case contactID(Address)
    /// `Transaction.connectorNames`.
    case connectorNames
    /// `Transaction.lock`; what is listed after it is read after the lock was granted.
    case lock(ContactID)
    /// `Transaction.contact`.
    case contact(ContactID)
    /// `Transaction.lookupKeys(of:)`.
    case lookupKeys(ContactID)
    /// `Transaction.permission(of:in:)`.
    case permission(ContactID, ScopeName)
    /// `Transaction.suppressions(at:)`.
    case suppressions(LookupKeys)
}

/// Answers that came early.
///
/// Each is handed out as the answer to the very statement it belongs to, and all are forgotten at
/// the first write, so a transaction reads its own changes.
final class Foresight {
    private var answers: [Statement: [Row]] = [:]
    /// The position a writing transaction's receipt will have, once it is certain.
    fileprivate(set) var receipt: Int64?

    fileprivate func keep(_ rows: [Row], for statement: Statement) { answers[statement] = rows }

    func answer(to statement: @autoclosure () -> Statement) -> [Row]? {
        answers.isEmpty ? nil : answers[statement()]
    }

    func forget() { if !answers.isEmpty { answers = [:] } }
}

extension Transaction {
    /// Makes these reads in one round trip, for the calls that will ask for them.
    ///
    /// Nothing depends on it: a read that was not foreseen, or foreseen and not needed, costs time
    /// only. An embedded engine has no round trips to save and leaves each read to its own time.
    package func foresee(_ reads: [ForeseenRead]) throws(StoreError) {
        guard mode == .writing, case .postgres = connection.dialect.engine else { return }
        var statements = reads.compactMap { statement(of: $0) }
        let isLocking = reads.contains { if case .lock = $0 { true } else { false } }
        // The transaction's number is given out after the lock was granted, so it is above those
        // of all who held the lock before (decision 12).
        if isLocking { statements.append(Statement(connection.dialect.receiptPosition, [])) }
        let answers = try connection.runAll(statements)
        for (statement, rows) in zip(statements, answers) { foresight.keep(rows, for: statement) }
        if isLocking { foresight.receipt = try answers.last?.first?.integer(0) }
    }

    private func statement(of read: ForeseenRead) -> Statement? {
        switch read {
        case .scope(let name): Transaction.statement(forScope: name)
        case .contactID(let address): statement(forContactAt: address)
        case .connectorNames: Transaction.statementForConnectorNames
        case .lock(let contact): lockStatement(contact)
        case .contact(let id): Transaction.statement(forContact: id)
        case .lookupKeys(let contact): Transaction.statement(forLookupKeysOf: contact)
        case .permission(let contact, let scope):
            Transaction.statement(forPermissionOf: contact, in: scope)
        case .suppressions(let keys): Transaction.statement(forSuppressionsAt: keys)
        }
    }
}
