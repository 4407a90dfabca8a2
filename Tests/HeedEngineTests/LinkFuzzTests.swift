// Tokens of links spoiled by chance: one that differs in any byte opens nothing.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("Links by chance")
struct LinkFuzzTests {
    @Test func noOtherTokenOpensAnything() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let now = installation.clock.now
            try await installation.database.read { transaction in
                let vault = transaction.vault
                let contact = Sample.contact().id
                let request = ConsentID(high: 0x0190_0000_0000_7001, low: 0x8000_0000_0000_0001)
                let until = now.adding(seconds: 600)
                let tokens = [
                    UnsubscribeLink(contact: contact, extent: .global).token(with: vault),
                    UnsubscribeLink(contact: contact, extent: .scope(Sample.newsletter))
                        .token(with: vault),
                    ConfirmationLink([request]).token(with: vault),
                    ConfirmationLink(Array(repeating: request, count: 3)).token(with: vault),
                    PreferenceLink(contact: contact, expiresAt: until).token(with: vault),
                    LinkKind.person(prefix: "d1.k1.", purpose: "data")
                        .token(for: contact, until: until, with: vault),
                ]
                let data = LinkKind.person(prefix: "d1.k1.", purpose: "data")
                try Fuzz("token", cases: 20_000, corpus: tokens).run { tried in
                    let token = tried.text
                    let opened = [
                        UnsubscribeLink(token: token, vault: vault) != nil,
                        ConfirmationLink(token: token, vault: vault) != nil,
                        PreferenceLink(token: token, vault: vault, now: now) != nil,
                        data.person(of: token, vault: vault, now: now) != nil,
                    ].filter(\.self).count
                    let isOurs = tokens.contains { $0.utf8.elementsEqual(token.utf8) }
                    return opened == (isOurs ? 1 : 0) ? nil : "\(opened) kinds of links open"
                }
            }
        }
    }
}
