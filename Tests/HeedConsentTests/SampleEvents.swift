// One event of every kind, and what must never be seen of them.

import Testing

@testable import HeedConsent

/// An event with its actor and the hash of its sealed details.
struct SampleEvent: Sendable, CustomTestStringConvertible {
    let name: String
    let event: Event
    let actor: Actor
    var detailsHash: [UInt8]?

    var testDescription: String { name }

    /// The audit log's line about it.
    var line: AuditEvent {
        event.audited(id: Fixture.event, at: Fixture.now, by: actor, detailsHash: detailsHash)
    }

    init(_ name: String, by actor: Actor, _ event: Event, details: [UInt8]? = nil) {
        self.name = name
        self.event = event
        self.actor = actor
        detailsHash = details
    }

    private static let cli = Actor(.cli, id: "anna")
    private static let key = Actor(.apiKey, id: "k-1")
    private static let runner = Actor.system("runner")
    private static let sealed = [UInt8](repeating: 0xDD, count: 32)

    static func all() throws -> [SampleEvent] {
        try registry() + people() + optOuts() + retention() + requests()
            + evidence() + sends()
    }

    private static let reconciliation = Reconciliation(
        connector: "esp",
        subject: [UInt8](1...16),
        isFixing: true,
        outcome: .compared,
        counts: [.here: 3, .there: 4, .missingThere: 2, .told: 1, .unreadable: 0]
    )

    private static func registry() throws -> [SampleEvent] {
        let apiKey = Secret.apiKey
        let connector = try Secret.connector()
        let changed = Event.connectorChanged(connector, options: ["url", "scope.news", "secret"])
        let counts = ["rows": 12, "optedOut": 1, "contacts": 11]
        let started = Event.importStarted(
            Fixture.batch,
            format: "mailchimp",
            scope: Fixture.newsletter,
            policyVersion: "2026-01"
        )
        return [
            SampleEvent("scope added", by: cli, .scopeAdded(Fixture.campaign)),
            SampleEvent(
                "scope described",
                by: cli,
                .scopeDescribed(
                    Fixture.newsletter,
                    try ScopeText(language: "de", title: "Rundbrief", description: "Neues")
                )
            ),
            SampleEvent(
                "form added",
                by: cli,
                .formAdded(
                    try SignUpForm(
                        name: "footer",
                        boxes: [.init(scope: Fixture.newsletter, wording: "Yes, please.")],
                        policyVersion: "2026-01",
                        redirects: ["https://shop.example/thanks"],
                        circumstances: .client
                    )
                )
            ),
            SampleEvent("policy published", by: cli, .policyPublished(try Fixture.policy())),
            SampleEvent("key created", by: cli, .keyCreated(apiKey)),
            SampleEvent("key revoked", by: cli, .keyRevoked(apiKey)),
            SampleEvent("connector added", by: cli, .connectorAdded(try Secret.connector())),
            SampleEvent("connector changed", by: cli, changed),
            SampleEvent("connector disabled", by: cli, .connectorDisabled(connector)),
            SampleEvent("connector enabled", by: cli, .connectorEnabled(connector)),
            SampleEvent("connector removed", by: cli, .connectorRemoved(connector)),
            SampleEvent("connector reconciled", by: cli, .connectorReconciled(reconciliation)),
            SampleEvent("import started", by: cli, started),
            SampleEvent("import finished", by: cli, .importFinished(Fixture.batch, counts: counts)),
            SampleEvent(
                "import undone",
                by: cli,
                .importUndone(Fixture.batch, counts: ["takenBack": 3])
            ),
            SampleEvent("list export started", by: cli, export(.started)),
            SampleEvent("list exported", by: cli, export(.finished, counts: ["subscribed": 3])),
        ]
    }

    private static func export(
        _ stage: ListExport.Stage,
        counts: [String: Int] = [:]
    ) -> Event {
        .listExported(
            ListExport(
                id: ExportID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0009),
                scope: Fixture.newsletter,
                format: "mailchimp",
                stage: stage,
                counts: counts
            )
        )
    }

    private static func takenBack() throws -> Event {
        let record = ConsentRecord(
            id: Fixture.consent,
            contact: Fixture.contact,
            scope: "newsletter",
            decision: .granted,
            basis: .consent,
            source: .batchImport,
            policy: try Fixture.policy(),
            locale: nil,
            givenAt: Fixture.now,
            recordedAt: Fixture.now,
            batch: Fixture.batch
        )
        return .consentTakenBack(record, from: permission(.granted), to: Permission())
    }

    private static func people() throws -> [SampleEvent] {
        let evidence = Secret.evidence()
        let granted = permission(.granted)
        func record(_ decision: ConsentRecord.Decision) throws -> ConsentRecord {
            ConsentRecord(
                id: Fixture.consent,
                contact: Fixture.contact,
                scope: decision == .withdrawn ? "global" : "newsletter",
                decision: decision,
                basis: .consent,
                source: decision == .withdrawn ? .oneClick : .form,
                policy: decision == .withdrawn ? nil : try Fixture.policy(),
                locale: decision == .withdrawn ? nil : "de",
                givenAt: decision == .withdrawn ? Fixture.now : Fixture.now.adding(days: -1),
                recordedAt: Fixture.now,
                batch: decision == .withdrawn ? nil : Fixture.batch
            )
        }
        func consent(
            _ decision: ConsentRecord.Decision,
            from: Permission,
            to: Permission
        ) throws -> Event {
            .consentRecorded(try record(decision), evidence, from: from, to: to)
        }
        let yes = try consent(.granted, from: Permission(), to: granted)
        let no = try consent(.denied, from: granted, to: permission(.denied))
        let stop = try consent(.withdrawn, from: granted, to: permission(.withdrawn))
        let address = try Secret.address()
        let bounce = block(.hardBounce, scope: nil, source: .batchImport, optOut: nil)
        let optOut = block(
            .optOut,
            scope: Fixture.newsletter,
            source: .oneClick,
            optOut: Fixture.optOut
        )
        let added = Event.contactAdded(try Secret.contact(), [address])
        let toPerson = Event.suppressionAdded(optOut, .contact(Fixture.contact))
        return [
            SampleEvent("contact added", by: key, added, details: sealed),
            SampleEvent("consent granted", by: key, yes, details: sealed),
            SampleEvent("consent denied", by: key, no),
            SampleEvent("consent withdrawn", by: .person, stop),
            SampleEvent(
                "suppression added",
                by: runner,
                .suppressionAdded(bounce, .address(address)),
                details: sealed
            ),
            SampleEvent("suppression added to a person", by: .person, toPerson),
            SampleEvent(
                "suppression lifted",
                by: .person,
                .suppressionLifted(optOut, Fixture.contact)
            ),
            SampleEvent("permission rebuilt", by: cli, rebuilt()),
            SampleEvent("consent taken back", by: cli, try takenBack()),
        ]
    }

    private static func retention() throws -> [SampleEvent] {
        let onPerson = try LegalHold(
            id: Fixture.hold,
            contact: Fixture.contact,
            reason: "Magrathea versus Beeblebrox",
            placedAt: Fixture.now
        )
        let onAll = try LegalHold(
            id: Fixture.hold,
            contact: nil,
            reason: "doorway",
            placedAt: Fixture.now
        )
        let horizon = Fixture.now.adding(days: -1825)
        let records = Purge(.consentRecords([Fixture.consent]), before: horizon)
        let events = Purge(.auditEvents([1, 2, 4]), before: horizon)
        let activities = Purge(.activities([[1], [2]]), before: horizon)
        return [
            SampleEvent("hold placed", by: cli, .holdPlaced(onPerson), details: sealed),
            SampleEvent("hold on everything lifted", by: cli, .holdLifted(onAll)),
            SampleEvent("records purged", by: runner, .rowsPurged(records)),
            SampleEvent("activities purged", by: runner, .rowsPurged(activities)),
            SampleEvent("activities recorded", by: key, try recorded()),
            SampleEvent("events purged", by: runner, .rowsPurged(events)),
        ]
    }

    /// One about somebody and one about nobody.
    private static func recorded() throws -> Event {
        let details = try ActivityDetails(
            message: "beeblebrox-1",
            ip: "198.51.100.7",
            userAgent: "Netscape/4.0"
        )
        let opened = try Activity(
            .opened,
            at: Fixture.now,
            campaign: "spring",
            scope: Fixture.newsletter,
            details: details
        )
        let contact = Fixture.contact
        let one = RecordedActivity(id: [1], activity: opened, contact: contact, firstKey: [2])
        let other = RecordedActivity(id: [3], activity: opened, contact: nil, firstKey: nil)
        return .activitiesRecorded([one, other])
    }

    private static func optOuts() throws -> [SampleEvent] {
        let evidence = Secret.evidence()
        let pending = Fixture.optOut()
        var completed = Fixture.optOut(status: .completed)
        completed.processedAt = Timestamp(microseconds: Fixture.now.microseconds + 1_500_000)
        var confirmed = target("esp")
        (confirmed.state, confirmed.attempts, confirmed.answer) = (.confirmed, 1, "200 \"ok\"")
        var failed = target("esp")
        (failed.attempts, failed.answer) = (2, "timeout")
        failed.nextAttemptAt = Fixture.now.adding(seconds: 7)
        let requested = Event.optOutRequested(pending, evidence)
        let everywhere = Event.optOutRequested(Fixture.optOut(.global), Evidence())
        let enqueued = Event.optOutEnqueued(pending, [target("shop"), target("esp")])
        let started = Event.optOutStarted(Fixture.optOut(status: .processing))
        let closed = Event.localCascadeCompleted(pending, permissionsClosed: 3)
        let told = Event.targetConfirmed(confirmed, pending, latencyMilliseconds: 42)
        let anew = Event.targetRedriven(target("esp"), completed, from: .confirmed)
        let again = Event.targetRedriven(target("esp"), pending, from: .pending)
        var gone = target("esp")
        (gone.state, gone.answer) = (.cancelled, OptOutTarget.removed)
        let ended = Event.targetCancelled(gone, pending, from: .buried)
        let widened = Event.optOutWidened(Fixture.optOut(.global), connector: "esp", place: "12345")
        return [
            SampleEvent("confirmed target redriven", by: cli, anew),
            SampleEvent("target cancelled", by: cli, ended),
            SampleEvent("opt-out widened", by: runner, widened),
            SampleEvent("opt-out requested", by: .person, requested, details: sealed),
            SampleEvent("global opt-out requested", by: .person, everywhere),
            SampleEvent("opt-out enqueued", by: .person, enqueued),
            SampleEvent("opt-out started", by: runner, started),
            SampleEvent("local cascade completed", by: runner, closed),
            SampleEvent("target confirmed", by: runner, told),
            SampleEvent("target failed", by: runner, .targetFailed(failed, pending)),
            SampleEvent("target redriven", by: cli, again),
            SampleEvent("opt-out completed", by: runner, .optOutCompleted(completed)),
        ]
    }

    private static func rebuilt() -> Event {
        var right = permission(.withdrawn)
        (right.optOutStatus, right.optOut) = (.completed, Fixture.optOut)
        right.record = Fixture.consent
        let wrong = permission(.granted)
        return .permissionRebuilt(Fixture.contact, Fixture.newsletter, from: wrong, to: right)
    }

    private static func permission(_ state: Permission.State) -> Permission {
        var permission = Permission()
        permission.state = state
        return permission
    }

    private static func target(_ connector: String) -> OptOutTarget {
        OptOutTarget(id: Fixture.target, optOut: Fixture.optOut, connector: connector)
    }

    private static func block(
        _ reason: SuppressionReason,
        scope: ScopeName?,
        source: Source,
        optOut: OptOutID?
    ) -> Suppression {
        Suppression(
            reason: reason,
            scope: scope,
            since: Fixture.now,
            source: source,
            optOut: optOut
        )
    }
}

/// Values that must not be seen in a log, each with a word to look for.
enum Secret {
    /// Every word that a value below holds.
    static let words = [
        "zaphod", "beeblebrox", "magrathea", "198.51.100.7", "203.0.113.9", "192.0.2.55",
        "netscape", "landing", "cafebabe", "1999-09", "too many", "ext-4711", "tricia", "whsec",
        "hunter2", "doorway",
    ]

    static func address() throws -> Address {
        try Address(email: "Zaphod.Beeblebrox+news@magrathea.example")
    }

    static func contact() throws -> Contact {
        try Contact(id: Fixture.contact, externalID: "ext-4711", locale: "de", region: "DE")
    }

    static func evidence() -> Evidence {
        var evidence = Evidence()
        evidence.ip = "198.51.100.7"
        evidence.userAgent = "Netscape/4.0"
        evidence.formURL = "https://shop.example/landing"
        evidence.wordingSHA256 = String(repeating: "cafebabe", count: 8)
        evidence.requestedAt = "1999-09-09T09:09:09Z"
        evidence.requestedIP = "203.0.113.9"
        evidence.confirmedAt = "1999-09-10T09:09:09Z"
        evidence.confirmedIP = "192.0.2.55"
        evidence.statement = "Too many mails, says Tricia"
        return evidence
    }

    static func connector() throws -> ConnectorSettings {
        try ConnectorSettings(
            name: "esp",
            kind: "webhook",
            url: "https://user:hunter2@esp.example/doorway",
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        )
    }

    static let apiKey = APIKey(
        id: "k-1",
        role: .sender,
        label: "shop",
        secretHash: Array(repeating: 0x5E, count: 32)
    )
}
