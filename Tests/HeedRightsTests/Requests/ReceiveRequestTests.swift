// Requests are taken once, from people who are known, with the clock of their law.

import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Requests")
struct ReceiveRequestTests {
    private func take(
        _ installation: Installation,
        _ kind: RightsRequest.Kind,
        verifiedBy: Source? = nil
    ) async throws -> ReceiveRequest.Receipt {
        let command = ReceiveRequest(
            kind,
            of: .address(try Address(email: Searchable.address)),
            source: .form,
            verifiedBy: verifiedBy
        )
        return try await installation.engine.perform(command, as: Sample.actor).receipt
    }

    @Test(arguments: Backend.allCases)
    func aRepeatAnswersWithTheFirst(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let first = try await take(installation, .erasure)
            #expect(!first.isRepeated && first.token.count == 16)
            let again = try await take(installation, .erasure)
            #expect(again.isRepeated && again.token == first.token)
            #expect(again.request.id == first.request.id)
            // Another right is another request.
            let access = try await take(installation, .access)
            #expect(access.request.id != first.request.id)
            #expect(access.token != first.token)
            // The proof of who asks may come with the repeat.
            let proved = try await take(installation, .erasure, verifiedBy: .form)
            #expect(proved.isRepeated && proved.request.status == .verified)
            let open = try await installation.engine.ask(ListRequests(openOnly: true)).requests
            #expect(open.count == 2)
        }
    }

    @Test(arguments: Backend.allCases)
    func nobodyAndTheFutureAreRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let nobody = ReceiveRequest(
                .erasure,
                of: .address(try Sample.address(9)),
                source: .form
            )
            let refusal = await #expect(throws: Refusal.self) {
                _ = try await installation.engine.perform(nobody, as: Sample.actor)
            }
            #expect(refusal?.field == "address")
            try await installation.decide(Sample.address())
            let early = ReceiveRequest(
                .access,
                of: .address(try Sample.address()),
                source: .form,
                requestedAt: installation.clock.now.adding(seconds: 86_400)
            )
            let other = await #expect(throws: Refusal.self) {
                _ = try await installation.engine.perform(early, as: Sample.actor)
            }
            #expect(other?.field == "requestedAt")
        }
    }

    @Test(arguments: Backend.allCases)
    func whoIsErasedIsNotErasedAgain(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            let again = ReceiveRequest(.erasure, of: .contact(contact), source: .form)
            let refusal = await #expect(throws: Refusal.self) {
                _ = try await installation.engine.perform(again, as: Sample.actor)
            }
            #expect(refusal?.code == .conflict)
        }
    }

    @Test(arguments: Backend.allCases)
    func timeIsExtendedOnceAndBeforeTheDeadline(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let taken = try await take(installation, .access, verifiedBy: .form).request
            let extend = ExtendRequest(taken.id, reason: Source(stored: "complex"))
            let deadline = try await installation.engine.perform(extend, as: Sample.actor).receipt
            #expect(deadline == Regime.extended(taken))
            #expect(deadline > taken.deadlineAt)
            #expect(try await installation.progress(taken.id).request.deadlineAt == deadline)
            #expect(try await installation.count(of: "request.extended", about: taken.id) == 1)
            await #expect(throws: Refusal.self) {
                _ = try await installation.engine.perform(extend, as: Sample.actor)
            }
            let late = try await take(installation, .rectification).request
            installation.clock.advance(seconds: 40 * 86_400)
            await #expect(throws: Refusal.self) {
                let command = ExtendRequest(late.id, reason: .form)
                _ = try await installation.engine.perform(command, as: Sample.actor)
            }
        }
    }

    /// An objection is honoured by itself, at once, and like any other stop.
    @Test(arguments: Backend.allCases)
    func anObjectionIsAnOptOutFromEverything(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            #expect(try await installation.check(address).allowed)
            let taken = try await take(installation, .objection, verifiedBy: .form)
            #expect(taken.request.status == .completed)
            #expect(try await installation.check(address).reason == .globalOptOut)
            #expect(try await installation.receipt(taken.request.id).outcome == "completed")
            // Whoever has stopped everything already is told the same.
            let again = try await take(installation, .objection, verifiedBy: .form)
            #expect(again.request.status == .completed && !again.isRepeated)
        }
    }

    /// It asks for no proof, wherever the person is, and stops no mailing.
    @Test(arguments: Backend.allCases)
    func aStopToSellingIsRecordedAtOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let taken = try await take(installation, .doNotSell)
            #expect(taken.request.status == .completed)
            #expect(taken.request.verifiedBy == .notNeeded)
            let question = ObjectsToSale(contact: contact)
            #expect(try await installation.engine.ask(question))
            #expect(try await installation.check(Address(email: Searchable.address)).allowed)
            let again = try await take(installation, .doNotSell, verifiedBy: .form)
            #expect(again.request.status == .completed && !again.isRepeated)
            let history = try await installation.engine.ask(History(.contact(contact)))
            let objections = history.consents.filter { $0.scope == "sale-sharing" }
            #expect(objections.map(\.source) == ["form"])
        }
    }

    /// Nothing is sent while the request is open, receipts neither.
    @Test(arguments: Backend.allCases)
    func aRestrictionBlocksUntilItIsCompleted(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            let id = try await take(installation, .restriction, verifiedBy: .form).request.id
            for scope in [Sample.newsletter, Sample.receipts] {
                #expect(try await installation.check(address, scope).reason == .restricted)
            }
            installation.clock.advance(seconds: 60)
            await #expect(throws: Never.self) { try await installation.decide(address) }
            #expect(try await installation.check(address).reason == .restricted)
            _ = try await installation.engine.perform(CompleteRequest(id), as: Sample.actor)
            #expect(try await installation.check(address).allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func otherKindsAreCompletedOrRefusedWithAReceipt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let access = try await take(installation, .access).request.id
            await #expect(throws: Refusal.self) {
                _ = try await installation.engine.perform(CompleteRequest(access), as: Sample.actor)
            }
            let verify = VerifyRequest(access, by: .form)
            _ = try await installation.engine.perform(verify, as: Sample.actor)
            // Nobody says that they gave the data: making it says so.
            let refusal = await #expect(throws: Refusal.self) {
                _ = try await installation.engine.perform(CompleteRequest(access), as: Sample.actor)
            }
            #expect(refusal?.code == .conflict && refusal?.message.contains("export") == true)
            _ = try await installation.export(Searchable.address)
            #expect(try await installation.receipt(access).outcome == "completed")
            let put = try await take(installation, .rectification, verifiedBy: .form).request.id
            _ = try await installation.engine.perform(CompleteRequest(put), as: Sample.actor)
            #expect(try await installation.receipt(put).outcome == "completed")
            let rectify = try await take(installation, .rectification).request.id
            let refuse = RefuseRequest(rectify, reason: Source(stored: "identity-not-shown"))
            _ = try await installation.engine.perform(refuse, as: Sample.actor)
            let receipt = try await installation.receipt(rectify)
            #expect(receipt.outcome == "refused" && receipt.reason == "identity-not-shown")
            let open = try await installation.engine.ask(ListRequests(openOnly: true)).requests
            #expect(open.isEmpty)
            let erasure = try await take(installation, .erasure).request.id
            await #expect(throws: Refusal.self) {
                let complete = CompleteRequest(erasure)
                _ = try await installation.engine.perform(complete, as: Sample.actor)
            }
        }
    }
}
