// Who is blocked here, page by page, with what a connector was told about it.

public import HeedConsent
public import HeedStore

/// The keyed hash of an address: what two lists are compared by, without either being readable.
public struct AddressKey: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// Takes sixteen bytes.
    init(_ bytes: [UInt8]) {
        precondition(bytes.count == 16, "a keyed hash has sixteen bytes")
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The hash in hexadecimal.
    public var text: String {
        hexadecimal(
            [high, low].flatMap { half in
                (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) }
            }
        )
    }
}

/// Asks for the next page of blocks on addresses.
public struct BlockedHere: Query {
    /// Where a page ends.
    public struct Place: Sendable {
        fileprivate let last: BlockRow
    }

    /// One block, as it matters to a connector.
    public struct Block: Sendable {
        /// What became of telling the connector.
        public enum Told: Hashable, Sendable {
            /// It never was to be told: the block has no opt-out, or is older than the connector.
            case never
            /// It is being told.
            case underway
            /// It confirmed, then.
            case confirmed(at: Timestamp?)
            /// Given up.
            case buried
        }

        /// The address.
        public let key: AddressKey
        /// What is blocked: a scope, or everything.
        public let extent: OptOut.Extent
        /// Why it is blocked.
        public let reason: SuppressionReason
        /// The person; nil when Heed has no such address, as after an erasure.
        public let contact: ContactID?
        /// The opt-out behind it; nil for complaints, bounces and what operators and courts say.
        public let optOut: OptOutID?
        /// What became of telling the connector.
        public let told: Told
    }

    /// Some blocks; `next` is nil at the end.
    public struct Page: Sendable {
        /// The blocks.
        public let blocks: [Block]
        /// Where to go on.
        public let next: Place?
    }

    let connector: String
    let place: Place?
    let limit: Int

    /// Names the connector, where to go on, and how many at most.
    public init(for connector: String, after place: Place?, limit: Int) {
        self.connector = connector
        self.place = place
        self.limit = limit
    }

    /// The page.
    public func answer(in transaction: Transaction) throws -> Page {
        let rows = try transaction.blocks(
            after: place?.last,
            toldTo: connector,
            limit: Int64(limit)
        )
        let last = rows.count < limit ? nil : rows.last
        return Page(blocks: rows.map(Block.init), next: last.map { Place(last: $0) })
    }
}

extension BlockedHere.Block {
    fileprivate init(_ row: BlockRow) {
        key = AddressKey(row.key)
        extent = row.suppression.scope.map { .scope($0) } ?? .global
        reason = row.suppression.reason
        contact = row.contact
        optOut = row.suppression.optOut
        told =
            switch row.target?.state {
            case nil: .never
            case .pending: .underway
            case .confirmed: .confirmed(at: row.target?.confirmedAt)
            case .buried: .buried
            // An earlier connector of this name was removed before it was told.
            case .cancelled: .never
            }
    }
}
