// A wrong address is put right without losing a "no", reviving anybody or touching somebody else.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Address put right")
struct RectifyAddressTests {
    private static let right = "erin.right@mail.example"

    private func request(
        _ installation: Installation,
        verifiedBy means: Source? = .mailLink
    ) async throws -> RequestID {
        let command = ReceiveRequest(
            .rectification,
            of: .address(try Address(email: Searchable.address)),
            source: .form,
            verifiedBy: means
        )
        return try await installation.engine.perform(command, as: Sample.actor).receipt.request.id
    }

    @discardableResult
    private func rectify(
        _ installation: Installation,
        _ id: RequestID,
        to address: String = RectifyAddressTests.right,
        replacing old: String? = nil
    ) async throws -> Int {
        let command = RectifyAddress(
            id,
            to: try Address(email: address),
            replacing: try old.map { try Address(email: $0, field: "replaces") }
        )
        let blocks = try await installation.engine.perform(command, as: Sample.actor).receipt
        try await installation.settle()
        return blocks
    }

    private func reason(
        _ installation: Installation,
        _ address: String = RectifyAddressTests.right,
        _ scope: ScopeName = Sample.newsletter
    ) async throws -> SendDecision.Reason {
        try await installation.check(Address(email: address), scope).reason
    }

    @Test(arguments: Backend.allCases)
    func yesAndNoGoAlong(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            let contact = try await installation.addErin()
            let id = try await request(installation)
            #expect(try await rectify(installation, id) == 1)
            #expect(try await reason(installation) == .allowed)
            #expect(try await reason(installation, Self.right, Sample.promotions) == .optOut)
            // The "no" at the old address stays, and nobody is at it.
            let old = Searchable.address
            #expect(try await reason(installation, old, Sample.promotions) == .optOut)
            #expect(try await reason(installation, old) == .unknownContact)
            let history = try await installation.engine.ask(
                History(.address(Address(email: Self.right)))
            )
            #expect(history.contact?.id == contact && history.consents.count == 3)
            #expect(try await installation.status(id) == .completed)
            #expect(try await installation.receipt(id).outcome == "completed")
            #expect(try await installation.count(of: "contact.address-replaced", about: id) == 1)
            // The other system is told to stop at the new address, too.
            let told = try await installation.claimed(.optOut)
            #expect(told.map(\.connector) == ["crm"])
            try await expectNoFindings(installation)
        }
    }

    @Test(arguments: Backend.allCases)
    func aNoAtTheNewAddressStands(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let block = Suppression(
                reason: .erasure,
                scope: nil,
                since: installation.clock.now,
                source: .commandLine,
                optOut: nil
            )
            let new = try Address(email: Self.right)
            try await installation.record([.suppressionAdded(block, .address(new))])
            try await rectify(installation, request(installation))
            #expect(try await reason(installation) == .erased)
        }
    }

    /// That the old one does not exist says nothing about the new one.
    @Test(arguments: Backend.allCases)
    func aBounceStaysBehindAndAComplaintDoesNot(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let bounce = Suppression(
                reason: .hardBounce,
                scope: nil,
                since: installation.clock.now,
                source: .provider,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(bounce, .contact(contact))])
            #expect(try await reason(installation, Searchable.address) == .hardBounce)
            #expect(try await rectify(installation, request(installation)) == 1)
            #expect(try await reason(installation) == .allowed)
            #expect(try await reason(installation, Searchable.address) == .hardBounce)
            try await expectNoFindings(installation)
        }
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let old = try Address(email: Searchable.address)
            let complaint = Suppression(
                reason: .complaint,
                scope: nil,
                since: installation.clock.now,
                source: .provider,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(complaint, .address(old))])
            #expect(try await rectify(installation, request(installation)) == 2)
            #expect(try await reason(installation) == .complaint)
        }
    }

    /// It is on the person: it leaves the old address and ends at the new one.
    @Test(arguments: Backend.allCases)
    func aRestrictionGoesAlongAndEndsWhole(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let command = ReceiveRequest(
                .restriction,
                of: .contact(contact),
                source: .form,
                verifiedBy: .mailLink
            )
            let restriction = try await installation.engine.perform(command, as: Sample.actor)
                .receipt.request.id
            #expect(try await rectify(installation, request(installation)) == 2)
            #expect(try await reason(installation) == .restricted)
            #expect(try await reason(installation, Searchable.address) == .unknownContact)
            try await expectNoFindings(installation)
            _ = try await installation.engine.perform(
                CompleteRequest(restriction),
                as: Sample.actor
            )
            #expect(try await reason(installation) == .allowed)
            #expect(try await reason(installation, Searchable.address) == .unknownContact)
            let left = try await installation.database.read { transaction in
                let old = transaction.vault.lookupKeys(for: try Address(email: Searchable.address))
                return try transaction.suppressions(at: old).map(\.reason)
            }
            #expect(!left.contains(.restriction))
            try await expectNoFindings(installation)
        }
    }

    /// What the log says stands is what stands.
    private func expectNoFindings(_ installation: Installation) async throws {
        _ = try await installation.sequence()
        #expect(try await Verifier(engine: installation.engine).run().findings == [])
    }

    @Test(arguments: Backend.allCases)
    func whatCannotBeIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            try await installation.decide(Sample.address(5))
            let open = try await request(installation, verifiedBy: nil)
            func failure(
                _ id: RequestID,
                _ address: String = Self.right,
                _ old: String? = nil
            ) async throws -> String? {
                let effect = try await installation.effect {
                    try await rectify(installation, id, to: address, replacing: old)
                }
                #expect(effect.changed.isEmpty)
                return effect.failure
            }
            #expect(try await failure(open) == "conflict id")
            let id = try await request(installation)
            #expect(id == open)
            #expect(try await failure(id, "person5@mail.example") == "conflict address")
            #expect(try await failure(id, Searchable.address) == "conflict address")
            #expect(
                try await failure(id, Self.right, "no@mail.example") == "invalid-field replaces"
            )
            let access = try await installation.requestAccess(
                of: .address(Address(email: Searchable.address))
            )
            #expect(try await failure(access) == "conflict id")
            // While others are still being told of the old address it stays.
            try await installation.addConnectors("crm")
            try await installation.optOut(Address(email: Searchable.address))
            #expect(try await failure(id) == "conflict id")
            try await installation.drainQueue()
            #expect(try await rectify(installation, id) == 2)
            #expect(try await failure(id) == "conflict id")
        }
    }

    @Test(arguments: Backend.allCases)
    func whoHasSeveralSaysWhichOneIsWrong(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let add = try AddContact(
                addresses: [Address(email: Searchable.address), Sample.address(2)],
                externalID: nil,
                locale: nil,
                region: nil
            )
            _ = try await installation.engine.perform(add, as: Sample.actor)
            try await installation.optOut(Sample.address(2))
            try await installation.drainQueue()
            let id = try await request(installation)
            let effect = try await installation.effect { try await rectify(installation, id) }
            #expect(effect.failure == "missing-field replaces" && effect.changed.isEmpty)
            try await rectify(installation, id, replacing: Searchable.address)
            #expect(try await reason(installation, "person2@mail.example") == .optOut)
            let export = try await installation.export(Self.right)
            let addresses = try export.rows("addresses").compactMap { $0["address"] as? String }
            #expect(Set(addresses) == [Self.right, "person2@mail.example"])
            #expect(!export.everything.contains(Searchable.address))
        }
    }

    @Test func onlyTheSpellingMayChange() async throws {
        try await Backend.sqlite.withEngine { installation in
            _ = try await installation.addErin()
            let spelled = "Erin.Searchable@mail.example"
            try await rectify(installation, request(installation), to: spelled)
            let export = try await installation.export(Searchable.address)
            #expect(try export.rows("addresses")[0]["address"] as? String == spelled)
            #expect(try await reason(installation, Searchable.address) == .allowed)
        }
    }
}

extension Installation {
    /// The jobs of a lane that are due, leased.
    func claimed(_ lane: Job.Lane) async throws -> [Job] {
        let claim = ClaimJobs(lane: lane, limit: 100, leaseSeconds: 60)
        return try await engine.perform(claim, as: .system("worker")).receipt
    }
}
