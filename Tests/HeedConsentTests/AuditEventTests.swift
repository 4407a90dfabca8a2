// Under which name each event is logged, and what its line says of states and people.

import Testing

@testable import HeedConsent

@Suite("AuditEvent")
struct AuditEventTests {
    private func line(_ name: String) throws -> AuditEvent {
        try #require(try SampleEvent.all().first { $0.name == name }).line
    }

    /// The stages that `heed audit` looks for (`optout-events-logged`) among them, to the letter.
    @Test func kinds() throws {
        #expect(
            Set(try SampleEvent.all().map(\.event.kind)) == [
                "scope.added", "scope.described", "form.added", "policy.published",
                "contact.added", "consent.granted",
                "consent.denied", "consent.withdrawn", "optout.requested", "optout.enqueued",
                "optout.started", "optout.local-cascade-completed", "optout.esp-confirmed",
                "optout.esp-failed", "optout.esp-redriven",
                "optout.esp-cancelled", "optout.widened", "connector.changed",
                "connector.disabled", "connector.enabled", "connector.removed",
                "connector.reconciled", "optout.completed", "suppression.added",
                "suppression.lifted", "key.created", "key.revoked", "connector.added",
                "import.started", "import.finished", "events.recorded", "list.export-started",
                "list.exported", "import.undone",
                "import.consent-taken-back", "permission.rebuilt", "hold.placed", "hold.lifted",
                "retention.purged", "request.received", "request.verified", "erasure.enqueued",
                "erasure.esp-confirmed", "erasure.local-cascade-completed",
                "request.receipt-issued", "contact.exported", "contact.address-replaced",
                "restore.begun", "restore.finished",
                "vault.master-key-replaced", "evidence.export-started", "evidence.exported",
                "sends.checked", "sends.recorded",
            ]
        )
    }

    @Test(arguments: try SampleEvent.all())
    func carriesWhatItWasGiven(_ sample: SampleEvent) {
        let line = sample.line
        #expect(line.id == Fixture.event && line.at == Fixture.now)
        #expect(line.kind == sample.event.kind && line.actor == sample.actor)
        #expect(line.detailsHash == sample.detailsHash)
    }

    @Test(arguments: try SampleEvent.all())
    func holdsNothingPersonal(_ sample: SampleEvent) {
        let bytes = String(decoding: sample.line.canonical(), as: UTF8.self).lowercased()
        let printed = String(reflecting: sample.line).lowercased()
        for word in Secret.words {
            #expect(!bytes.contains(word) && !printed.contains(word), "\(word)")
        }
    }

    @Test(
        arguments: [
            ("consent granted", "none", "granted"), ("consent withdrawn", "granted", "withdrawn"),
            ("opt-out requested", nil, "pending"), ("opt-out started", "pending", "processing"),
            ("opt-out completed", "processing", "completed"), ("opt-out enqueued", nil, nil),
            ("target confirmed", "pending", "confirmed"), ("target failed", "pending", "pending"),
            ("target redriven", "pending", "pending"),
            ("confirmed target redriven", "confirmed", "pending"),
        ] as [(String, String?, String?)]
    )
    func states(_ name: String, _ from: String?, _ to: String?) throws {
        #expect(try line(name).from == from)
        #expect(try line(name).to == to)
    }

    @Test func aGivenUpTargetIsBuried() throws {
        var target = OptOutTarget(id: Fixture.target, optOut: Fixture.optOut, connector: "esp")
        (target.state, target.attempts) = (.buried, Job.attemptsMaximum)
        let line = Event.targetFailed(target, Fixture.optOut()).audited(
            id: Fixture.event,
            at: Fixture.now,
            by: .system("runner"),
            detailsHash: nil
        )
        #expect(line.to == "buried")
        #expect(line.facts == ["connector": "esp", "attempts": "12"])
    }

    @Test func namesTheBatchOfEveryImportedRecord() throws {
        #expect(try line("consent granted").facts["batch"] == Fixture.batch.text)
        #expect(try line("import started").subject == Fixture.batch.bytes)
    }

    @Test func everySampleFitsIntoALog() throws {
        for sample in try SampleEvent.all() {
            #expect(sample.line.canonical().count <= AuditEvent.canonicalBytesMaximum)
        }
    }
}
