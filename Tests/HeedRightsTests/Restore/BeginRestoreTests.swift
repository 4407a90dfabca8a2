// The mark on a database that was put back, and the name its log goes on under.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedLedger
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Mark of a return")
struct BeginRestoreTests {
    private func begin(
        _ here: Installation,
        origin: String? = nil,
        newestEpoch: Int64 = 0
    ) async throws -> Restore {
        let command = BeginRestore(
            origin: origin,
            fallback: "heed.example/log",
            newestEpoch: newestEpoch
        )
        return try await here.engine.perform(command, as: Sample.actor).receipt
    }

    private func finish(_ here: Installation) async throws {
        _ = try await here.engine.perform(FinishRestore(counts: ["optOuts": 2]), as: Sample.actor)
        try await here.settle()
    }

    /// The old name is never signed for again: not one checkpoint of its log is a fork.
    @Test(arguments: Backend.allCases)
    func theLogGoesOnUnderANewName(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await here.optOut(Sample.address(1))
            let size = try #require(try await here.sequence(origin: "shop.example/log"))
            let old = try await here.engine.ask(LogKey(origin: "x")).verifier
            let restore = try await begin(here)
            #expect(restore.number == 1)
            #expect(restore.sinceSize == Int64(size))
            #expect(restore.origin == "shop.example/log/restored-1")
            #expect(try await begin(here) == restore)
            try await finish(here)
            #expect(try await here.engine.ask(Restores()).first?.finishedAt != nil)
            let published = try #require(try await here.engine.ask(PublishedCheckpoint()))
            #expect(published.verifier == old.text)
            try await here.optOut(Sample.address(2))
            try await here.sequence(origin: "shop.example/log")
            let new = try await here.engine.ask(LogKey(origin: "x")).verifier
            #expect(new.name == "shop.example/log/restored-1")
            let head = try #require(try await here.engine.ask(PublishedCheckpoint()))
            #expect(head.verifier == new.text)
            let opened = try Checkpoint(opening: head.note, origin: new.name, log: new)
            #expect(opened.size > size)
            #expect(throws: LedgerError.self) {
                try Checkpoint(opening: head.note, origin: old.name, log: old)
            }
            // The same tree: what was proved before the backup goes on being provable.
            let report = try await Verifier(engine: here.engine).run()
            #expect(report.count == 0, "\(report.findings)")
            // And again.
            let second = try await begin(here, newestEpoch: 6)
            #expect(second.number == 7)
            #expect(second.origin == "shop.example/log/restored-7")
            try await finish(here)
            try await here.sequence()
            let third = try await Verifier(engine: here.engine).run()
            #expect(third.count == 0, "\(third.findings)")
        }
    }

    @Test(arguments: Backend.allCases)
    func aNameThatWasSignedUnderIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await here.sequence(origin: "shop.example/log")
            let wrong = ["shop.example/log", "heed.example/log", "", "two words"]
            for origin in wrong {
                let contents = try await Contents.of(here.database)
                let refusal = await #expect(throws: Refusal.self) {
                    _ = try await begin(here, origin: origin)
                }
                #expect(refusal?.field == "logOrigin")
                let after = try await Contents.of(here.database)
                #expect(after.changed(since: contents).isEmpty)
            }
            #expect(try await begin(here, origin: "shop.example/new").origin == "shop.example/new")
        }
    }

    /// The database itself lets nobody take the mark away twice, or back.
    @Test(arguments: Backend.allCases)
    func theMarkIsKeptByTheDatabase(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            _ = try await begin(here)
            for statement: SQL in [
                "DELETE FROM restores", "UPDATE restores SET origin = 'x'",
                "UPDATE restores SET since_size = 9",
            ] { await #expect(throws: StoreError.self) { try await here.sql(statement) } }
            try await finish(here)
            await #expect(throws: StoreError.self) {
                try await here.sql("UPDATE restores SET finished_at = NULL")
            }
        }
    }
}
