// How long opt-outs took, gathered one by one: exact quantiles, and counts for a plot.

import HeedConsent
package import HeedEngine

/// The times of a report.
package struct WindowSpread: Sendable {
    /// What a bar of the plot stands for: up to so many milliseconds, and its words.
    static let bars: [(limit: Int64, label: String)] = [
        (1000, "1 s"), (10_000, "10 s"), (60_000, "1 min"), (600_000, "10 min"),
        (3_600_000, "1 h"), (21_600_000, "6 h"), (86_400_000, "1 d"), (172_800_000, "2 d"),
        (864_000_000, "10 d"), (.max, "more"),
    ]
    /// Late ones that are listed; of more the number is given.
    static let lateMaximum = 500

    /// Times of one kind, 8 bytes each.
    struct Times: Sendable {
        private(set) var milliseconds: [Int64] = []
        private(set) var open = 0
        /// Those that will have no time: the system was removed before it had confirmed.
        private(set) var ended = 0

        mutating func add(_ one: Int64?, hasEnded: Bool = false) {
            switch (one, hasEnded) {
            case (let one?, false): milliseconds.append(one)
            case (_, true): ended += 1
            case (nil, false): open += 1
            }
        }

        /// The times within which so many of a hundred were, by nearest rank; nil of none.
        func quantiles(_ shares: [Int]) -> [Int64?] {
            let sorted = milliseconds.sorted()
            return shares.map { share in
                guard !sorted.isEmpty else { return nil }
                return sorted[max(0, (sorted.count * share + 99) / 100 - 1)]
            }
        }

        /// How many there are for each bar.
        var counts: [Int] {
            var counts = WindowSpread.bars.map { _ in 0 }
            for one in milliseconds {
                let place = WindowSpread.bars.firstIndex { one <= $0.limit }
                counts[place ?? counts.count - 1] += 1
            }
            return counts
        }
    }

    /// Opt-outs, without those that lists have brought.
    package private(set) var count = 0
    /// Opt-outs that lists have brought, of which nothing else is counted: they were said
    /// elsewhere, before Heed knew of them.
    package private(set) var imported = 0
    /// Of them past their deadline: completed too late, or not yet.
    package private(set) var lateCount = 0
    /// Until the guard refused.
    private(set) var effective = Times()
    /// Until the last connector had confirmed.
    private(set) var completed = Times()
    /// Until each of them had.
    private(set) var connectors: [String: Times] = [:]
    /// The late ones, oldest first, up to the maximum.
    private(set) var late: [OptOutHonour] = []

    /// Gathers nothing yet.
    package init() {}

    /// Takes one opt-out.
    package mutating func add(_ honour: OptOutHonour) {
        guard !honour.isImported else {
            imported += 1
            return
        }
        count += 1
        effective.add(honour.effectiveMilliseconds)
        completed.add(honour.completedMilliseconds, hasEnded: honour.endedUnconfirmed)
        for target in honour.targets {
            connectors[target.connector, default: Times()]
                .add(target.confirmedMilliseconds, hasEnded: target.state == .cancelled)
        }
        guard honour.isLate else { return }
        lateCount += 1
        if late.count < WindowSpread.lateMaximum { late.append(honour) }
    }
}
