// The requests, messages and confirmations that tests of double opt-ins share.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

extension Installation {
    /// Asks for the newsletter; answers whether a message goes.
    @discardableResult
    func askToConfirm(
        _ address: Address,
        in scope: ScopeName = Sample.newsletter,
        terms: DoubleOptInTerms = DoubleOptInTerms()
    ) async throws -> Bool {
        var evidence = Evidence()
        evidence.ip = "203.0.113.7"
        evidence.formURL = "https://shop.example/join"
        let command = try RequestDoubleOptIn(
            address: address,
            scope: scope,
            source: .form,
            policyVersion: Sample.version,
            locale: "de",
            evidence: evidence,
            terms: terms
        )
        return try await engine.perform(command, as: Sample.actor).receipt.isSent
    }

    /// The jobs of messages that wait.
    func mailJobs() async throws -> [Job] {
        let claim = ClaimJobs(lane: .mail, limit: 100, leaseSeconds: 30)
        return try await engine.perform(claim, as: .system("worker")).receipt
    }

    /// The requests that each message waits for, oldest first.
    func requests() async throws -> [[ConsentID]] {
        try await mailJobs().sorted { $0.id < $1.id }.compactMap { job in
            if case .mail(.confirmation(let requests)) = job.kind { requests } else { nil }
        }
    }

    /// The token of the only message that waits.
    func onlyToken() async throws -> String {
        let requests = try await requests()
        try #require(requests.count == 1)
        return try #require(try await engine.ask(ConfirmationDetails(requests[0]))).token
    }

    /// Presses the button.
    @discardableResult
    func confirm(_ token: String) async throws -> Bool {
        let command = ConfirmDoubleOptIn(token: token, ip: "198.51.100.9")
        return try await engine.perform(command, as: .person).receipt
    }

    /// How many records say yes.
    func grants() async throws -> Int64 {
        try await number("SELECT count(*) FROM consent_records WHERE decision = 'granted'")
    }
}
