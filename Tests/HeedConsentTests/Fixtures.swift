// Values and generators that the suites of this target share.

import Testing

@testable import HeedConsent

/// Fixed values, so that a golden test can spell them out.
enum Fixture {
    static let now = Timestamp(seconds: 1_769_851_800)
    static let contact = ContactID(high: 0x0190_0000_0000_7001, low: 0x8000_0000_0000_0001)
    static let consent = ConsentID(high: 0x0190_0000_0000_7002, low: 0x8000_0000_0000_0002)
    static let optOut = OptOutID(high: 0x0190_0000_0000_7003, low: 0x8000_0000_0000_0003)
    static let target = TargetID(high: 0x0190_0000_0000_7004, low: 0x8000_0000_0000_0004)
    static let job = JobID(high: 0x0190_0000_0000_7005, low: 0x8000_0000_0000_0005)
    static let event = EventID(high: 0x0190_0000_0000_7006, low: 0x8000_0000_0000_0006)
    static let batch = ImportID(high: 0x0190_0000_0000_7007, low: 0x8000_0000_0000_0007)
    static let otherOptOut = OptOutID(high: 0x0190_0000_0000_7008, low: 0x8000_0000_0000_0008)

    static let hold = HoldID(high: 0x0190_0000_0000_7009, low: 0x8000_0000_0000_0009)

    static let newsletter = ScopeName(stored: "newsletter")
    static let receipts = ScopeName(stored: "receipts")
    static let campaign = Scope(name: newsletter, channel: .email, kind: .campaign)
    static let transactional = Scope(name: receipts, channel: .email, kind: .transactional)

    static func policy() throws -> Policy {
        try Policy(
            version: "2026-01",
            url: "https://example.com/privacy",
            textHash: Array(0..<32),
            effectiveAt: Timestamp(seconds: 1_767_225_600),
            reconsent: [newsletter]
        )
    }

    static func optOut(
        _ extent: OptOut.Extent = .scope(newsletter),
        status: OptOut.Status = .pending
    ) -> OptOut {
        var request = OptOut(
            id: optOut,
            contact: contact,
            extent: extent,
            source: .oneClick,
            requestedAt: now,
            regime: .gdpr
        )
        request.status = status
        return request
    }
}

/// Reads an instant, or records that a test has a text that is none.
func instant(
    _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> Timestamp {
    try #require(Timestamp(text: text), sourceLocation: sourceLocation)
}

/// A generator that repeats itself for a seed (splitmix64), so that a failure can be replayed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The scalars of a text, so that a failure shows what cannot be seen.
func scalars(_ text: String) -> String {
    text.unicodeScalars.map { "U+" + String($0.value, radix: 16) }.joined(separator: " ")
}
