// Every state, every opt-out status and every signal against a table written out by hand.

import Testing

@testable import HeedConsent

/// One row of the table: where a permission stands, and what each kind of yes does to it.
struct PermissionRow: Sendable, CustomTestStringConvertible {
    let state: Permission.State
    let status: Permission.OptOutStatus
    /// From a system that speaks for the person.
    let other: String
    /// The person's own act.
    let own: String
    /// A confirmed double opt-in after a complaint.
    let confirmed: String
    /// Anything else after a complaint.
    let complained: String

    var testDescription: String { "\(state), opt-out \(status)" }

    /// Three letters for a yes given before, at and after the moment of the last decision: `Y` it
    /// is granted, `=` nothing changes, `s` refused for its source, `t` refused for its time.
    static let all = rows(
        """
        state       opt-out    other own confirmed complained
        none        none       =YY   =YY =YY       sss
        none        pending    sss   ttY ttY       sss
        none        completed  sss   ttY ttY       sss
        unconfirmed none       =YY   =YY =YY       sss
        unconfirmed pending    sss   ttY ttY       sss
        unconfirmed completed  sss   ttY ttY       sss
        granted     none       =YY   =YY =YY       sss
        granted     pending    sss   ttY ttY       sss
        granted     completed  sss   ttY ttY       sss
        denied      none       sss   ttY ttY       sss
        denied      pending    sss   ttY ttY       sss
        denied      completed  sss   ttY ttY       sss
        withdrawn   none       sss   ttY ttY       sss
        withdrawn   pending    sss   ttY ttY       sss
        withdrawn   completed  sss   ttY ttY       sss
        expired     none       =YY   =YY =YY       sss
        expired     pending    sss   ttY ttY       sss
        expired     completed  sss   ttY ttY       sss
        """
    )

    private static func rows(_ table: String) -> [PermissionRow] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.split(separator: " ").map(String.init)
            guard cells.count == 6, let state = Permission.State(rawValue: cells[0]),
                let status = Permission.OptOutStatus(rawValue: cells[1])
            else { return nil }
            return PermissionRow(
                state: state,
                status: status,
                other: cells[2],
                own: cells[3],
                confirmed: cells[4],
                complained: cells[5]
            )
        }
    }

    /// The permission the row is about, with every field set.
    var permission: Permission {
        var permission = Permission()
        permission.state = state
        permission.optOutStatus = status
        permission.optOut = status == .none ? nil : Fixture.optOut
        permission.record = Fixture.consent
        permission.decidedAt = Fixture.now
        permission.expiresAt = Fixture.now.adding(days: 700)
        permission.policyEffectiveAt = Fixture.now.adding(days: -9)
        return permission
    }
}

/// Before, at and after the last decision, to the microsecond.
let moments = [-1, 0, 1].map {
    Timestamp(microseconds: Fixture.now.microseconds + Int64($0))
}

let unlisted = Source(stored: "checkout")
let ownActs: [Source] = [.form, .preferenceCentre, .doubleOptIn]
let otherSources: [Source] = [
    .oneClick, .unsubscribePage, .api, .batchImport, .commandLine, unlisted,
]

@Suite("Permission: every state and every signal")
struct PermissionTests {
    @Test func theTableIsWhole() {
        let rows = Set(PermissionRow.all.map(\.testDescription))
        #expect(
            rows.count == Permission.State.allCases.count * Permission.OptOutStatus.allCases.count
        )
        #expect(PermissionRow.all.count == rows.count)
    }

    @Test(arguments: PermissionRow.all)
    func grants(_ row: PermissionRow) {
        for source in otherSources {
            expectGrant(row, source, complaint: false, row.other)
            expectGrant(row, source, complaint: true, row.complained)
        }
        for source in ownActs {
            let complained = source == .doubleOptIn ? row.confirmed : row.complained
            expectGrant(row, source, complaint: false, row.own)
            expectGrant(row, source, complaint: true, complained)
        }
    }

    private func expectGrant(
        _ row: PermissionRow,
        _ source: Source,
        complaint: Bool,
        _ expected: String
    ) {
        for (moment, cell) in zip(moments, expected) {
            let before = row.permission
            let signal = Permission.Signal.grant(source, at: moment, complaint: complaint)
            let outcome = Result { () throws(Refusal) in try before.applying(signal) }
            var granted = before
            granted.state = .granted
            granted.optOutStatus = .none
            granted.optOut = nil
            granted.decidedAt = moment
            granted.expiresAt = nil
            switch (cell, outcome) {
            case ("Y", .success(let after)): #expect(after == granted, "\(signal)")
            case ("=", .success(let after)): #expect(after == before, "\(signal)")
            case ("s", .failure(let refusal)): #expect(refusal.field == "source", "\(signal)")
            case ("t", .failure(let refusal)): #expect(refusal.field == "givenAt", "\(signal)")
            default: Issue.record("\(row.testDescription) \(signal): not \(cell) but \(outcome)")
            }
            if case .failure(let refusal) = outcome { #expect(refusal.code == .optedOut) }
        }
    }

    @Test(arguments: PermissionRow.all)
    func aNoNeedsNothingButToBeNewest(_ row: PermissionRow) throws {
        for (moment, isOlder) in zip(moments, [true, false, false]) {
            for (signal, state) in [
                (Permission.Signal.deny(at: moment), Permission.State.denied),
                (.withdraw(at: moment), .withdrawn),
            ] {
                var expected = row.permission
                if !isOlder {
                    expected.state = state
                    expected.decidedAt = moment
                    expected.expiresAt = nil
                }
                #expect(try row.permission.applying(signal) == expected, "\(signal)")
            }
        }
    }

    @Test(arguments: PermissionRow.all)
    func anOptOutAlwaysCounts(_ row: PermissionRow) throws {
        for (moment, decided) in zip(moments, [moments[1], moments[1], moments[2]]) {
            var expected = row.permission
            expected.state = .withdrawn
            expected.optOutStatus = .pending
            expected.optOut = Fixture.otherOptOut
            expected.decidedAt = decided
            expected.expiresAt = nil
            expected.policyEffectiveAt = nil
            let after = try row.permission.applying(.optOut(Fixture.otherOptOut, at: moment))
            #expect(after == expected)
        }
    }

    @Test(arguments: PermissionRow.all)
    func aCompletionClosesItsOwnOptOutOnly(_ row: PermissionRow) throws {
        var expected = row.permission
        if row.status == .pending { expected.optOutStatus = .completed }
        #expect(try row.permission.applying(.optOutCompleted(Fixture.optOut)) == expected)
        let other = try row.permission.applying(.optOutCompleted(Fixture.otherOptOut))
        #expect(other == row.permission)
    }

    @Test(arguments: PermissionRow.all)
    func saysNo(_ row: PermissionRow) {
        #expect(row.permission.saysNo == (row.other == "sss"))
    }

    @Test(arguments: PermissionRow.all)
    func withoutATimeNoYesIsNewer(_ row: PermissionRow) throws {
        var undated = row.permission
        undated.decidedAt = nil
        let yes = Permission.Signal.grant(.form, at: Fixture.now, complaint: false)
        if row.other == "sss" {
            #expect(throws: Refusal.self) { try undated.applying(yes) }
        } else {
            #expect(try undated.applying(yes).state == .granted)
        }
        let no = try undated.applying(.withdraw(at: Fixture.now))
        #expect(no.state == .withdrawn && no.decidedAt == Fixture.now)
        let stop = try undated.applying(.optOut(Fixture.optOut, at: Fixture.now))
        #expect(stop.optOutStatus == .pending && stop.decidedAt == Fixture.now)
    }

    @Test func startsWithNothingDecided() throws {
        let start = Permission()
        #expect(start.state == .none && start.optOutStatus == .none && !start.saysNo)
        let imported = Permission.Signal.grant(.batchImport, at: Fixture.now, complaint: false)
        #expect(try start.applying(imported).state == .granted)
    }
}

@Suite("Permission: over time")
struct PermissionHistoryTests {
    @Test func aCompletionAfterAReturnDoesNotBringTheOptOutBack() throws {
        let later = Fixture.now.adding(seconds: 1)
        let returned = try Permission()
            .applying(.optOut(Fixture.optOut, at: Fixture.now))
            .applying(.grant(.form, at: later, complaint: false))
        #expect(try returned.applying(.optOutCompleted(Fixture.optOut)) == returned)
        #expect(returned.state == .granted && returned.optOutStatus == .none)
    }

    @Test func anOlderOptOutDoesNotMakeAReturnEasier() throws {
        let earlier = Fixture.now.adding(days: -3)
        let stopped = try Permission()
            .applying(.grant(.form, at: Fixture.now, complaint: false))
            .applying(.optOut(Fixture.optOut, at: earlier))
        #expect(stopped.saysNo && stopped.decidedAt == Fixture.now)
        let between = Permission.Signal.grant(
            .form,
            at: earlier.adding(days: 1),
            complaint: false
        )
        #expect(throws: Refusal.self) { try stopped.applying(between) }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func noSystemEverLiftsANo(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var permission = Permission()
        var lastNo: Timestamp?
        for _ in 0..<2_000 {
            let signal = try anySignal(using: &generator)
            let next = (try? permission.applying(signal)) ?? permission
            if permission.saysNo, !next.saysNo {
                guard case .grant(let source, let time, let complaint, _, _) = signal else {
                    Issue.record("\(signal) lifted a no")
                    return
                }
                try #require(source.isOwnAct && (!complaint || source == .doubleOptIn))
                let no = try #require(lastNo)
                try #require(time > no)
            }
            switch signal {
            case .optOut(_, let time): lastNo = max(time, lastNo ?? time)
            case .deny(let time), .withdraw(let time):
                if next.decidedAt == time { lastNo = max(time, lastNo ?? time) }
            case .grant, .optOutCompleted, .requestConfirmation, .expire: break
            }
            permission = next
        }
    }

    private func anySignal(
        using generator: inout SeededGenerator
    ) throws -> Permission.Signal {
        let time = Timestamp(seconds: Int64.random(in: 0..<5_000, using: &generator))
        let sources = ownActs + otherSources
        let optOuts = [Fixture.optOut, Fixture.otherOptOut]
        let source = try #require(sources.randomElement(using: &generator))
        let optOut = try #require(optOuts.randomElement(using: &generator))
        let complaint = Bool.random(using: &generator)
        let signals: [Permission.Signal] = [
            .grant(source, at: time, complaint: complaint), .deny(at: time), .withdraw(at: time),
            .optOut(optOut, at: time), .optOutCompleted(optOut), .requestConfirmation(at: time),
            .expire(at: time),
        ]
        return try #require(signals.randomElement(using: &generator))
    }

    @Test func storedNamesAreStable() {
        #expect(
            Permission.State.allCases.map(\.rawValue) == [
                "none", "unconfirmed", "granted", "denied", "withdrawn", "expired",
            ]
        )
        #expect(
            Permission.OptOutStatus.allCases.map(\.rawValue) == [
                "none", "pending", "completed",
            ]
        )
    }
}
