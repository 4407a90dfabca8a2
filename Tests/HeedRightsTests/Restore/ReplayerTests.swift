// After a backup was put back: what was stopped after it is stopped again, before anything is sent.

import Crypto
import Foundation
import HeedAudit
import HeedConsent
import HeedEngine
import HeedJournal
import HeedLedger
import HeedStore
import TestSupport
import Testing

@testable import HeedRights

@Suite("Return to a backup")
struct ReplayerTests {
    /// Puts a copy back beside the journal, and brings it up to it.
    private func putBack(
        _ original: Installation,
        in folder: URL,
        seed: UInt64 = 200,
        asOwner: Bool = false
    ) async throws -> (place: Journaled, counts: [String: Int]) {
        let copy = try original.moved(to: folder, seed: seed)
        let place = try copy.journaled(
            .restoring,
            journal: original.journalPath,
            seed: seed + 1,
            asOwner: asOwner
        )
        return (place, try await bringUp(place))
    }

    private func bringUp(_ place: Journaled) async throws -> [String: Int] {
        let replayer = Replayer(engine: place.engine, journal: place.journal, others: [])
        let plan = try await replayer.plan()
        #expect(plan.isComplete && plan.damagedLines == 0)
        let begin = BeginRestore(
            origin: nil,
            fallback: "heed.example/log",
            newestEpoch: plan.newestEpoch
        )
        let restore = try await place.engine.perform(begin, as: Sample.actor).receipt
        replayer.enter(restore)
        let counts = try await replayer.run(plan, as: Sample.actor)
        _ = try await place.engine.perform(FinishRestore(counts: counts), as: Sample.actor)
        try await place.journal.complete(from: place.installation.database)
        try await place.installation.settle()
        return counts
    }

    /// What happens to people after the backup.
    private func stopPeople(_ here: Installation) async throws -> RequestID {
        // One, two and three were known; four is somebody new, five an address of nobody.
        try await here.optOut(Sample.address(1), from: .global)
        try await here.optOut(Sample.address(2))
        try await here.decide(Sample.address(3), .withdrawn)
        try await here.decide(Sample.address(4))
        try await here.optOut(Sample.address(4), from: .global)
        let since = here.clock.now
        func block(_ reason: SuppressionReason) -> Suppression {
            Suppression(reason: reason, scope: nil, since: since, source: .provider, optOut: nil)
        }
        try await here.record([
            .suppressionAdded(block(.hardBounce), .address(try Sample.address(5)))
        ])
        let six = try #require(
            try await here.database.read { try $0.contactID(at: try Sample.address(6)) }
        )
        try await here.record([.suppressionAdded(block(.complaint), .contact(six))])
        let id = try await here.requestErasure()
        try await here.doSteps()
        return id
    }

    private func reasons(_ here: Installation) async throws -> [SendDecision.Reason] {
        var reasons: [SendDecision.Reason] = []
        for number in 1...7 { reasons.append(try await here.check(Sample.address(number)).reason) }
        let erin = try Address(email: Searchable.address)
        return reasons + [try await here.check(erin).reason]
    }

    private func addPeople(_ here: Installation) async throws -> ContactID {
        for number in [1, 2, 3, 6, 7] { try await here.decide(Sample.address(number)) }
        return try await here.addErin()
    }

    @Test(arguments: Backend.allCases)
    func whatWasStoppedIsStoppedAgain(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let before = try plain.journaled()
            let erin = try await addPeople(before.installation)
            try await before.installation.sequence()
            try await before.installation.withBackup { folder in
                let id = try await stopPeople(before.installation)
                let expected = try await reasons(before.installation)
                #expect(
                    expected == [
                        .globalOptOut, .optOut, .withdrawn, .globalOptOut, .hardBounce,
                        .complaint, .allowed, .erased,
                    ]
                )
                let receipt = try #require(try await before.installation.progress(id).receipts.last)
                let token = try await before.installation.progress(id).token
                let (place, counts) = try await putBack(before.installation, in: folder)
                let here = place.installation
                #expect(try await reasons(here) == expected)
                #expect(counts["optOuts"] == 2)
                #expect(counts["withdrawals"] == 1)
                #expect(counts["erasures"] == 1)
                try await expectErased(erin, id, in: here)
                // The person's link leads to a receipt that names the one they have.
                let found = try #require(try await here.engine.ask(FindReceipt(token: token)))
                let body = try ReceiptBody(reading: found.receipt.body)
                #expect(body.number == receipt.number + 1)
                #expect(body.repeats?.number == receipt.number)
                #expect(body.repeats?.sha256 == sha256(receipt.body))
                // A list that says yes revives nobody.
                let late = Terms(source: .batchImport)
                await #expect(throws: Refusal.self) {
                    try await here.decide(Sample.address(4), terms: late)
                }
                try await expectCleanLog(here)
            }
        }
    }

    /// A lookup key that was added after the backup is added again, with what it was put over.
    @Test(arguments: Backend.allCases)
    func whatWasStoppedUnderALaterLookupKeyIsStoppedAgain(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let before = try plain.journaled()
            _ = try await addPeople(before.installation)
            try await before.installation.withBackup { folder in
                // Keys are the owner's to add, here and in the copy.
                let owner = try before.installation.journaled(seed: 300, asOwner: true).engine
                for _ in 1...2 {
                    _ = try await owner.perform(AddLookupKey(), as: Sample.actor)
                    try await owner.moveLookupHashes(as: Sample.actor)
                }
                // The third is on its way when the disk is lost.
                _ = try await owner.perform(AddLookupKey(), as: Sample.actor)
                _ = try await owner.perform(MoveLookupHashes(limit: 3), as: Sample.actor)
                _ = try await stopPeople(before.installation)
                let expected = try await reasons(before.installation)
                let (place, _) = try await putBack(before.installation, in: folder, asOwner: true)
                #expect(try await reasons(place.installation) == expected)
                let state = try await place.engine.ask(LookupKeyState())
                #expect(state.generation == 3 && !state.isChanging)
                try await expectCleanLog(place.installation)
            }
        }
    }

    private func expectErased(
        _ contact: ContactID,
        _ id: RequestID,
        in here: Installation
    ) async throws {
        let rows = try await here.database.read { try $0.personalRows(of: contact) }
        #expect(rows["addresses"] == nil && rows["contact_keys"] == nil)
        #expect(rows["permissions"] == nil)
        #expect(try await here.status(id) == .completed)
        #expect(try await here.database.read { try $0.isErased(contact) })
    }

    private func expectCleanLog(_ here: Installation) async throws {
        try await here.sequence()
        let report = try await Verifier(engine: here.engine).run()
        #expect(report.count == 0, "\(report.findings)")
    }

    /// The opt-out that somebody was told the id of is there under that id, and is told everywhere.
    @Test(arguments: Backend.allCases)
    func anOptOutKeepsItsID(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            try await plain.addConnectors("crm")
            let before = try plain.journaled()
            _ = try await addPeople(before.installation)
            try await before.installation.withBackup { folder in
                let at = before.installation.clock.now
                let id = try await before.installation.optOut(Sample.address(1), from: .global)
                before.installation.clock.advance(seconds: 3600)
                let (place, _) = try await putBack(before.installation, in: folder)
                let stored = try await place.installation.database.read { try $0.optOut(id) }
                let optOut = try #require(stored)
                #expect(optOut.source == .restore)
                #expect(optOut.requestedAt == at)
                try await place.installation.drainQueue()
                let done = try await place.installation.database.read { try $0.optOut(id) }
                #expect(done?.status == .completed)
            }
        }
    }

    /// Doing it again changes nothing; a second return does it again.
    @Test(arguments: Backend.allCases)
    func twiceIsNoChange(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let before = try plain.journaled()
            _ = try await addPeople(before.installation)
            try await before.installation.sequence()
            try await before.installation.withBackup { folder in
                _ = try await stopPeople(before.installation)
                let expected = try await reasons(before.installation)
                let (place, _) = try await putBack(before.installation, in: folder)
                let replayer = Replayer(engine: place.engine, journal: place.journal, others: [])
                let contents = try await Contents.of(place.installation.database)
                let plan = try await replayer.plan()
                #expect(try await !replayer.hasWork(plan))
                let counts = try await replayer.run(plan, as: Sample.actor)
                #expect(Set(counts.keys).isSubset(of: ["known", "nobody"]), "\(counts)")
                let after = try await Contents.of(place.installation.database)
                #expect(after.changed(since: contents).isEmpty)
                // More stops, another backup from before them, and the same once more.
                try await place.installation.withBackup { second in
                    try await place.installation.optOut(Sample.address(7))
                    let copy = try place.installation.moved(to: second, seed: 300)
                    let again = try copy.journaled(
                        .restoring,
                        journal: before.installation.journalPath,
                        seed: 301
                    )
                    let counts = try await bringUp(again)
                    #expect(counts["optOuts"] == 1)
                    #expect(counts["erasures"] == nil)
                    var reasons = expected
                    reasons[6] = .optOut
                    #expect(try await self.reasons(again.installation) == reasons)
                    try await expectCleanLog(again.installation)
                    let numbers = try await again.engine.ask(Restores()).map(\.number)
                    #expect(numbers == [1, 2])
                }
            }
        }
    }

    /// While it is not finished nobody is served, and it goes on from wherever it stopped.
    @Test(arguments: Backend.allCases)
    func anInterruptedReturnServesNobody(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let before = try plain.journaled()
            _ = try await addPeople(before.installation)
            try await before.installation.withBackup { folder in
                _ = try await stopPeople(before.installation)
                let expected = try await reasons(before.installation)
                let path = before.installation.journalPath
                let copy = try before.installation.moved(to: folder)
                let place = try copy.journaled(.restoring, journal: path, seed: 201)
                let replayer = Replayer(engine: place.engine, journal: place.journal, others: [])
                let plan = try await replayer.plan()
                let begin = BeginRestore(origin: nil, fallback: "heed.example/log", newestEpoch: 0)
                let restore = try await place.engine.perform(begin, as: Sample.actor).receipt
                replayer.enter(restore)
                // Somewhere in the middle.
                _ = try await replayer.run(plan.first(3), as: Sample.actor)
                let error = #expect(throws: StoreError.self) {
                    _ = try copy.journaled(journal: path, seed: 202)
                }
                #expect(error?.code == .restoring)
                let again = try copy.journaled(.restoring, journal: path, seed: 203)
                _ = try await bringUp(again)
                #expect(try await reasons(again.installation) == expected)
                #expect(try await again.engine.ask(Restores()).count == 1)
                _ = try copy.journaled(journal: path, seed: 204)
            }
        }
    }

    /// What a hold kept is kept, although the hold itself was placed after the backup.
    @Test(arguments: Backend.allCases)
    func aHeldErasureStaysHeld(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let before = try plain.journaled()
            let erin = try await addPeople(before.installation)
            try await before.installation.withBackup { folder in
                let hold = PlaceHold(.person(.contact(erin)), reason: "court 12")
                _ = try await before.installation.engine.perform(hold, as: Sample.actor)
                let id = try await before.installation.requestErasure()
                try await before.installation.doSteps()
                let held = try await before.installation.progress(id).request.status
                #expect(held == .held)
                let (place, _) = try await putBack(before.installation, in: folder)
                let here = place.installation
                try await here.doSteps()
                #expect(try await here.progress(id).request.status == .held)
                #expect(try await !here.database.read { try $0.isErased(erin) })
            }
        }
    }

    /// A request for erasure that was acknowledged and not begun is open again.
    @Test(arguments: Backend.allCases)
    func anOpenRequestIsOpenAgain(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let before = try plain.journaled()
            let erin = try await addPeople(before.installation)
            try await before.installation.withBackup { folder in
                let id = try await before.installation.requestErasure(keepsBlock: false)
                let token = try await before.installation.progress(id).token
                let (place, counts) = try await putBack(before.installation, in: folder)
                #expect(counts["requests"] == 1)
                let here = place.installation
                let progress = try await here.progress(id)
                #expect(progress.request.status == .verified)
                #expect(progress.request.keepsBlock == false)
                #expect(progress.token == token)
                try await here.doSteps()
                #expect(try await here.database.read { try $0.isErased(erin) })
                let address = try Address(email: Searchable.address)
                #expect(try await here.check(address).reason == .unknownContact)
            }
        }
    }

    /// What was turned down after the backup is not carried out because of it.
    @Test(arguments: Backend.allCases)
    func aRefusedRequestIsNotBegun(_ backend: Backend) async throws {
        try await backend.withEngine { plain in
            let before = try plain.journaled()
            let erin = try await addPeople(before.installation)
            let address = try Address(email: Searchable.address)
            let command = ReceiveRequest(.erasure, of: .address(address), source: .form)
            let id = try await before.engine.perform(command, as: Sample.actor).receipt.request.id
            try await before.installation.withBackup { folder in
                let verify = VerifyRequest(id, by: .mailLink)
                _ = try await before.engine.perform(verify, as: Sample.actor)
                let refuse = RefuseRequest(id, reason: Source(stored: "legal-claim"))
                _ = try await before.engine.perform(refuse, as: Sample.actor)
                let (place, _) = try await putBack(before.installation, in: folder)
                try await place.installation.doSteps()
                #expect(try await place.installation.status(id) == .received)
                #expect(try await !place.installation.database.read { try $0.isErased(erin) })
                #expect(try await place.installation.check(address).allowed)
            }
        }
    }

    /// What restricted somebody until they were erased, or turned down, does not come back alone.
    @Test(arguments: Backend.allCases, [false, true])
    func noRestrictionOutlivesItsRequest(_ backend: Backend, _ isErased: Bool) async throws {
        try await backend.withEngine { plain in
            let before = try plain.journaled()
            _ = try await addPeople(before.installation)
            let address = try Address(email: Searchable.address)
            try await before.installation.withBackup { folder in
                let id = try await before.installation.requestErasure()
                if isErased {
                    try await before.installation.doSteps()
                } else {
                    let refuse = RefuseRequest(id, reason: Source(stored: "legal-claim"))
                    _ = try await before.engine.perform(refuse, as: Sample.actor)
                }
                let (place, _) = try await putBack(before.installation, in: folder)
                let here = place.installation
                #expect(try await here.check(address).reason == (isErased ? .erased : .allowed))
                here.clock.advance(seconds: 1)
                try await here.decide(address)
                #expect(try await here.check(address).allowed)
            }
        }
    }
}

private func sha256(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

extension Replayer.Plan {
    /// The first few entries alone.
    fileprivate func first(_ count: Int) -> Replayer.Plan {
        Replayer.Plan(
            entries: Array(entries.prefix(count)),
            damagedLines: damagedLines,
            newestEpoch: newestEpoch,
            isComplete: isComplete
        )
    }
}
