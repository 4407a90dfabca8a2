// The write path: the one function that changes state, one audit line and one change per event.

import Crypto
package import HeedConsent

extension Transaction {
    /// Records what a rule decided: each event in the audit log together with the change it stands
    /// for, then what the decision does to the queue.
    ///
    /// Nothing else in Heed changes state, so nothing can change it without an audit event.
    ///
    /// - Returns: the position of the last event in the audit log, or of the log's end if there was
    ///   none.
    package func record<Receipt>(
        _ decision: Decision<Receipt>,
        by actor: Actor
    ) throws(StoreError) -> Int64 {
        var lines: [AuditEvent] = []
        lines.reserveCapacity(decision.events.count)
        for event in decision.events { lines.append(try apply(event, by: actor)) }
        for line in lines { try append(line) }
        for change in decision.jobs { try apply(change) }
        return try position()
    }

    /// Makes an event's change, and answers with the line that has to stand in the audit log.
    private func apply(_ event: Event, by actor: Actor) throws(StoreError) -> AuditEvent {
        let sealed = try sealDetails(of: event)
        let hash = sealed.isEmpty ? nil : Array(SHA256.hash(data: sealed.flatMap(\.self)))
        let line = event.audited(id: newID(), at: now, by: actor, detailsHash: hash)
        try apply(event, sealed: sealed, by: actor)
        if case .requestReceived = event { journal?.keep(token: sealed[0]) }
        journal?.note(line)
        return line
    }

    /// What of an event is personal data, sealed under the person's key.
    ///
    /// A new person's key is made here.
    private func sealDetails(of event: Event) throws(StoreError) -> [[UInt8]] {
        switch event {
        case .contactAdded(let contact, let addresses):
            let key = try makeContactKey()
            foresight.keep(key, of: contact.id)
            var sealed = [try wrap(key, for: contact.id)]
            for address in addresses {
                sealed.append(try seal(address, for: contact.id, with: key))
            }
            return sealed
        case .consentRecorded(let record, let evidence, _, _):
            return try seal(evidence, for: record.contact, as: .consent(record.id)).map { [$0] }
                ?? []
        case .optOutRequested(let optOut, let evidence):
            return try seal(evidence, for: optOut.contact, as: .optOut(optOut.id)).map { [$0] }
                ?? []
        case .holdPlaced(let hold): return [try sealReason(of: hold)]
        case .requestReceived(let request, let token):
            return [try sealToken(of: request, token)]
        case .addressReplaced(let replacement): return [try sealAddress(of: replacement)]
        // Not sealed, as nothing in it is personal: the log has its hash.
        case .receiptIssued(let receipt, _): return [receipt.body]
        case .sendsRecorded(let batch): return [Transaction.document(of: batch.records)]
        default: return []
        }
    }

    private func apply(
        _ event: Event,
        sealed: [[UInt8]],
        by actor: Actor
    ) throws(StoreError) {
        switch event {
        case .scopeAdded(let scope): try insert(scope)
        case .scopeDescribed(let scope, let text): try put(text, of: scope)
        case .policyPublished(let policy): try insert(policy)
        case .formAdded(let form): try insert(form)
        case .contactAdded(let contact, let addresses):
            try insert(contact, wrappedKey: sealed[0])
            for (address, sealed) in zip(addresses, sealed.dropFirst()) {
                try insert(address, of: contact.id, sealed: sealed)
            }
            let keys = addresses.map { vault.lookupKeys(for: $0) }
            foresight.keep(Transaction.sorted(keys), of: contact.id)
        case .consentRecorded(let record, _, _, let permission):
            try insert(record, by: actor, evidence: sealed.first)
            // A global withdrawal and a browser's signal have no scope to project to.
            let scope = permissionScope(named: record.scope)
            if let scope { try put(permission, of: record.contact, in: scope) }
        case .optOutRequested(let optOut, _): try insert(optOut, details: sealed.first)
        case .optOutEnqueued(_, let targets):
            for target in targets { try insert(target) }
        case .optOutStarted(let optOut): try update(optOut)
        case .localCascadeCompleted, .optOutWidened, .connectorReconciled, .listExported: break
        case .targetConfirmed(let target, _, _), .targetFailed(let target, _),
            .targetRedriven(let target, _, _), .targetCancelled(let target, _, _):
            try update(target)
        case .optOutCompleted(let optOut):
            try update(optOut)
            try completePermissions(of: optOut.id)
        case .suppressionAdded(let suppression, let address):
            try insert(suppression, on: address)
        case .suppressionLifted(let suppression, let contact):
            try delete(suppression, of: contact)
        case .keyCreated(let key): try insert(key)
        case .keyRevoked(let key): try revoke(key)
        case .connectorAdded, .connectorChanged, .connectorDisabled, .connectorEnabled,
            .connectorRemoved:
            try applyToConnectors(event)
        case .importStarted(let id, let format, let scope, let policyVersion):
            try insertImport(id, format: format, scope: scope, policyVersion: policyVersion)
        case .importFinished(let id, let counts): try finishImport(id, counts: counts)
        case .importUndone(let id, _): try markUndone(id)
        case .consentTakenBack(let old, _, let permission):
            try put(permission, of: old.contact, in: ScopeName(stored: old.scope))
        case .permissionRebuilt(let of, let scope, _, let now): try put(now, of: of, in: scope)
        case .holdPlaced(let hold): try insert(hold, reason: sealed[0])
        case .holdLifted(let hold): try deleteHold(hold.id)
        case .rowsPurged(let purge): try apply(purge)
        case .activitiesRecorded(let activities): try insert(activities)
        case .requestReceived, .requestMoved, .erasureEnqueued, .erasureTargetMoved, .personErased,
            .receiptIssued, .addressReplaced, .personExported, .restoreBegun, .restoreFinished,
            .masterKeyReplaced, .lookupKeyAdded, .lookupHashesMoved, .evidenceExported,
            .sendsChecked, .sendsRecorded:
            try applyToRequests(event, sealed: sealed)
        }
    }

    private func applyToRequests(_ event: Event, sealed: [[UInt8]]) throws(StoreError) {
        switch event {
        case .requestReceived(let request, let token):
            try insert(request, token: token, sealed: sealed[0])
        case .requestMoved(let request, _): try update(request)
        case .erasureEnqueued(_, let targets):
            for target in targets { try insert(target) }
        case .erasureTargetMoved(let target, _, _): try update(target)
        case .personErased(let request, let erasure): try erase(request, erasure)
        case .receiptIssued(let receipt, _): try insert(receipt)
        case .restoreBegun(let restore): try insert(restore)
        case .restoreFinished(let restore, _): try finish(restore)
        case .addressReplaced(let replacement): try apply(replacement, sealed: sealed[0])
        case .masterKeyReplaced(let change): try apply(change)
        case .lookupKeyAdded(let change): try apply(change)
        case .lookupHashesMoved(let move): try apply(move)
        case .sendsRecorded(let batch): try insert(batch)
        case .personExported, .evidenceExported, .sendsChecked: break
        default: throw Transaction.withoutEffect(event)
        }
    }

    private func applyToConnectors(_ event: Event) throws(StoreError) {
        switch event {
        case .connectorAdded(let settings): try insert(settings)
        case .connectorChanged(let settings, _): try update(settings)
        case .connectorDisabled(let settings): try disableConnector(settings.name, since: now)
        case .connectorEnabled(let settings): try disableConnector(settings.name, since: nil)
        case .connectorRemoved(let settings): try deleteConnector(settings.name)
        default: throw Transaction.withoutEffect(event)
        }
    }

    /// A case that was sent on and that nobody takes: its line must not stand without its change.
    private static func withoutEffect(_ event: Event) -> StoreError {
        let name = Mirror(reflecting: event).children.first?.label ?? ""
        return StoreError(.corrupt, "an event without an effect: \(name)")
    }

    private func apply(_ change: JobChange) throws(StoreError) {
        switch change {
        case .add(let job): try insert(job)
        case .lease(let id, let until): try lease(id, until: until)
        case .finish(let id): try deleteJob(id)
        case .retry(let id, let at): try retryJob(id, at: at)
        case .postpone(let id, let until): try postponeJob(id, until: until)
        case .bury(let id): try buryJob(id)
        case .redrive(let id): try redriveJob(id)
        case .noteProgress(let id, let progress): try noteProgress(of: id, progress)
        case .noteImport(let id, let note): try apply(note, to: id)
        }
    }
}
