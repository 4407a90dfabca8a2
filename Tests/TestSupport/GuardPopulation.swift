// People in every state the guard tells apart, made by chance from a seed.

package import HeedConsent
import HeedEngine
import HeedStore

/// A population to ask the guard about.
package enum GuardPopulation {
    private static let steps = 110

    /// Fills an installation, and answers addresses to ask about: known ones, strangers, aliases of
    /// one mailbox, and some twice.
    package static func make(
        in installation: Installation,
        seed: UInt64
    ) async throws -> [Address] {
        var generator = SeededGenerator(seed: seed)
        // Aliases of one mailbox, so that a block on one form covers the others.
        let texts =
            (0..<20).map { "person\($0)@mail.example" }
            + ["a.b@gmail.com", "ab+news@gmail.com", "ab@gmail.com", "A.B+x@googlemail.com"]
            + ["someone@outlook.com", "someone+else@outlook.com"]
        let addresses = try texts.map { try Address(email: $0) }
        for _ in 0..<steps {
            let address = addresses.randomElement(using: &generator) ?? addresses[0]
            do {
                try await step(installation, address, &generator)
            } catch is Refusal {
                // A "yes" that a block forbids; the block is what is wanted.
                continue
            }
        }
        try await installation.sql(
            "UPDATE opt_outs SET status = 'completed', processed_at = requested_at "
                + "WHERE substr(id, 16, 1) < $1",
            .blob([UInt8.random(in: 96...160, using: &generator)])
        )
        let reconsent = try Sample.policy(
            "2026-02",
            effectiveAt: installation.clock.now,
            reconsent: [Sample.receipts]
        )
        try await installation.record([.policyPublished(reconsent)])
        installation.clock.advance(seconds: 60)
        let strangers = try (100..<104).map { try Sample.address($0) }
        return (addresses + strangers + addresses.prefix(5)).shuffled(using: &generator)
    }

    private static func step(
        _ installation: Installation,
        _ address: Address,
        _ generator: inout SeededGenerator
    ) async throws {
        let scopes = [Sample.newsletter, Sample.newsletter, Sample.receipts]
        let scope = scopes.randomElement(using: &generator) ?? Sample.newsletter
        installation.clock.advance(seconds: Int64.random(in: 0...2, using: &generator))
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...3: try await installation.decide(address, in: scope)
        case 4: try await installation.decide(address, .denied, in: scope)
        case 5:
            let expiry = installation.clock.now.adding(seconds: 30)
            try await installation.decide(address, in: scope, terms: Terms(expiresAt: expiry))
        case 6: try await installation.decide(address, .withdrawn, in: scope)
        case 7: try await installation.optOut(address, from: .scope(scope))
        case 8: try await installation.optOut(address, from: .global)
        default:
            let reasons = SuppressionReason.allCases.filter { reason in
                reason != .optOut && reason != .optOutGlobal
            }
            let block = Suppression(
                reason: reasons.randomElement(using: &generator) ?? .legal,
                scope: Bool.random(using: &generator) ? scope : nil,
                since: installation.clock.now,
                source: .commandLine,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(block, .address(address))])
        }
    }
}
