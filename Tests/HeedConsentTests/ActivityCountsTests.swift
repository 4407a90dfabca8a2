// Rates are shares of unique numbers, and there is none where nothing can be shared.

import Testing

@testable import HeedConsent

@Suite("ActivityCounts")
struct ActivityCountsTests {
    private func counts(_ numbers: KeyValuePairs<ActivityKind, Int64>) -> ActivityCounts {
        var counts = ActivityCounts()
        for (kind, unique) in numbers {
            counts.add(.init(total: unique * 3, unique: unique), of: kind)
        }
        return counts
    }

    @Test(
        arguments: [
            (.delivery, 0.875), (.hardBounce, 0.125), (.softBounce, 0.25), (.open, 0.571429),
            (.click, 0.142857), (.complaint, 0), (.unsubscribe, 0.285714),
        ] as [(ActivityCounts.Rate, Double)]
    )
    func rates(_ rate: ActivityCounts.Rate, _ expected: Double) {
        let counts = counts([
            .sent: 8, .delivered: 7, .hardBounced: 1, .softBounced: 2, .opened: 4, .clicked: 1,
            .unsubscribed: 2,
        ])
        #expect(counts[rate] == expected)
    }

    @Test(arguments: ActivityCounts.Rate.allCases)
    func ofNothingThereIsNoShare(_ rate: ActivityCounts.Rate) {
        #expect(ActivityCounts()[rate] == nil)
        #expect(counts([.opened: 3])[rate] == nil)
    }

    @Test func numbersAddUp() {
        var sum = counts([.sent: 1, .opened: 2])
        sum.add(counts([.sent: 4, .clicked: 1]))
        #expect(sum[.sent] == .init(total: 15, unique: 5))
        #expect(sum[.opened] == .init(total: 6, unique: 2))
        #expect(sum[.clicked] == .init(total: 3, unique: 1))
        #expect(sum[.delivered] == .init(total: 0, unique: 0))
    }
}
