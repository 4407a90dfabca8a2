// A person of whom everything can be searched for, and the steps of her erasure.

package import HeedConsent
import HeedEngine
import HeedRights

/// What of a person can be searched for.
package enum Searchable {
    /// Where she is written to.
    package static let address = "erin.searchable@mail.example"
    /// The other one, of `addErinInFull`.
    package static let secondAddress = "e.searchable@work.example"
    /// What the sender calls a message to her.
    package static let message = "searchable-message-9"
    /// What the operator calls her.
    package static let externalID = "searchable-external-7"
    /// All of it.
    package static let texts = [
        address, "erin.searchable", externalID, "203.0.113.77", "SearchableBrowser",
        "searchable-form", "searchable statement", secondAddress, message,
    ]
}

extension Installation {
    /// A person with addresses, consents with evidence, and an opt-out with evidence.
    package func addErin() async throws -> ContactID {
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
    package func requestErasure(
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
    package func claimSteps() async throws -> [Job] {
        let claim = ClaimJobs(lane: .general, limit: 100, leaseSeconds: 60)
        return try await engine.perform(claim, as: .system("worker")).receipt
    }

    /// Does all steps there are, with every connector confirming.
    package func doSteps() async throws {
        while true {
            let jobs = try await claimSteps()
            if jobs.isEmpty { return }
            for job in jobs { try await finish(job) }
        }
    }
}

extension Installation {
    /// The same person with every kind of data there is.
    ///
    /// Two addresses, what a form sent, a double opt-in and a preference link that were mailed, and
    /// events about messages; the form is set up here.
    package func addErinInFull(form: String = "footer") async throws -> ContactID {
        let addresses = [
            try Address(email: Searchable.address), try Address(email: Searchable.secondAddress),
        ]
        let contact = try AddContact(
            addresses: addresses,
            externalID: Searchable.externalID,
            locale: "de",
            region: "DE"
        )
        _ = try await engine.perform(contact, as: Sample.actor)
        let id = try await addErin()
        try await submit(form, addresses[0])
        let question = try RequestDoubleOptIn(
            address: addresses[0],
            scope: Sample.receipts,
            source: .form,
            policyVersion: Sample.version,
            evidence: Sample.evidence(),
            terms: DoubleOptInTerms()
        )
        _ = try await engine.perform(question, as: Sample.actor)
        let link = try RequestPreferenceLink(address: addresses[1], language: "de")
        _ = try await engine.perform(link, as: .person)
        let claim = ClaimJobs(lane: .mail, limit: 100, leaseSeconds: 60)
        for job in try await engine.perform(claim, as: .system("worker")).receipt {
            try await finish(job)
        }
        for (number, kind) in [ActivityKind.sent, .delivered, .opened, .opened].enumerated() {
            try await tell("erin-\(number)", kind, addresses[0], message: Searchable.message)
        }
        return id
    }

    /// Sends a form; it is set up unless it is there.
    package func submit(_ form: String, _ address: Address) async throws {
        let box = try SignUpForm.Box(scope: Sample.newsletter, wording: "Yes, please.")
        let footer = try SignUpForm(
            name: form,
            boxes: [box],
            policyVersion: Sample.version,
            redirects: [],
            circumstances: .client
        )
        _ = try await engine.perform(AddForm(footer), as: Sample.actor)
        let sent = try SubmitForm(
            form: form,
            address: address,
            ticked: [Sample.newsletter],
            evidence: Sample.evidence()
        )
        _ = try await engine.perform(sent, as: .person)
    }
}

extension Installation {
    /// Many records of one person at one moment.
    package func records(_ count: Int, of contact: ContactID) async throws -> [ConsentID] {
        let policy = try Sample.policy()
        let records = (0..<count).map { number in
            ConsentRecord(
                id: ConsentID(at: clock.now, random: (UInt64(number), UInt64(number))),
                contact: contact,
                scope: Sample.newsletter.text,
                decision: .granted,
                basis: .consent,
                source: .batchImport,
                policy: policy,
                locale: nil,
                givenAt: clock.now,
                recordedAt: clock.now,
                batch: nil
            )
        }
        var evidence = Evidence()
        evidence.ip = "192.0.2.1"
        try await record(
            records.map { .consentRecorded($0, evidence, from: Permission(), to: Permission()) }
        )
        return records.map(\.id)
    }
}
