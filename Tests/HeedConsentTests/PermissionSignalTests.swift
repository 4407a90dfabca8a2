// Every state against the signals that time and bases bring, by a table written out by hand.

import Testing

@testable import HeedConsent

/// One row: what a yes on another basis than consent does, by when it ends; a request to confirm;
/// and the passing of time.
struct SignalRow: Sendable, CustomTestStringConvertible {
    let state: Permission.State
    let status: Permission.OptOutStatus
    let cells: [String: String]

    var testDescription: String { "\(state), opt-out \(status)" }

    /// Three letters for a moment before, at and after the last decision.
    ///
    /// `Y` granted, `U` unconfirmed, `E` expired, `=` no change, `s`, `b`, `t` refused for source,
    /// basis, time. The permission ends in 700 days; under `end`, `askEnd` and `pass` with the
    /// decision itself, under `ever` never. `soon` to `none` are the ends of a new yes of the
    /// person's own, `moan` is one after a complaint, `ask` a request to confirm, `pass` time.
    static let all = rows(
        """
        state       opt-out   sys own soon same late none moan ever end ask askEnd pass
        none        none      =YY =YY =YY  =YY  =YY  =YY  bbb  =YY  =YY UUU UUU    ===
        none        pending   sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        none        completed sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        unconfirmed none      =YY =YY =YY  =YY  =YY  =YY  bbb  =YY  =YY UUU UUU    ===
        unconfirmed pending   sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        unconfirmed completed sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        granted     none      =YY =YY ===  ===  =YY  =YY  bbb  ===  =YY === =UU    =EE
        granted     pending   sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    =EE
        granted     completed sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    =EE
        denied      none      sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        denied      pending   sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        denied      completed sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        withdrawn   none      sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        withdrawn   pending   sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        withdrawn   completed sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        expired     none      =YY =YY =YY  =YY  =YY  =YY  bbb  =YY  =YY UUU UUU    ===
        expired     pending   sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        expired     completed sss bbb bbb  bbb  bbb  bbb  bbb  bbb  bbb === ===    ===
        """
    )

    private static func rows(_ table: String) -> [SignalRow] {
        let lines = table.split(separator: "\n").map { line in
            line.split(separator: " ").map(String.init).filter { $0 != "|" }
        }
        return lines.dropFirst().compactMap { cells in
            guard cells.count == lines[0].count, let state = Permission.State(rawValue: cells[0]),
                let status = Permission.OptOutStatus(rawValue: cells[1])
            else { return nil }
            let named = zip(lines[0], cells).dropFirst(2)
            return SignalRow(
                state: state,
                status: status,
                cells: Dictionary(uniqueKeysWithValues: named.map { ($0, $1) })
            )
        }
    }

    /// The permission the row is about, with every field set.
    func permission(endingAt end: Timestamp?) -> Permission {
        var permission = Permission()
        permission.state = state
        permission.optOutStatus = status
        permission.optOut = status == .none ? nil : Fixture.optOut
        permission.record = Fixture.consent
        permission.decidedAt = Fixture.now
        permission.expiresAt = end
        permission.policyEffectiveAt = Fixture.now.adding(days: -9)
        return permission
    }
}

private let otherBases = ConsentRecord.Basis.allCases.filter { $0 != .consent }
private let end = Fixture.now.adding(days: 700)

@Suite("Permission: bases, requests and time")
struct PermissionSignalTests {
    @Test func theTableIsWhole() {
        #expect(SignalRow.all.count == 18)
        #expect(Set(SignalRow.all.map(\.testDescription)).count == 18)
        #expect(SignalRow.all.allSatisfy { $0.cells.count == 12 })
    }

    @Test(arguments: SignalRow.all)
    func aYesOnAnotherBasis(_ row: SignalRow) {
        let ends: [(String, Timestamp?)] = [
            ("soon", end.adding(seconds: -1)), ("same", end), ("late", end.adding(seconds: 1)),
            ("none", nil),
        ]
        for basis in otherBases {
            for source in ownActs {
                for (column, new) in ends {
                    expect(row, column, endingAt: end) {
                        .grant(source, at: $0, complaint: false, basis: basis, expiresAt: new)
                    }
                    expect(row, "ever", endingAt: nil) {
                        .grant(source, at: $0, complaint: false, basis: basis, expiresAt: new)
                    }
                }
                expect(row, "own", endingAt: end) {
                    .grant(source, at: $0, complaint: false, basis: basis)
                }
                expect(row, "end", endingAt: Fixture.now) {
                    .grant(source, at: $0, complaint: false, basis: basis, expiresAt: end)
                }
            }
            for source in otherSources {
                expect(row, "sys", endingAt: end) {
                    .grant(source, at: $0, complaint: false, basis: basis)
                }
            }
            expect(row, "moan", endingAt: end) {
                .grant(.doubleOptIn, at: $0, complaint: true, basis: basis)
            }
        }
    }

    /// Consent takes the place of whatever stood, and brings its own end.
    @Test(arguments: SignalRow.all, [end.adding(seconds: -1), end, nil])
    func consentAlwaysTakesThePlace(_ row: SignalRow, _ new: Timestamp?) throws {
        let later = Fixture.now.adding(seconds: 1)
        let yes = Permission.Signal.grant(.form, at: later, complaint: false, expiresAt: new)
        let after = try row.permission(endingAt: end).applying(yes)
        #expect(after.state == .granted && after.expiresAt == new && after.decidedAt == later)
    }

    @Test(arguments: SignalRow.all)
    func requests(_ row: SignalRow) {
        expect(row, "ask", endingAt: end) { .requestConfirmation(at: $0) }
        expect(row, "ask", endingAt: nil) { .requestConfirmation(at: $0) }
        expect(row, "askEnd", endingAt: Fixture.now) { .requestConfirmation(at: $0) }
    }

    @Test(arguments: SignalRow.all)
    func time(_ row: SignalRow) throws {
        expect(row, "pass", endingAt: Fixture.now) { .expire(at: $0) }
        for end in [end, nil] {
            for moment in moments {
                let before = row.permission(endingAt: end)
                #expect(try before.applying(.expire(at: moment)) == before)
            }
        }
    }

    /// An unconfirmed, expired or missing yes is none: no signal but a yes lets a message go.
    @Test(arguments: SignalRow.all)
    func nothingButAYesAllows(_ row: SignalRow) throws {
        let before = row.permission(endingAt: end)
        guard !(row.state == .granted && row.status == .none) else { return }
        let signals: [Permission.Signal] = [
            .requestConfirmation(at: Fixture.now), .expire(at: Fixture.now),
            .deny(at: Fixture.now), .withdraw(at: Fixture.now),
            .optOut(Fixture.otherOptOut, at: Fixture.now), .optOutCompleted(Fixture.optOut),
        ]
        for signal in signals {
            var facts = GuardFacts(scope: Fixture.campaign)
            facts.contact = Fixture.contact
            facts.permission = try before.applying(signal)
            #expect(!SendDecision(facts, at: Fixture.now).allowed, "\(signal)")
        }
    }

    private func expect(
        _ row: SignalRow,
        _ column: String,
        endingAt end: Timestamp?,
        _ signal: (Timestamp) -> Permission.Signal
    ) {
        let before = row.permission(endingAt: end)
        for (moment, cell) in zip(moments, row.cells[column] ?? "???") {
            let signal = signal(moment)
            let outcome = Result { () throws(Refusal) in try before.applying(signal) }
            let (state, field) = (try? outcome.get().state, SignalRow.field(of: outcome))
            let isAsSaid =
                switch cell {
                case "=": (try? outcome.get()) == before
                case "Y": state == .granted
                case "U": state == .unconfirmed
                case "E": state == .expired
                case "s": field == "source"
                case "b": field == "basis"
                case "t": field == "givenAt"
                default: false
                }
            #expect(isAsSaid, "\(row.testDescription) \(column): not \(cell) after \(signal)")
        }
    }
}

extension SignalRow {
    fileprivate static func field(of outcome: Result<Permission, Refusal>) -> String? {
        if case .failure(let refusal) = outcome { refusal.field } else { nil }
    }
}
