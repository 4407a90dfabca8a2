// Everything that can happen, as values: the only way state changes, and what the audit log says.

/// Something that happened.
///
/// Each case is one audit event and one change of state, never one without the other
/// (`Transaction.record` in HeedStore is the only reader that writes).
public enum Event: Hashable, Sendable {
    /// A scope was added.
    case scopeAdded(Scope)
    /// A scope was given words for people, in a language.
    case scopeDescribed(ScopeName, ScopeText)
    /// A policy version was registered.
    case policyPublished(Policy)
    /// A sign-up form was set up.
    case formAdded(SignUpForm)
    /// A person became known, under these addresses.
    case contactAdded(Contact, [Address])
    /// A person decided; the permission went from one state to another.
    case consentRecorded(ConsentRecord, Evidence, from: Permission, to: Permission)
    /// A person said stop.
    case optOutRequested(OptOut, Evidence)
    /// The work of telling others was queued, to these connectors.
    case optOutEnqueued(OptOut, [OptOutTarget])
    /// A worker began.
    case optOutStarted(OptOut)
    /// Inside Heed the opt-out is complete: every permission it covers is closed.
    case localCascadeCompleted(OptOut, permissionsClosed: Int)
    /// A connector confirmed.
    case targetConfirmed(OptOutTarget, OptOut, latencyMilliseconds: Int64)
    /// A connector failed and will be tried again, or was given up.
    case targetFailed(OptOutTarget, OptOut)
    /// A connector is to be told again, from the first attempt on, whatever had become of it.
    case targetRedriven(OptOutTarget, OptOut, from: OptOutTarget.State)
    /// An operator removed a connector that had not confirmed; it is not told any more.
    case targetCancelled(OptOutTarget, OptOut, from: OptOutTarget.State)
    /// A connector reported a place that its settings do not map, so everything was stopped.
    case optOutWidened(OptOut, connector: String, place: String)
    /// Every system was told, or is there no more.
    case optOutCompleted(OptOut)
    /// An address was blocked.
    case suppressionAdded(Suppression, SuppressedAddress)
    /// A block was lifted by the person's own act.
    case suppressionLifted(Suppression, ContactID)
    /// An API key was made.
    case keyCreated(APIKey)
    /// An API key was revoked.
    case keyRevoked(APIKey)
    /// A connector was set up.
    case connectorAdded(ConnectorSettings)
    /// A connector's settings were changed: the options with these names.
    case connectorChanged(ConnectorSettings, options: [String])
    /// A connector is not told anything until it is enabled; what it is to be told waits.
    case connectorDisabled(ConnectorSettings)
    /// A connector that was disabled is told again.
    case connectorEnabled(ConnectorSettings)
    /// A connector was removed; later opt-outs are not told to it.
    case connectorRemoved(ConnectorSettings)
    /// An import began.
    case importStarted(ImportID, format: String, scope: ScopeName, policyVersion: String)
    /// An import ended, with its counts.
    case importFinished(ImportID, counts: [String: Int])
    /// A consent that an import brought no longer counts, as if it had never come.
    case consentTakenBack(ConsentRecord, from: Permission, to: Permission)
    /// An import was undone, with its counts.
    case importUndone(ImportID, counts: [String: Int])
    /// A permission that was not what its records say was put right.
    case permissionRebuilt(ContactID, ScopeName, from: Permission, to: Permission)
    /// Everything about a person, or everything, is to be kept.
    case holdPlaced(LegalHold)
    /// A hold ended.
    case holdLifted(LegalHold)
    /// Rows at the end of their retention were taken away.
    case rowsPurged(Purge)
    /// A connector's list was compared with ours.
    case connectorReconciled(Reconciliation)
    /// A person asked for something by right; the token opens the receipt.
    case requestReceived(RightsRequest, token: [UInt8])
    /// A request came further, or its time was extended.
    case requestMoved(RightsRequest, from: RightsRequest.Status)
    /// The work of having a person erased elsewhere was queued, to these connectors.
    case erasureEnqueued(RightsRequest, [ErasureTarget])
    /// A connector answered about an erasure, or is asked again.
    case erasureTargetMoved(ErasureTarget, RightsRequest, from: OptOutTarget.State)
    /// A person's data is gone here.
    case personErased(RightsRequest, LocalErasure)
    /// A receipt was issued.
    case receiptIssued(RequestReceipt, RightsRequest)
    /// A list of a scope's people was handed out, or began to be.
    case listExported(ListExport)
    /// What became of messages was taken down.
    case activitiesRecorded([RecordedActivity])
    /// A backup was put back; nothing is served until it is finished.
    case restoreBegun(Restore)
    /// What was stopped after the backup is stopped again, with how much of each sort.
    case restoreFinished(Restore, counts: [String: Int])
    /// A copy of everything about a person was handed out, or began to be.
    case personExported(PersonExport)
    /// A person's address was put right.
    case addressReplaced(AddressReplacement)
    /// Another master key took the place of the one before.
    case masterKeyReplaced(MasterKeyChange)
    /// Another lookup key is being put over the one before.
    case lookupKeyAdded(LookupKeyChange)
    /// Keyed hashes went under the new lookup key.
    case lookupHashesMoved(LookupKeyMove)
    /// The guard was asked about recipients before a send.
    case sendsChecked(SendCall)
    /// What the guard said about some recipients was kept, a row each.
    case sendsRecorded(SendBatch)
    /// Evidence was handed out, or began to be.
    case evidenceExported(EvidenceExport)
}

/// A form of an address by its keyed hash.
public struct SuppressedKey: Hashable, Sendable {
    /// The keyed hash, 16 bytes.
    public let key: [UInt8]
    /// True for the form that covers aliases.
    public let isWidened: Bool

    /// Takes both.
    public init(key: [UInt8], isWidened: Bool) {
        self.key = key
        self.isWidened = isWidened
    }
}

/// What a block is put on.
public enum SuppressedAddress: Hashable, Sendable {
    /// An address that may belong to nobody Heed knows.
    case address(Address)
    /// All addresses of a person.
    case contact(ContactID)
    /// Forms of addresses nobody can read any more, as a journal has kept them.
    case keys([SuppressedKey])
}

/// A program's permission to call Heed; the secret itself is never held.
public struct APIKey: Hashable, Sendable {
    /// What a key may do.
    public enum Role: String, CaseIterable, Sendable {
        /// Everything.
        case admin
        /// Ask the guard.
        case sender
        /// Add contacts, consents and opt-outs.
        case collector
        /// Read history and evidence.
        case auditor
    }

    /// The public part of the key.
    public let id: String
    /// What it may do.
    public let role: Role
    /// What the operator calls it.
    public let label: String
    /// SHA-256 of the secret part, 32 bytes.
    ///
    /// The secret has 256 random bits, so no slow hash is needed.
    public let secretHash: [UInt8]

    /// Makes a key.
    public init(id: String, role: Role, label: String, secretHash: [UInt8]) {
        self.id = id
        self.role = role
        self.label = label
        self.secretHash = secretHash
    }
}

/// How to reach another system that must be told.
public struct ConnectorSettings: Hashable, Sendable {
    /// The operator's name for it.
    public let name: String
    /// Which connector speaks its language.
    public let kind: String
    /// Where it is.
    public let url: String
    /// Its secret, in the form that system uses.
    ///
    /// Stored sealed.
    public let secret: String
    /// What else its kind wants to know, by name: a region, the list a scope stands for.
    ///
    /// Stored sealed, since some of it opens doors too.
    public let options: [String: String]
    /// Since when nothing is told to it; nil while it is.
    public var disabledAt: Timestamp?

    /// Makes settings; refuses an unusable name.
    public init(
        name: String,
        kind: String,
        url: String,
        secret: String,
        options: [String: String] = [:]
    ) throws(Refusal) {
        guard isSlug(name), name.utf8.count <= 64 else {
            throw Refusal(
                .invalid,
                field: "name",
                "a connector name has 1 to 64 of a-z, 0-9, '-', '_' and '.'"
            )
        }
        self.name = name
        self.kind = kind
        self.url = url
        self.secret = secret
        self.options = options
    }
}

extension ConnectorSettings: CustomStringConvertible, CustomReflectable {
    /// The name only: URL and secret may both open a door.
    public var description: String { "\(kind) \(name)" }

    /// Shows nothing, so that `dump` opens no door either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
