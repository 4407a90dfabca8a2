// People's acts by chance from a seed, of every sort that changes what the guard says.

import HeedConsent
import HeedRights
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

/// A small population with aliases, and what happens to it.
struct GuardHistory {
    /// Those who act.
    let addresses: [Address]
    /// All to ask about: strangers and aliases nobody has used among them.
    let asked: [String]
    private var generator: SeededGenerator
    private var restrictions: [RequestID] = []
    private var versions = 0
    private var granted: [(contact: ContactID, scope: ScopeName)] = []

    init(seed: UInt64) throws {
        generator = SeededGenerator(seed: seed)
        let texts =
            (0..<8).map { "person\($0)@mail.example" }
            + ["a.b@gmail.com", "ab+news@gmail.com", "ab@gmail.com", "c.d@googlemail.com"]
            + ["one@outlook.com", "one+two@outlook.com", "new1@mail.example", "n.ew@gmail.com"]
        addresses = try texts.map { try Address(email: $0) }
        asked =
            texts + ["stranger@mail.example", "a.b+never@gmail.com", "cd@gmail.com"]
            + ["one+three@outlook.com", "PERSON1@mail.example", "no address", "new@gmail.com"]
    }

    /// One act; one that a rule forbids is none.
    mutating func step(_ installation: Installation) async throws {
        installation.clock.advance(seconds: Int64.random(in: 0...3, using: &generator))
        do {
            try await act(installation, addresses.randomElement(using: &generator) ?? addresses[0])
        } catch is Refusal {
            return
        }
    }

    private mutating func act(_ installation: Installation, _ address: Address) async throws {
        let scope = Sample.scopes.map(\.name).randomElement(using: &generator) ?? Sample.newsletter
        switch Int.random(in: 0..<30, using: &generator) {
        case 0...6: try await grant(installation, address, scope)
        case 7: try await installation.decide(address, .denied, in: scope)
        case 8: try await installation.decide(address, .withdrawn, in: scope)
        case 9...11: try await installation.optOut(address, from: .scope(scope))
        case 12, 13: try await installation.optOut(address, from: .global)
        case 14, 15:
            let kinds = ProviderReport.Kind.allCases
            let kind = kinds.randomElement(using: &generator) ?? .bounced
            let now = installation.clock.now
            let report = ProviderReport(kind, address, extent: .scope(scope), at: now)
            let command = TakeReport(connector: nil, report: report)
            _ = try await installation.engine.perform(command, as: Sample.actor)
        case 16, 17: try await installation.drainQueue()
        case 18: try await block(installation, address, scope)
        case 19, 20: try await erase(installation, address)
        case 21, 22: try await rectify(installation, address)
        case 23: try await restrict(installation, address)
        case 24: try await endRestriction(installation)
        case 25: try await takeBack(installation)
        case 26: try await publish(installation)
        case 27: installation.clock.advance(seconds: 3600)
        case 28: try await ask(installation, address, scope)
        default:
            let person = try AddContact(
                addresses: [address],
                externalID: nil,
                locale: nil,
                region: nil
            )
            _ = try await installation.engine.perform(person, as: Sample.actor)
        }
    }

    private mutating func grant(
        _ installation: Installation,
        _ address: Address,
        _ scope: ScopeName
    ) async throws {
        let ends: Int64? = [nil, nil, 5, 4000].randomElement(using: &generator) ?? nil
        let terms = Terms(expiresAt: ends.map { installation.clock.now.adding(seconds: $0) })
        let contact = try await installation.decide(address, in: scope, terms: terms)
        granted.append((contact, scope))
    }

    /// A block by an operator or a court, on one scope or all, under the address alone.
    private mutating func block(
        _ installation: Installation,
        _ address: Address,
        _ scope: ScopeName
    ) async throws {
        let block = Suppression(
            reason: Bool.random(using: &generator) ? .manual : .legal,
            scope: Bool.random(using: &generator) ? scope : nil,
            since: installation.clock.now,
            source: .commandLine,
            optOut: nil
        )
        try await installation.record([.suppressionAdded(block, .address(address))])
    }

    private mutating func erase(_ installation: Installation, _ address: Address) async throws {
        let keepsBlock = Bool.random(using: &generator)
        _ = try await installation.requestErasure(of: address.delivery, keepsBlock: keepsBlock)
        // Sometimes the work is left for later.
        if Bool.random(using: &generator) { try await installation.doSteps() }
    }

    private mutating func rectify(_ installation: Installation, _ address: Address) async throws {
        let command = ReceiveRequest(
            .rectification,
            of: .address(address),
            source: .form,
            verifiedBy: .mailLink
        )
        let request = try await installation.engine.perform(command, as: Sample.actor).receipt
        let new = addresses.randomElement(using: &generator) ?? address
        let put = RectifyAddress(request.request.id, to: new, replacing: address)
        _ = try await installation.engine.perform(put, as: Sample.actor)
    }

    private mutating func restrict(_ installation: Installation, _ address: Address) async throws {
        let command = ReceiveRequest(
            .restriction,
            of: .address(address),
            source: .form,
            verifiedBy: .form
        )
        let request = try await installation.engine.perform(command, as: Sample.actor).receipt
        restrictions.append(request.request.id)
    }

    private mutating func endRestriction(_ installation: Installation) async throws {
        guard let id = restrictions.popLast() else { return }
        _ = try await installation.engine.perform(CompleteRequest(id), as: Sample.actor)
    }

    /// As undoing an import does with the consents of its batch.
    private mutating func takeBack(_ installation: Installation) async throws {
        guard let yes = granted.popLast() else { return }
        let (contact, scope) = yes
        let found = try await installation.database.read { transaction in
            let permission = try transaction.permission(of: contact, in: scope)
            return (permission, try permission.record.flatMap { try transaction.consent($0) })
        }
        guard let record = found.1, found.0.state == .granted else { return }
        try await installation.record([
            .consentTakenBack(record, from: found.0, to: Permission())
        ])
    }

    /// A policy that older consent to a scope is not enough for, from now or from later on.
    private mutating func publish(_ installation: Installation) async throws {
        versions += 1
        let later = Int64.random(in: 0...2000, using: &generator)
        let policy = try Sample.policy(
            "2026-\(versions + 1)",
            effectiveAt: installation.clock.now.adding(seconds: later),
            reconsent: Bool.random(using: &generator) ? [Sample.promotions] : []
        )
        try await installation.record([.policyPublished(policy)])
    }

    private func ask(
        _ installation: Installation,
        _ address: Address,
        _ scope: ScopeName
    ) async throws {
        let question = try RequestDoubleOptIn(
            address: address,
            scope: scope,
            source: .form,
            policyVersion: Sample.version,
            terms: DoubleOptInTerms()
        )
        _ = try await installation.engine.perform(question, as: Sample.actor)
    }
}

extension Installation {
    /// What an engine says about these in every scope, and that both ways agree in every field.
    ///
    /// - Returns: the reasons there were.
    func compare(
        _ indexed: Engine,
        _ asked: [String],
        _ comment: String
    ) async throws -> Set<SendDecision.Reason> {
        var reasons: Set<SendDecision.Reason> = []
        // Its index is never read.
        let oracle = Engine(database: database)
        for scope in Sample.scopes.map(\.name) {
            try await settle()
            let question = try MaySendMany(recipients: asked, scope: scope)
            let found = try await indexed.ask(question)
            let expected = try await oracle.ask(question)
            for (found, expected) in zip(found.verdicts, expected.verdicts) {
                let isSame =
                    found.recipient == expected.recipient && found.reason == expected.reason
                    && found.optOutStatus == expected.optOutStatus
                    && found.invalid == expected.invalid
                if !isSame {
                    let what = "\(comment): \(scope.text) \(expected.recipient)"
                    Issue.record("\(what): \(found), not \(expected)")
                }
            }
            #expect(found.verdicts.count == asked.count)
            #expect(found.validUntil == expected.validUntil)
            // On a server the transactions of others hold both back.
            if backend == .sqlite { #expect(found.position == expected.position) }
            reasons.formUnion(expected.verdicts.map(\.reason))
        }
        return reasons
    }
}
