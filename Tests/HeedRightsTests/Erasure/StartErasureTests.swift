// An erasure begins once it is verified and nothing forbids it, and blocks the person from then on.

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
}
