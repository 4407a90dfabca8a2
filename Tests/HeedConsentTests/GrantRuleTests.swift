// Every block against every source, before, at and after the moment it was put.

import Testing

@testable import HeedConsent

@Suite("GrantRule")
struct GrantRuleTests {
    /// What a newer yes does to a block: `lift` it, `keep` it, or be `refused`.
    struct Row: Sendable, CustomTestStringConvertible {
        let reason: SuppressionReason
        let other: String
        let own: String
        let confirmed: String

        var testDescription: String { reason.rawValue }
    }

    static let rows = rows(
        """
        block           others   form,page double-opt-in
        legal           keep     keep      keep
        erasure         refused  lift      lift
        restriction     keep     keep      keep
        complaint       refused  refused   lift
        hard-bounce     keep     keep      keep
        manual          keep     keep      keep
        opt-out-global  refused  lift      lift
        opt-out         refused  lift      lift
        """
    )

    private static func rows(_ table: String) -> [Row] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.split(separator: " ").map(String.init)
            guard cells.count == 4, let reason = SuppressionReason(rawValue: cells[0])
            else { return nil }
            return Row(reason: reason, other: cells[1], own: cells[2], confirmed: cells[3])
        }
    }

    private static let others: [Source] = [
        .api, .batchImport, .commandLine, .oneClick, .unsubscribePage,
        Source(stored: "checkout"),
    ]

    private func block(_ reason: SuppressionReason, in scope: ScopeName? = nil) -> Suppression {
        Suppression(
            reason: reason,
            scope: reason == .optOut ? scope ?? Fixture.newsletter : nil,
            since: Fixture.now,
            source: .commandLine,
            optOut: nil
        )
    }

    private func outcome(
        of blocks: [Suppression],
        _ source: Source,
        later microseconds: Int64 = 1,
        in scope: Scope = Fixture.campaign,
        on basis: ConsentRecord.Basis = .consent
    ) -> Result<[Suppression], Refusal> {
        let time = Timestamp(microseconds: Fixture.now.microseconds + microseconds)
        return Result { () throws(Refusal) in
            try GrantRule.lifted(from: blocks, by: .init(source, on: basis, at: time), in: scope)
        }
    }

    @Test func theTableIsWhole() {
        #expect(Self.rows.map(\.reason) == SuppressionReason.allCases)
    }

    @Test(arguments: rows)
    func aNewerYes(_ row: Row) {
        let cells =
            Self.others.map { ($0, row.other) } + [
                (.form, row.own), (.preferenceCentre, row.own), (.doubleOptIn, row.confirmed),
            ]
        for (source, expected) in cells {
            switch (expected, outcome(of: [block(row.reason)], source)) {
            case ("lift", .success(let lifted)): #expect(lifted == [block(row.reason)])
            case ("keep", .success(let lifted)): #expect(lifted.isEmpty)
            case ("refused", .failure(let refusal)):
                #expect(refusal.code == .optedOut && refusal.field == "source")
            case (_, let other): Issue.record("\(source): not \(expected) but \(other)")
            }
        }
    }

    /// What a double opt-in on another basis than consent does: `basis` is refused for it.
    @Test(arguments: rows, ConsentRecord.Basis.allCases)
    func aNewerYesOnAnotherBasis(_ row: Row, _ basis: ConsentRecord.Basis) {
        let needsConsent: Set<SuppressionReason> = [.complaint, .optOutGlobal, .optOut]
        let expected =
            basis == .consent || !needsConsent.contains(row.reason) ? row.confirmed : "basis"
        switch (expected, outcome(of: [block(row.reason)], .doubleOptIn, on: basis)) {
        case ("lift", .success(let lifted)): #expect(lifted == [block(row.reason)])
        case ("keep", .success(let lifted)): #expect(lifted.isEmpty)
        case ("basis", .failure(let refusal)):
            #expect(refusal.code == .optedOut && refusal.field == "basis")
        case (_, let other): Issue.record("\(basis): not \(expected) but \(other)")
        }
    }

    @Test(arguments: rows, [-1, 0] as [Int64])
    func aYesThatIsNotNewer(_ row: Row, _ microseconds: Int64) {
        switch outcome(of: [block(row.reason)], .doubleOptIn, later: microseconds) {
        case .success(let lifted): #expect(row.confirmed == "keep" && lifted.isEmpty)
        case .failure(let refusal):
            #expect(row.confirmed == "lift")
            #expect(refusal.code == .optedOut && refusal.field == "givenAt")
        }
    }

    @Test func aTransactionalYesLeavesAGlobalOptOutStanding() throws {
        for source in [Source.batchImport, .form, .doubleOptIn] {
            let blocks = [block(.optOutGlobal), block(.optOut, in: Fixture.newsletter)]
            let result = outcome(of: blocks, source, in: Fixture.transactional)
            #expect(try result.get().isEmpty)
        }
        let own = block(.optOut, in: Fixture.receipts)
        #expect(try outcome(of: [own], .form, in: Fixture.transactional).get() == [own])
        #expect(throws: Refusal.self) {
            try outcome(of: [block(.complaint)], .form, in: Fixture.transactional).get()
        }
    }

    @Test func oneBlockThatHoldsRefusesTheWhole() throws {
        let many = SuppressionReason.allCases.map { block($0) }
        #expect(throws: Refusal.self) { try outcome(of: many, .form).get() }
        let lifted = try outcome(of: many, .doubleOptIn).get().map(\.reason)
        #expect(lifted == [.erasure, .complaint, .optOutGlobal, .optOut])
        #expect(try outcome(of: [], .batchImport).get().isEmpty)
    }
}
