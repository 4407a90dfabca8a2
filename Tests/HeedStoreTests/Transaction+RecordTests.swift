// The write path: one audit line per event, the change it stands for, and nothing by halves.

import Crypto
import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Record")
struct TransactionRecordTests {
    private struct Case {
        let event: Event
        let kind: String
        let tables: [String]
    }

    private let contact = Sample.contact()
    private let time = Timestamp(seconds: 1_769_851_000)

    /// Every event there is, in an order in which each can happen.
    private func people() throws -> [Case] {
        let record = ConsentRecord(
            id: ConsentID(high: 1, low: 1),
            contact: contact.id,
            scope: Sample.newsletter.text,
            decision: .granted,
            basis: .consent,
            source: .form,
            policy: try Sample.policy(),
            locale: nil,
            givenAt: time,
            recordedAt: time,
            batch: nil
        )
        let block = Suppression(
            reason: .manual,
            scope: nil,
            since: time,
            source: .commandLine,
            optOut: nil
        )
        let granted = Event.consentRecorded(
            record,
            Sample.evidence(),
            from: Permission(),
            to: try Permission().applying(.grant(.form, at: time, complaint: false))
        )
        return [
            Case(
                event: .contactAdded(contact, [try Sample.address()]),
                kind: "contact.added",
                tables: ["addresses", "contact_keys", "contacts"]
            ),
            Case(
                event: granted,
                kind: "consent.granted",
                tables: ["consent_records", "permissions"]
            ),
            Case(
                event: .suppressionAdded(block, .contact(contact.id)),
                kind: "suppression.added",
                tables: ["suppressions"]
            ),
            Case(
                event: .suppressionLifted(block, contact.id),
                kind: "suppression.lifted",
                tables: ["suppressions"]
            ),
            Case(
                event: .permissionRebuilt(
                    contact.id,
                    Sample.newsletter,
                    from: Permission(),
                    to: try Permission().applying(.deny(at: time))
                ),
                kind: "permission.rebuilt",
                tables: ["permissions"]
            ),
        ]
    }

    private func optOuts() -> [Case] {
        var optOut = OptOut(
            id: OptOutID(high: 2, low: 2),
            contact: contact.id,
            extent: .scope(Sample.newsletter),
            source: .oneClick,
            requestedAt: time,
            regime: .gdpr
        )
        let target = OptOutTarget(
            id: TargetID(high: 3, low: 3),
            optOut: optOut.id,
            connector: "alpha"
        )
        var cases = [
            Case(
                event: .optOutRequested(optOut, Sample.evidence()),
                kind: "optout.requested",
                tables: ["opt_outs"]
            ),
            Case(
                event: .optOutEnqueued(optOut, [target]),
                kind: "optout.enqueued",
                tables: ["opt_out_targets"]
            ),
        ]
        optOut.status = .processing
        cases.append(
            Case(event: .optOutStarted(optOut), kind: "optout.started", tables: ["opt_outs"])
        )
        cases.append(
            Case(
                event: .localCascadeCompleted(optOut, permissionsClosed: 1),
                kind: "optout.local-cascade-completed",
                tables: []
            )
        )
        cases += targets(target, optOut)
        optOut.status = .completed
        optOut.processedAt = time
        cases.append(
            Case(event: .optOutCompleted(optOut), kind: "optout.completed", tables: ["opt_outs"])
        )
        return cases
    }

    private func targets(_ target: OptOutTarget, _ optOut: OptOut) -> [Case] {
        var (failed, confirmed) = (target, target)
        failed.attempts = 1
        confirmed.attempts = 1
        confirmed.state = .confirmed
        var cancelled = target
        cancelled.state = .cancelled
        let told = Event.targetConfirmed(confirmed, optOut, latencyMilliseconds: 5)
        return [
            (Event.targetFailed(failed, optOut), "optout.esp-failed"),
            (.targetRedriven(target, optOut, from: .buried), "optout.esp-redriven"),
            (told, "optout.esp-confirmed"),
            (.targetCancelled(cancelled, optOut, from: .pending), "optout.esp-cancelled"),
        ].map { Case(event: $0, kind: $1, tables: ["opt_out_targets"]) }
    }

    private func connectors() throws -> [Case] {
        let settings = try Sample.connector("alpha")
        return [
            (Event.connectorAdded(settings), "connector.added"),
            (.connectorChanged(settings, options: ["url"]), "connector.changed"),
            (.connectorDisabled(settings), "connector.disabled"),
            (.connectorEnabled(settings), "connector.enabled"),
            (.connectorRemoved(settings), "connector.removed"),
        ].map { Case(event: $0, kind: $1, tables: ["connectors"]) }
    }

    private func registry() throws -> [Case] {
        let key = APIKey(id: "k", role: .sender, label: "", secretHash: Array(0..<32))
        let batch = ImportID(high: 4, low: 4)
        let scope = Scope(name: ScopeName(stored: "extra"), channel: .email, kind: .campaign)
        let policy = try Sample.policy("2026-09", reconsent: [Sample.newsletter])
        let started = Event.importStarted(
            batch,
            format: "csv",
            scope: scope.name,
            policyVersion: policy.version
        )
        return [
            Case(event: .scopeAdded(scope), kind: "scope.added", tables: ["scopes"]),
            Case(
                event: .policyPublished(policy),
                kind: "policy.published",
                tables: ["policies", "policy_reconsents"]
            ),
            Case(
                event: .scopeDescribed(
                    scope.name,
                    try ScopeText(language: nil, title: "Extra", description: "")
                ),
                kind: "scope.described",
                tables: ["scope_texts"]
            ),
            Case(
                event: .formAdded(
                    try SignUpForm(
                        name: "footer",
                        boxes: [.init(scope: scope.name, wording: "Yes")],
                        policyVersion: policy.version,
                        redirects: [],
                        circumstances: .none
                    )
                ),
                kind: "form.added",
                tables: ["form_boxes", "forms"]
            ),
            Case(event: .keyCreated(key), kind: "key.created", tables: ["api_keys"]),
            Case(event: .keyRevoked(key), kind: "key.revoked", tables: ["api_keys"]),
            Case(event: started, kind: "import.started", tables: ["imports"]),
            Case(
                event: .importFinished(batch, counts: ["rows": 1]),
                kind: "import.finished",
                tables: ["imports"]
            ),
            Case(
                event: .importUndone(batch, counts: ["takenBack": 1]),
                kind: "import.undone",
                tables: ["imports"]
            ),
        ]
    }

    private func exports() -> [Case] {
        [
            Case(
                event: .listExported(
                    ListExport(
                        id: ExportID(high: 5, low: 5),
                        scope: Sample.newsletter,
                        format: "csv",
                        stage: .finished,
                        counts: ["subscribed": 1]
                    )
                ),
                kind: "list.exported",
                tables: []
            ),
            Case(
                event: .evidenceExported(
                    EvidenceExport(
                        id: ExportID(high: 5, low: 6),
                        matter: .person(nil),
                        reason: "case 17",
                        source: .commandLine,
                        stage: .started
                    )
                ),
                kind: "evidence.export-started",
                tables: []
            ),
            Case(
                event: .sendsChecked(
                    SendCall(
                        id: SendCallID(high: 5, low: 7),
                        scope: Sample.newsletter,
                        campaign: nil,
                        source: .api,
                        counts: [.unknownContact: 1],
                        positions: 1...1,
                        list: [UInt8](repeating: 1, count: 32)
                    )
                ),
                kind: "sends.checked",
                tables: []
            ),
        ]
    }

    @Test(arguments: Backend.allCases)
    func eachEventIsOneLineAndItsChange(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let cases = try people() + optOuts() + registry() + connectors() + exports()
            var end = try await installation.record([])
            for row in cases {
                let before = try await installation.contents()
                let position = try await installation.record([row.event])
                #expect(backend == .sqlite ? position == end + 1 : position > end)
                let changed = try await installation.contents().changed(since: before)
                #expect(changed == (row.tables + ["audit_events"]).sorted(), "\(row.kind)")
                let start = end
                let line = try await installation.database.read {
                    try $0.events(after: start, limit: 9)
                }
                end = position
                #expect(line.map(\.kind) == [row.kind])
                #expect(row.event.kind == row.kind)
            }
        }
    }

    /// However they travel: one by one, as arrays, or by COPY.
    @Test(arguments: Backend.allCases, [1, 2, 19, 500])
    func theLinesOfADecisionKeepItsOrder(_ backend: Backend, _ count: Int) async throws {
        try await backend.withEngine { installation in
            let end = try await installation.record([])
            let scopes = (0..<count).map { number in
                let name = ScopeName(stored: "extra-\(number)")
                return Scope(name: name, channel: .email, kind: .campaign)
            }
            try await installation.record(scopes.map { .scopeAdded($0) })
            let log = try await installation.database.read {
                try $0.events(after: end, limit: 999)
            }
            #expect(log.count == count)
            for (line, scope) in zip(log, scopes) {
                let body = String(decoding: line.body, as: UTF8.self)
                #expect(body.contains("\"\(scope.name.text)\""))
            }
        }
    }

    /// Who did it and the hash of what was sealed stand in the line; the sealed bytes do not.
    @Test(arguments: Backend.allCases)
    func theLineHoldsTheHashOfTheSealedDetails(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record(try people().map(\.event), by: Actor(.cli, id: "ann"))
            let sealed = try await installation.sql("SELECT evidence FROM consent_records").first
            let hash = SHA256.hash(data: try #require(sealed).blob(0))
            let log = try await installation.database.read { try $0.events(after: 0, limit: 9) }
            let body = String(decoding: log[5].body, as: UTF8.self)
            #expect(body.contains(#""details":"\#(hexadecimal(hash))""#))
            #expect(body.contains(#""actor":"ann","actorType":"operator""#))
        }
    }

    @Test(arguments: Backend.allCases)
    func aDecisionWithoutEventsAnswersTheEnd(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let before = try await installation.contents()
            let position = try await installation.record([])
            let log = try await installation.database.read { try $0.events(after: 0, limit: 9) }
            #expect(log.count == 4)
            #expect(backend == .sqlite ? position == 4 : position > log[3].position)
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    /// Events, state and jobs of one decision are one commit: the last one's failure undoes all.
    @Test(arguments: Backend.allCases)
    func aDecisionIsRecordedWholeOrNotAtAll(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let job = Job(
                id: JobID(high: 1, low: 1),
                kind: .startOptOut(OptOutID(high: 1, low: 1)),
                lane: .optOut,
                priority: 0,
                runAt: time
            )
            let effect = try await installation.effect {
                try await installation.record(
                    try (people() + optOuts()).map(\.event),
                    jobs: [.add(job), .add(job)]
                )
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }
}
