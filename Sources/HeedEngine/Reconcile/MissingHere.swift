// Which of the addresses that another system does not mail are not blocked here.

public import HeedConsent
public import HeedStore

/// Asks about some lines of another system's list.
///
/// Holds addresses in the clear, so it lives only while one page is compared.
public struct MissingHere: Query {
    /// One line: an address and the scopes it is blocked from there, or `global`.
    public struct Line: Sendable {
        /// The address.
        public let address: Address
        /// The names of scopes, or `global`.
        public let extents: [String]

        /// Makes a line.
        public init(_ address: Address, extents: [String]) {
            self.address = address
            self.extents = extents
        }
    }

    /// What is known about one line.
    public struct Finding: Sendable {
        /// The address, as a keyed hash.
        public let key: AddressKey
        /// What is blocked there and not here.
        public let missing: [OptOut.Extent]
        /// Scopes that nobody added here.
        public let unknownScopes: Int
    }

    let lines: [Line]

    /// Takes the lines.
    public init(_ lines: [Line]) { self.lines = lines }

    /// A finding for each line, in their order.
    public func answer(in transaction: Transaction) throws -> [Finding] {
        let kinds = Dictionary(
            uniqueKeysWithValues: try transaction.scopes().map { ($0.name.text, $0.kind) }
        )
        let keys = lines.map { transaction.vault.lookupKeys(for: $0.address) }
        let blocks = try transaction.suppressions(at: keys)
        return zip(lines, zip(keys, blocks)).map { line, found in
            let extents = line.extents.map { OptOut.Extent(stored: $0) }
            let known = extents.filter { $0.scopeName.map { kinds[$0.text] != nil } ?? true }
            return Finding(
                key: AddressKey(found.0.match),
                missing: known.filter { extent in
                    !found.1.contains { $0.covers(extent, kinds: kinds) }
                },
                unknownScopes: extents.count - known.count
            )
        }
    }
}

extension Suppression {
    /// True when nothing is sent that `extent` speaks of; a global opt-out lets receipts through.
    fileprivate func covers(_ extent: OptOut.Extent, kinds: [String: Scope.Kind]) -> Bool {
        if let scope { return scope == extent.scopeName }
        guard reason == .optOutGlobal, let name = extent.scopeName else { return true }
        return kinds[name.text] == .campaign
    }
}
