// Holds the guard's index in memory against the statements it stands in for, address by address.

import HeedConsent
import HeedEngine
import HeedStore

extension Verifier.Run {
    /// Every address in every scope, and every one that a block stands at.
    ///
    /// In a server that is the index that answers; elsewhere one is read for it, which shows that
    /// what it is read from makes the same answers. While a lookup key is being changed there is
    /// none, and nothing is compared.
    mutating func walkGuard(
        _ observe: (Verifier.Progress) async throws -> Void
    ) async throws {
        let scopes = try await engine.ask(ListScopes()).map(\.name)
        guard !scopes.isEmpty else { return }
        let asked = try await engine.withIndex()
        var place: GuardPlace? = .start
        while let next = place {
            let page = try await engine.ask(
                GuardPage(from: next, limit: Verifier.addressesPerPage)
            )
            for scope in scopes where !page.keys.isEmpty {
                guard let found = try await asked.ask(CompareGuard(page.keys, in: scope)) else {
                    continue
                }
                report.answers += page.keys.count
                for difference in found {
                    let whose = difference.contact.map { "contact \($0.text)" } ?? "an address"
                    findings.add(
                        .guardDiffers,
                        at: "\(whose) in \(scope)",
                        "memory says \(difference.memory), the database \(difference.database)"
                    )
                }
            }
            place = page.next
            try await observe(progress(.guard))
        }
    }
}
