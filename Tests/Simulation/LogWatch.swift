// Somebody who looks at the log from outside and forgets nothing they have seen.

import HeedConsent
import HeedLedger
import HeedStore

/// Remembers all leaves and checkpoints, and compares everything new with them.
struct LogWatch {
    private var leaves: [Hash] = []
    private var lastPosition: Int64 = 0
    private var checkpoints: [Int: Hash] = [:]

    /// Looks at what has come.
    ///
    /// - Throws: `Violation` for a leaf that is not the next event's, and for a checkpoint that is
    ///   not the tree's or differs from one of the same size.
    mutating func look(in transaction: Transaction) throws {
        let rows = try transaction.rows(
            "SELECT l.leaf_index, l.position, l.hash, e.body FROM ledger_leaves l "
                + "LEFT JOIN audit_events e ON e.position = l.position "
                + "WHERE l.leaf_index >= $1 ORDER BY l.leaf_index",
            .integer(Int64(leaves.count))
        )
        for row in rows {
            let (index, position) = (try row.integer(0), try row.integer(1))
            guard index == leaves.count, position > lastPosition else {
                throw Violation(.logIsExact, "leaf \(index) is event \(position)")
            }
            // On SQLite positions have no gaps, so none was left out.
            guard position == lastPosition + 1 else {
                throw Violation(.logIsExact, "events before \(position) are not in the log")
            }
            let hash = try Hash(bytes: try row.blob(2))
            guard let body = try row.optionalBlob(3), Hash.leaf(body) == hash else {
                throw Violation(.logIsExact, "leaf \(index) is not its event's")
            }
            leaves.append(hash)
            lastPosition = position
        }
        try lookAtCheckpoints(in: transaction)
    }

    private mutating func lookAtCheckpoints(in transaction: Transaction) throws {
        let rows = try transaction.rows("SELECT size, root FROM checkpoints ORDER BY size")
        guard rows.count >= checkpoints.count else {
            throw Violation(.logIsExact, "a checkpoint is gone")
        }
        for row in rows {
            let size = Int(try row.integer(0))
            let root = try Hash(bytes: try row.blob(1))
            guard size <= leaves.count else {
                throw Violation(.logIsExact, "a checkpoint of \(size), of \(leaves.count) leaves")
            }
            if let seen = checkpoints[size] {
                guard seen == root else {
                    throw Violation(.logIsExact, "two checkpoints of \(size)")
                }
                continue
            }
            guard Tree.root(of: leaves.prefix(size)) == root else {
                throw Violation(.logIsExact, "the checkpoint of \(size) is of another tree")
            }
            checkpoints[size] = root
        }
    }
}
