// What a yes has to bring for each lawful basis, and until when it then holds.

/// What a yes on one basis has to bring.
///
/// Consent brings its policy version, as every yes does, and needs nothing else.
public struct BasisRule: Hashable, Sendable {
    /// The kinds of scope the basis can carry.
    public let kinds: Set<Scope.Kind>
    /// Whether it rests on a dealing with the person, which then has to be named and dated.
    public let needsRelationship: Bool
    /// Whether it rests on a document, which then has to be referred to.
    public let needsReference: Bool

    /// The rule of a basis.
    ///
    /// Contract, law, life and public task make a message necessary, which marketing never is
    /// (GDPR Art. 6(1)(b) to (e)); soft opt-in is about marketing alone.
    public static func of(_ basis: ConsentRecord.Basis) -> BasisRule {
        let all = Set(Scope.Kind.allCases)
        switch basis {
        case .consent:
            return BasisRule(kinds: all, needsRelationship: false, needsReference: false)
        case .impliedConsent:
            return BasisRule(kinds: all, needsRelationship: true, needsReference: false)
        case .softOptIn:
            return BasisRule(kinds: [.campaign], needsRelationship: true, needsReference: false)
        case .contract, .legalObligation, .vitalInterests, .publicTask:
            return BasisRule(
                kinds: [.transactional],
                needsRelationship: false,
                needsReference: true
            )
        case .legitimateInterest:
            return BasisRule(kinds: all, needsRelationship: false, needsReference: true)
        }
    }
}

/// A yes as it is about to be recorded, held against the rule of its basis.
public struct BasisClaim: Sendable {
    private let basis: ConsentRecord.Basis
    private let scope: Scope
    private let regime: Regime
    private let givenAt: Timestamp
    private let expiresAt: Timestamp?
    private let evidence: Evidence

    /// Takes what the yes brings; the region decides the law.
    public init(
        _ basis: ConsentRecord.Basis,
        in scope: Scope,
        region: String?,
        givenAt: Timestamp,
        expiresAt: Timestamp?,
        evidence: Evidence
    ) {
        self.basis = basis
        self.scope = scope
        self.regime = Regime.forRegion(region, channel: scope.channel)
        self.givenAt = givenAt
        self.expiresAt = expiresAt
        self.evidence = evidence
    }

    /// When the yes runs out; nil for never.
    ///
    /// - Throws: `Refusal`, naming the field that is missing or does not go with the basis.
    public func expiry() throws(Refusal) -> Timestamp? {
        let rule = BasisRule.of(basis)
        guard rule.kinds.contains(scope.kind) else {
            throw Refusal(
                .invalid,
                field: "basis",
                "\(basis.rawValue) is no basis for a \(scope.kind.rawValue) scope"
            )
        }
        if rule.needsReference, evidence.reference?.isEmpty ?? true {
            throw Refusal(
                .missing,
                field: "evidence.reference",
                "\(basis.rawValue) needs to say where it is written down: the assessment, contract "
                    + "or provision"
            )
        }
        guard rule.needsRelationship else { return expiresAt }
        let (relationship, time) = try dealing()
        return basis == .softOptIn
            ? try softOptIn(after: relationship) : try implied(after: relationship, at: time)
    }

    private func dealing() throws(Refusal) -> (Relationship, Timestamp) {
        guard let word = evidence.relationship else {
            throw Refusal(
                .missing,
                field: "evidence.relationship",
                "\(basis.rawValue) needs the dealing it rests on, for example 'purchase'"
            )
        }
        guard let relationship = Relationship(rawValue: word) else { throw Relationship.refusal }
        guard let text = evidence.relationshipAt else {
            throw Refusal(
                .missing,
                field: "evidence.relationshipAt",
                "\(basis.rawValue) needs the time of the dealing it rests on"
            )
        }
        guard let time = Timestamp(text: text), time <= givenAt else {
            throw Refusal(
                .invalid,
                field: "evidence.relationshipAt",
                "the dealing comes before the yes it implies (RFC 3339)"
            )
        }
        return (relationship, time)
    }

    private func softOptIn(after relationship: Relationship) throws(Refusal) -> Timestamp? {
        guard regime.softOptInRelationships.contains(relationship) else {
            throw Refusal(
                .invalid,
                field: "evidence.relationship",
                "soft-opt-in under \(regime.code) does not follow from \(relationship.rawValue)"
            )
        }
        return expiresAt
    }

    private func implied(
        after relationship: Relationship,
        at time: Timestamp
    ) throws(Refusal) -> Timestamp? {
        switch regime.impliedTerm(after: relationship) {
        case .open: return expiresAt
        case .never:
            throw Refusal(
                .invalid,
                field: "basis",
                "\(regime.code) knows no implied consent; 'consent' or 'soft-opt-in' may be meant"
            )
        case .months(let months):
            let end = time.adding(months: months)
            guard end > givenAt else {
                throw Refusal(
                    .invalid,
                    field: "evidence.relationshipAt",
                    "consent implied by \(relationship.rawValue) ends after \(months) months, "
                        + "and they are over"
                )
            }
            if let expiresAt, expiresAt > end {
                throw Refusal(
                    .invalid,
                    field: "expiresAt",
                    "consent implied by \(relationship.rawValue) ends after \(months) months"
                )
            }
            return expiresAt ?? end
        }
    }
}
