// A person with every kind of data, and what tests do with their requests.

import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

/// What of a person can be searched for.
enum Searchable {
    static let address = "erin.searchable@mail.example"
    static let externalID = "searchable-external-7"
    static let texts = [
        address, "erin.searchable", externalID, "203.0.113.77", "SearchableBrowser",
        "searchable-form",
        "searchable statement",
    ]
}

extension Installation {
    /// A person with addresses, consents with evidence, and an opt-out with evidence.
    func addErin() async throws -> ContactID {
        let address = try Address(email: Searchable.address)
        let contact = try AddContact(
            addresses: [address],
            externalID: Searchable.externalID,
            locale: "de",
            region: "DE"
        )
        _ = try await engine.perform(contact, as: Sample.actor)
        var terms = Terms()
        terms.evidence = Sample.evidence()
        let id = try await decide(address, terms: terms)
        try await decide(address, in: Sample.promotions, terms: terms)
        let stop = try RequestOptOut(
            subject: .address(address),
            extent: .scope(Sample.promotions),
            source: .preferenceCentre,
            evidence: Sample.evidence()
        )
        _ = try await engine.perform(stop, as: .person)
        try await drainQueue()
        return id
    }

    /// Takes a verified request for erasure.
    func requestErasure(
        of address: String = Searchable.address,
        keepsBlock: Bool = true
    ) async throws -> RequestID {
        let command = ReceiveRequest(
            .erasure,
            of: .address(try Address(email: address)),
            source: .form,
            verifiedBy: Source(stored: "account-login"),
            keepsBlock: keepsBlock
        )
        return try await engine.perform(command, as: Sample.actor).receipt.request.id
    }

    /// The jobs of the lane that are due, leased.
    func claimSteps() async throws -> [Job] {
        let claim = ClaimJobs(lane: .general, limit: 100, leaseSeconds: 60)
        return try await engine.perform(claim, as: .system("worker")).receipt
    }

    /// Does all steps there are, with every connector confirming.
    func doSteps() async throws {
        while true {
            let jobs = try await claimSteps()
            if jobs.isEmpty { return }
            for job in jobs { try await finish(job) }
        }
    }

    func progress(_ id: RequestID) async throws -> RequestProgress.Answer {
        try await engine.ask(RequestProgress(id))
    }

    func status(_ id: RequestID) async throws -> RightsRequest.Status {
        try await progress(id).request.status
    }

    /// The newest receipt, read.
    func receipt(_ id: RequestID) async throws -> ReceiptBody {
        let progress = try await progress(id)
        let last = try #require(progress.receipts.last)
        return try ReceiptBody(reading: last.body)
    }

    /// How many events of a kind are about a request.
    func count(of kind: String, about id: RequestID) async throws -> Int {
        try await database.read { transaction in
            try transaction.events(after: 0, limit: 10_000).filter { event in
                event.kind == kind
                    && AuditEvent(canonical: event.body)?.subject == id.bytes
            }.count
        }
    }

    func addConnectors(_ names: String...) async throws {
        try await record(try names.map { .connectorAdded(try Sample.connector($0)) })
    }
}
