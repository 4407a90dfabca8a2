// The audit log's line about one event: who, what, when, from which state to which, without
// personal data.

/// One line of the audit log.
///
/// Nothing in it is personal data: people appear under random ids, and what was sealed under a
/// person's key appears as the hash of its sealed bytes, so erasing the key leaves the line true.
public struct AuditEvent: Hashable, Sendable {
    /// Its name.
    public let id: EventID
    /// When it was written.
    public let at: Timestamp
    /// What happened, as a dotted name.
    public let kind: String
    /// The person it is about.
    public var contact: ContactID?
    /// The scope it is about, or `global`.
    public var scope: String?
    /// The state before.
    public var from: String?
    /// The state after.
    public var to: String?
    /// Who asked for it.
    public let actor: Actor
    /// How it arrived.
    public var source: Source?
    /// The thing it is about, such as an opt-out; sixteen bytes.
    public var subject: [UInt8]?
    /// SHA-256 of the sealed details, when there are any.
    public var detailsHash: [UInt8]?
    /// Further facts, none of them personal.
    public var facts: [String: String] = [:]

    /// Starts a line.
    public init(id: EventID, at: Timestamp, kind: String, actor: Actor) {
        self.id = id
        self.at = at
        self.kind = kind
        self.actor = actor
    }
}

extension Event {
    /// The audit log's line about this event.
    ///
    /// `detailsHash` is the hash of whatever the write path sealed for it.
    public func audited(
        id: EventID,
        at now: Timestamp,
        by actor: Actor,
        detailsHash: [UInt8]?
    ) -> AuditEvent {
        var line = AuditEvent(id: id, at: now, kind: kind, actor: actor)
        line.detailsHash = detailsHash
        switch self {
        case .scopeAdded, .scopeDescribed, .policyPublished, .formAdded, .keyCreated, .keyRevoked,
            .importStarted, .importFinished, .importUndone, .listExported, .activitiesRecorded,
            .restoreBegun, .restoreFinished, .masterKeyReplaced, .lookupKeyAdded,
            .lookupHashesMoved:
            describeRegistry(&line)
        case .connectorAdded, .connectorChanged, .connectorDisabled, .connectorEnabled,
            .connectorRemoved, .connectorReconciled:
            describeConnector(&line)
        case .holdPlaced, .holdLifted, .rowsPurged: describeRetention(&line)
        case .contactAdded, .consentRecorded, .suppressionAdded, .suppressionLifted,
            .permissionRebuilt, .consentTakenBack:
            describePerson(&line)
        case .personExported(let export): export.describe(&line)
        case .evidenceExported(let export): export.describe(&line)
        case .sendsChecked(let call): call.describe(&line)
        case .sendsRecorded(let batch): batch.describe(&line)
        case .addressReplaced(let replacement):
            line.contact = replacement.contact
            line.subject = replacement.request.bytes
            line.facts["blocks"] = String(replacement.blocks)
        case .optOutRequested, .optOutEnqueued, .optOutStarted, .localCascadeCompleted,
            .optOutWidened, .optOutCompleted:
            describeOptOut(&line)
        case .targetConfirmed, .targetFailed, .targetRedriven, .targetCancelled:
            describeTarget(&line)
        case .requestReceived, .requestMoved, .erasureEnqueued, .erasureTargetMoved, .personErased,
            .receiptIssued:
            describeRequest(&line)
        }
        return line
    }

    /// The dotted name under which the log lists it.
    public var kind: String {
        switch self {
        case .scopeAdded: "scope.added"
        case .scopeDescribed: "scope.described"
        case .policyPublished: "policy.published"
        case .formAdded: "form.added"
        case .contactAdded: "contact.added"
        case .consentRecorded(let record, _, _, _): "consent.\(record.decision.rawValue)"
        case .optOutRequested: "optout.requested"
        case .optOutEnqueued: "optout.enqueued"
        case .optOutStarted: "optout.started"
        case .localCascadeCompleted: "optout.local-cascade-completed"
        case .targetConfirmed: "optout.esp-confirmed"
        case .targetFailed: "optout.esp-failed"
        case .targetRedriven: "optout.esp-redriven"
        case .targetCancelled: "optout.esp-cancelled"
        case .optOutWidened: "optout.widened"
        case .optOutCompleted: "optout.completed"
        case .suppressionAdded: "suppression.added"
        case .suppressionLifted: "suppression.lifted"
        case .keyCreated: "key.created"
        case .keyRevoked: "key.revoked"
        case .connectorAdded: "connector.added"
        case .connectorChanged: "connector.changed"
        case .connectorDisabled: "connector.disabled"
        case .connectorEnabled: "connector.enabled"
        case .connectorRemoved: "connector.removed"
        case .importStarted: "import.started"
        case .importFinished: "import.finished"
        case .importUndone: "import.undone"
        case .consentTakenBack: "import.consent-taken-back"
        case .permissionRebuilt: "permission.rebuilt"
        case .holdPlaced: "hold.placed"
        case .holdLifted: "hold.lifted"
        case .rowsPurged: "retention.purged"
        case .connectorReconciled: Reconciliation.eventKind
        case .requestReceived: "request.received"
        case .requestMoved(let request, let from):
            request.status == from ? "request.extended" : "request.\(request.status.rawValue)"
        case .erasureEnqueued: "erasure.enqueued"
        case .erasureTargetMoved(let target, _, _): target.eventKind
        case .personErased: "erasure.local-cascade-completed"
        case .receiptIssued: "request.receipt-issued"
        case .listExported(let export): export.eventKind
        case .activitiesRecorded: "events.recorded"
        case .restoreBegun: "restore.begun"
        case .restoreFinished: "restore.finished"
        case .personExported(let export): export.eventKind
        case .addressReplaced: "contact.address-replaced"
        case .masterKeyReplaced: "vault.master-key-replaced"
        case .lookupKeyAdded: LookupKeyChange.eventKind
        case .lookupHashesMoved(let move): move.eventKind
        case .evidenceExported(let export): export.eventKind
        case .sendsChecked: "sends.checked"
        case .sendsRecorded: "sends.recorded"
        }
    }

    private func describeRegistry(_ line: inout AuditEvent) {
        switch self {
        case .scopeAdded(let scope):
            line.scope = scope.name.text
            line.facts = ["channel": scope.channel.rawValue, "kind": scope.kind.rawValue]
        case .scopeDescribed(let scope, let text):
            line.scope = scope.text
            line.facts = ["title": text.title, "description": text.description]
            line.facts["language"] = text.language
        case .formAdded(let form): line.facts = form.facts
        case .policyPublished(let policy):
            line.facts = [
                "version": policy.version, "textSha256": hexadecimal(policy.textHash),
                "effectiveAt": policy.effectiveAt.text,
                "reconsent": policy.reconsent.map(\.text).joined(separator: ","),
            ]
        case .keyCreated(let key), .keyRevoked(let key):
            line.facts = ["key": key.id, "role": key.role.rawValue]
        case .importStarted(let id, let format, let scope, let policyVersion):
            line.scope = scope.text
            line.subject = id.bytes
            line.facts = ["format": format, "policyVersion": policyVersion]
        case .importFinished(let id, let counts), .importUndone(let id, let counts):
            line.subject = id.bytes
            line.facts = counts.mapValues(String.init)
        case .listExported(let export):
            line.scope = export.scope.text
            line.subject = export.id.bytes
            line.facts = export.facts
        case .activitiesRecorded(let activities): line.facts = activities.facts
        case .restoreBegun(let restore): line.facts = restore.facts
        case .restoreFinished(let restore, let counts):
            line.facts = counts.mapValues(String.init)
            line.facts["number"] = String(restore.number)
        case .masterKeyReplaced(let change): (line.from, line.to) = (change.from, change.to)
        case .lookupKeyAdded(let change): line.facts = ["key": String(change.generation)]
        case .lookupHashesMoved(let move):
            line.facts = ["key": String(move.generation), "hashes": String(move.hashes.count)]
        default: break
        }
    }

    private func describeConnector(_ line: inout AuditEvent) {
        switch self {
        case .connectorAdded(let settings), .connectorDisabled(let settings),
            .connectorEnabled(let settings), .connectorRemoved(let settings):
            line.facts = ["connector": settings.name, "type": settings.kind]
        case .connectorChanged(let settings, let options):
            // Names only: some of the values open doors.
            line.facts = [
                "connector": settings.name, "type": settings.kind,
                "options": options.sorted().joined(separator: ","),
            ]
        case .connectorReconciled(let reconciliation):
            line.subject = reconciliation.subject
            line.facts = reconciliation.facts
        default: break
        }
    }

    private func describeRetention(_ line: inout AuditEvent) {
        switch self {
        case .holdPlaced(let hold), .holdLifted(let hold):
            line.contact = hold.contact
            line.subject = hold.id.bytes
            line.facts = ["covers": hold.contact == nil ? "everything" : "contact"]
        case .rowsPurged(let purge):
            line.facts = [
                "table": purge.kind.rawValue, "rows": String(purge.count),
                "before": purge.before.text,
            ]
        default: break
        }
    }

    private func describePerson(_ line: inout AuditEvent) {
        switch self {
        case .contactAdded(let contact, let addresses):
            line.contact = contact.id
            line.facts = ["addresses": String(addresses.count)]
            line.facts["region"] = contact.region
        case .consentRecorded(let record, _, let from, let to):
            line.contact = record.contact
            line.scope = record.scope
            line.from = from.state.rawValue
            line.to = to.state.rawValue
            line.source = record.source
            line.subject = record.id.bytes
            line.facts = ["basis": record.basis.rawValue, "givenAt": record.givenAt.text]
            line.facts["policyVersion"] = record.policyVersion
            line.facts["policySha256"] = record.policyHash.map(hexadecimal)
            line.facts["locale"] = record.locale
            line.facts["batch"] = record.batch?.text
            line.facts["expiresAt"] = record.expiresAt?.text
            line.facts["optOut"] = record.optOut?.text
        case .consentTakenBack(let record, let from, let to):
            line.contact = record.contact
            line.scope = record.scope
            line.from = from.state.rawValue
            line.to = to.state.rawValue
            line.subject = record.id.bytes
            line.facts["batch"] = record.batch?.text
            line.facts["record"] = to.record?.text
        case .suppressionAdded(let suppression, let address):
            if case .contact(let contact) = address { line.contact = contact }
            describe(suppression, in: &line)
        case .suppressionLifted(let suppression, let contact):
            line.contact = contact
            describe(suppression, in: &line)
        case .permissionRebuilt(let contact, let scope, let from, let to):
            line.contact = contact
            line.scope = scope.text
            line.from = from.state.rawValue
            line.to = to.state.rawValue
            let columns = to.columns(differingFrom: from).joined(separator: ",")
            line.facts = ["columns": columns, "optOutStatus": to.optOutStatus.rawValue]
            line.facts["record"] = to.record?.text
            line.facts["optOut"] = to.optOut?.text
        default: break
        }
    }

    private func describe(_ suppression: Suppression, in line: inout AuditEvent) {
        line.scope = suppression.scope?.text
        line.source = suppression.source
        line.subject = suppression.optOut?.bytes
        line.facts = ["reason": suppression.reason.rawValue, "since": suppression.since.text]
    }

    private func describeOptOut(_ line: inout AuditEvent) {
        switch self {
        case .optOutRequested(let optOut, _):
            describe(optOut, in: &line)
            line.to = optOut.status.rawValue
            line.facts = [
                "requestedAt": optOut.requestedAt.text, "deadlineAt": optOut.deadlineAt.text,
                "regime": optOut.regime,
            ]
        case .optOutEnqueued(let optOut, let targets):
            describe(optOut, in: &line)
            line.facts = ["connectors": targets.map(\.connector).sorted().joined(separator: ",")]
        case .optOutStarted(let optOut):
            describe(optOut, in: &line)
            (line.from, line.to) = (OptOut.Status.pending.rawValue, optOut.status.rawValue)
        case .localCascadeCompleted(let optOut, let closed):
            describe(optOut, in: &line)
            line.facts = ["permissionsClosed": String(closed)]
        case .optOutWidened(let optOut, let connector, let place):
            describe(optOut, in: &line)
            line.facts = ["connector": connector, "unmappedPlace": place]
        case .optOutCompleted(let optOut):
            describe(optOut, in: &line)
            (line.from, line.to) = (OptOut.Status.processing.rawValue, optOut.status.rawValue)
            line.facts["processingMs"] = optOut.processingMilliseconds.map(String.init)
        default: break
        }
    }

    private func describeTarget(_ line: inout AuditEvent) {
        switch self {
        case .targetConfirmed(let target, let optOut, let latency):
            describe(optOut, in: &line)
            describe(target, in: &line)
            line.facts["latencyMs"] = String(latency)
        case .targetFailed(let target, let optOut):
            describe(optOut, in: &line)
            describe(target, in: &line)
            line.facts["nextAttemptAt"] = target.nextAttemptAt?.text
        case .targetRedriven(let target, let optOut, let from),
            .targetCancelled(let target, let optOut, let from):
            describe(optOut, in: &line)
            describe(target, in: &line)
            line.from = from.rawValue
        default: break
        }
    }

    private func describe(_ optOut: OptOut, in line: inout AuditEvent) {
        line.contact = optOut.contact
        line.scope = optOut.extent.name
        line.source = optOut.source
        line.subject = optOut.id.bytes
    }

    private func describe(_ target: OptOutTarget, in line: inout AuditEvent) {
        (line.from, line.to) = (OptOutTarget.State.pending.rawValue, target.state.rawValue)
        line.facts["connector"] = target.connector
        line.facts["attempts"] = String(target.attempts)
        line.facts["answer"] = target.answer
    }
}
