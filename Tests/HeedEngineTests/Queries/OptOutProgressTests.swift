// The timeline of an opt-out has every stage in order, and a worker gets what it needs to tell.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("OptOutProgress")
struct OptOutProgressTests {
    /// The stages of an opt-out, each with its time.
    @Test(arguments: Backend.allCases)
    func theTimelineHasEveryStage(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for name in ["alpha", "beta"] {
                try await installation.record([.connectorAdded(Sample.connector(name))])
            }
            let start = installation.clock.now
            let id = try await installation.optOut(Sample.address(), from: .global)
            installation.clock.advance(seconds: 1)
            try await installation.drainQueue()
            let answer = try await installation.engine.ask(OptOutProgress(id))
            let kinds = answer.timeline.map(\.kind)
            #expect(
                kinds == [
                    "optout.requested", "suppression.added", "optout.enqueued", "optout.started",
                    "optout.local-cascade-completed", "optout.esp-confirmed",
                    "optout.esp-confirmed", "optout.completed",
                ]
            )
            #expect(answer.timeline.prefix(3).allSatisfy { $0.at == start })
            #expect(answer.timeline.dropFirst(3).allSatisfy { $0.at == start.adding(seconds: 1) })
            #expect(answer.timeline.map(\.position) == answer.timeline.map(\.position).sorted())
            let confirmations = answer.timeline.filter { $0.kind == "optout.esp-confirmed" }
            for (entry, name) in zip(confirmations, ["alpha", "beta"]) {
                #expect(entry.body.contains(#""answer":"200 OK""#))
                #expect(confirmations.contains { $0.body.contains(#""connector":"\#(name)""#) })
            }
            #expect(answer.timeline[4].body.contains(#""permissionsClosed":"2""#))
            #expect(answer.timeline[7].body.contains(#""processingMs":"1000""#))
            let position = try await installation.engine.ask(LogPosition())
            #expect(backend == .sqlite ? position == answer.position : position >= answer.position)
        }
    }

    @Test(arguments: Backend.allCases)
    func anUnknownIDIsNotFound(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let effect = try await installation.effect {
                try await installation.engine.ask(OptOutProgress(OptOutID(high: 1, low: 1)))
            }
            #expect(effect == .refused("not-found id"))
        }
    }

    @Test(arguments: Backend.allCases)
    func aWorkerGetsTheAddressesAsGiven(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("alpha"))])
            let address = try Address(email: "Ann.Other@Mail.Example")
            let id = try await installation.optOut(address)
            let target = try #require(
                try await installation.engine.ask(OptOutProgress(id)).targets.first
            )
            let details = try await installation.engine.ask(TargetDetails(target.id))
            #expect(details?.target == target)
            #expect(details?.optOut.id == id)
            #expect(details?.addresses.map(\.delivery) == ["Ann.Other@Mail.Example"])
            let gone = try await installation.engine.ask(TargetDetails(TargetID(high: 1, low: 1)))
            #expect(gone == nil)
        }
    }

    /// Erased meanwhile: there is nobody left to name, and that is no error.
    @Test(arguments: Backend.allCases)
    func anErasedPersonHasNoAddress(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("alpha"))])
            let id = try await installation.optOut(Sample.address())
            try await installation.sql("DELETE FROM contact_keys")
            let target = try #require(
                try await installation.engine.ask(OptOutProgress(id)).targets.first
            )
            let details = try await installation.engine.ask(TargetDetails(target.id))
            #expect(details?.addresses == [])
        }
    }
}
