// The legal record: one decision by one person about one scope, written once and never changed.

/// A decision a person made about a scope.
public struct ConsentRecord: Hashable, Sendable {
    /// What was decided.
    public enum Decision: String, CaseIterable, Sendable {
        /// Yes.
        case granted
        /// No, when asked.
        case denied
        /// No more, after a yes or without one.
        case withdrawn
        /// Nothing yet: a yes was asked for, and the person has not confirmed it.
        case requested
    }

    /// The lawful basis the sender relies on.
    public enum Basis: String, CaseIterable, Sendable {
        /// Freely given, specific, informed (GDPR Art. 6(1)(a)).
        case consent
        /// Consent a law presumes, such as CASL's existing relationship.
        case impliedConsent = "implied-consent"
        /// Own similar products after a sale (ePrivacy Art. 13(2)).
        case softOptIn = "soft-opt-in"
        /// Needed to perform a contract (GDPR Art. 6(1)(b)).
        case contract
        /// Required by law (GDPR Art. 6(1)(c)).
        case legalObligation = "legal-obligation"
        /// To protect somebody's life (GDPR Art. 6(1)(d)).
        case vitalInterests = "vital-interests"
        /// A task in the public interest (GDPR Art. 6(1)(e)).
        case publicTask = "public-task"
        /// A balanced interest of the sender (GDPR Art. 6(1)(f)).
        case legitimateInterest = "legitimate-interest"
    }

    /// Its name.
    public let id: ConsentID
    /// The person.
    public let contact: ContactID
    /// The scope's name, or `global` for the record of a global withdrawal.
    public let scope: String
    /// What was decided.
    public let decision: Decision
    /// The lawful basis.
    public let basis: Basis
    /// How the decision arrived.
    public let source: Source
    /// The registered policy version that was shown; only a withdrawal may have none.
    public let policyVersion: String?
    /// SHA-256 of that version's text.
    public let policyHash: [UInt8]?
    /// The language it was shown in.
    public let locale: String?
    /// When the person decided.
    public let givenAt: Timestamp
    /// When Heed wrote it down.
    public let recordedAt: Timestamp
    /// The import batch it came with.
    public let batch: ImportID?
    /// When a yes runs out; of a request, until when it can be confirmed.
    public var expiresAt: Timestamp?
    /// The opt-out that a withdrawal belongs to.
    public var optOut: OptOutID?

    /// Makes a record.
    public init(
        id: ConsentID,
        contact: ContactID,
        scope: String,
        decision: Decision,
        basis: Basis,
        source: Source,
        policy: Policy?,
        locale: String?,
        givenAt: Timestamp,
        recordedAt: Timestamp,
        batch: ImportID?
    ) {
        self.id = id
        self.contact = contact
        self.scope = scope
        self.decision = decision
        self.basis = basis
        self.source = source
        self.policyVersion = policy?.version
        self.policyHash = policy?.textHash
        self.locale = locale
        self.givenAt = givenAt
        self.recordedAt = recordedAt
        self.batch = batch
    }
}

/// Names an import; its counts live with the batch record in the store.
public enum ImportBatch {}
