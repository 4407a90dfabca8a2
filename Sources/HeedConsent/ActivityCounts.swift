// Counts of activities and the rates made of them, which an erasure does not change.

/// How often each kind of activity happened.
public struct ActivityCounts: Hashable, Sendable {
    /// How often one kind happened.
    public struct Count: Hashable, Sendable {
        /// All of them.
        public let total: Int64
        /// Those that were the first of their kind for one person and one message.
        public let unique: Int64

        /// Takes both numbers.
        public init(total: Int64, unique: Int64) {
            self.total = total
            self.unique = unique
        }
    }

    /// A share of one kind in another, both counted uniquely.
    public enum Rate: String, CaseIterable, Sendable {
        /// Delivered of sent.
        case delivery
        /// Bounced for good of sent.
        case hardBounce
        /// Bounced for now of sent.
        case softBounce
        /// Opened of delivered.
        case open
        /// Clicked of delivered.
        case click
        /// Complained about of delivered.
        case complaint
        /// Answered by a "no" of delivered.
        case unsubscribe

        /// What is counted.
        public var numerator: ActivityKind {
            switch self {
            case .delivery: .delivered
            case .hardBounce: .hardBounced
            case .softBounce: .softBounced
            case .open: .opened
            case .click: .clicked
            case .complaint: .complained
            case .unsubscribe: .unsubscribed
            }
        }

        /// Of what it is a share.
        public var denominator: ActivityKind {
            switch self {
            case .delivery, .hardBounce, .softBounce: .sent
            case .open, .click, .complaint, .unsubscribe: .delivered
            }
        }
    }

    private var counts: [ActivityKind: Count] = [:]

    /// Starts with nothing.
    public init() {}

    /// How often a kind happened.
    public subscript(_ kind: ActivityKind) -> Count {
        counts[kind] ?? Count(total: 0, unique: 0)
    }

    /// Adds to what there is of a kind.
    public mutating func add(_ count: Count, of kind: ActivityKind) {
        let before = self[kind]
        counts[kind] = Count(
            total: before.total + count.total,
            unique: before.unique + count.unique
        )
    }

    /// Adds all of another count.
    public mutating func add(_ other: ActivityCounts) {
        for (kind, count) in other.counts { add(count, of: kind) }
    }

    /// A rate with six decimals; nil where there is nothing to be a share of.
    public subscript(_ rate: Rate) -> Double? {
        let all = self[rate.denominator].unique
        guard all > 0 else { return nil }
        return (Double(self[rate.numerator].unique) / Double(all) * 1e6).rounded() / 1e6
    }
}
