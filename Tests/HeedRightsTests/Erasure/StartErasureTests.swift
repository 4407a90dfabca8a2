// An erasure begins once it is verified and nothing forbids it, and blocks the person from then on.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Start of an erasure")
struct StartErasureTests {
    @Test(arguments: Backend.allCases)
    func nothingHappensBeforeItIsVerified(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            let command = ReceiveRequest(.erasure, of: .address(address), source: .form)
            let taken = try await installation.engine.perform(command, as: Sample.actor).receipt
            #expect(taken.request.status == .received)
            #expect(try await installation.claimSteps().isEmpty)
            #expect(try await installation.check(address).allowed)
            let verify = VerifyRequest(taken.request.id, by: Source(stored: "mail-link"))
            #expect(try await installation.engine.perform(verify, as: Sample.actor).receipt)
            #expect(try await !installation.engine.perform(verify, as: Sample.actor).receipt)
            try await installation.doSteps()
            #expect(try await installation.status(taken.request.id) == .completed)
        }
    }

    @Test(arguments: Backend.allCases)
    func theGuardRefusesFromTheBeginningOn(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            _ = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            let id = try await installation.requestErasure()
            for job in try await installation.claimSteps() { try await installation.finish(job) }
            #expect(try await installation.status(id) == .processing)
            #expect(try await installation.check(address, Sample.receipts).reason == .erased)
            let targets = try await installation.progress(id).targets
            #expect(targets.map(\.connector) == ["crm"])
            #expect(targets.map(\.state) == [.pending])
        }
    }

    /// GDPR 17(3)(e): a legal claim suspends it; afterwards it goes on by itself.
    @Test(arguments: Backend.allCases, [false, true])
    func aHoldStopsItUntilItIsLifted(_ backend: Backend, _ everything: Bool) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let extent: PlaceHold.Extent = everything ? .everything : .person(.contact(contact))
            let place = PlaceHold(extent, reason: "dispute 7")
            let hold = try await installation.engine.perform(place, as: Sample.actor).receipt
            let id = try await installation.requestErasure()
            try await installation.doSteps()
            #expect(try await installation.status(id) == .held)
            #expect(try await installation.progress(id).request.reason?.text == "legal-hold")
            installation.clock.advance(seconds: 3601)
            try await installation.doSteps()
            #expect(try await installation.status(id) == .held)
            #expect(try await installation.count(of: "request.held", about: id) == 1)
            _ = try await installation.engine.perform(LiftHold(hold), as: Sample.actor)
            installation.clock.advance(seconds: 3601)
            try await installation.doSteps()
            #expect(try await installation.status(id) == .completed)
        }
    }

    /// A hold that comes while other systems are being told keeps what is here.
    @Test(arguments: Backend.allCases)
    func aLateHoldKeepsWhatIsHere(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let id = try await installation.requestErasure()
            for job in try await installation.claimSteps() { try await installation.finish(job) }
            let place = PlaceHold(.person(.contact(contact)), reason: "dispute 8")
            let hold = try await installation.engine.perform(place, as: Sample.actor).receipt
            try await installation.doSteps()
            #expect(try await installation.status(id) == .processing)
            let isErased = try await installation.database.read { transaction in
                try transaction.isErased(contact)
            }
            #expect(!isErased)
            _ = try await installation.engine.perform(LiftHold(hold), as: Sample.actor)
            installation.clock.advance(seconds: 3601)
            try await installation.doSteps()
            #expect(try await installation.status(id) == .completed)
        }
    }

    private func hold(_ installation: Installation, _ contact: ContactID) async throws -> HoldID {
        let place = PlaceHold(.person(.contact(contact)), reason: "dispute 9")
        return try await installation.engine.perform(place, as: Sample.actor).receipt
    }

    private func alerts(_ installation: Installation) async throws -> [Alert.Kind] {
        let rules = AlertRules()
        let watched = try await installation.engine.ask(Watching(rules))
        // The log, which nobody writes here, is another matter.
        return rules.alerts(in: watched.situation).map(\.kind).filter { $0 != .logBehind }
    }

    /// GDPR 18(1): who has shown who they are is not written to while a hold or a worker is waited
    /// for, and no operator is told that a job waits which nobody may do.
    @Test(arguments: Backend.allCases)
    func nobodyIsMailedWhileItWaits(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            let hold = try await hold(installation, contact)
            let id = try await installation.requestErasure()
            // In the very transaction, before any worker has seen it.
            #expect(try await installation.check(address).reason == .restricted)
            #expect(try await installation.check(address, Sample.receipts).reason == .restricted)
            for _ in 1...5 {
                try await installation.doSteps()
                #expect(try await installation.status(id) == .held)
                #expect(try await installation.check(address).reason == .restricted)
                #expect(try await alerts(installation) == [])
                installation.clock.advance(seconds: 3601)
            }
            // Nobody works any more: an hour later that is told, as for any other job.
            #expect(try await alerts(installation) == [])
            installation.clock.advance(seconds: 3600)
            #expect(try await alerts(installation) == [.oldJob])
            _ = try await installation.engine.perform(LiftHold(hold), as: Sample.actor)
            try await installation.doSteps()
            #expect(try await installation.status(id) == .completed)
            #expect(try await installation.check(address).reason == .erased)
            // The tombstone has taken its place: their own act brings them back.
            installation.clock.advance(seconds: 1)
            try await installation.decide(address)
            #expect(try await installation.check(address).allowed)
        }
    }

    /// A hold that comes late makes no old job either.
    @Test(arguments: Backend.allCases)
    func aLateHoldIsNoOldJob(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            _ = try await installation.requestErasure()
            for job in try await installation.claimSteps() { try await installation.finish(job) }
            _ = try await hold(installation, contact)
            for _ in 1...3 {
                try await installation.doSteps()
                #expect(try await alerts(installation) == [])
                installation.clock.advance(seconds: 3601)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aRefusedRequestRestrictsNobody(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            _ = try await hold(installation, contact)
            let id = try await installation.requestErasure()
            try await installation.doSteps()
            let refuse = RefuseRequest(id, reason: Source(stored: "legal-claim"))
            _ = try await installation.engine.perform(refuse, as: Sample.actor)
            #expect(try await installation.check(address).allowed)
            _ = try await installation.sequence()
            #expect(try await Verifier(engine: installation.engine).run().findings == [])
        }
    }

    /// Two requests may restrict one person: each ends only what is its own.
    @Test(arguments: Backend.allCases, [false, true])
    func theOtherRequestGoesOnRestricting(
        _ backend: Backend,
        _ erasureFirst: Bool
    ) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            _ = try await hold(installation, contact)
            let erasure = try await installation.requestErasure()
            try await installation.doSteps()
            let command = ReceiveRequest(
                .restriction,
                of: .address(address),
                source: .form,
                verifiedBy: .mailLink
            )
            let restriction = try await installation.engine.perform(command, as: Sample.actor)
                .receipt.request.id
            let refuse = RefuseRequest(erasure, reason: Source(stored: "legal-claim"))
            let complete = CompleteRequest(restriction)
            func endErasure() async throws {
                _ = try await installation.engine.perform(refuse, as: Sample.actor)
            }
            func endRestriction() async throws {
                _ = try await installation.engine.perform(complete, as: Sample.actor)
            }
            try await erasureFirst ? endErasure() : endRestriction()
            #expect(try await installation.check(address).reason == .restricted)
            try await erasureFirst ? endRestriction() : endErasure()
            #expect(try await installation.check(address).allowed)
        }
    }
}
