// Sign-up forms: setting one up, and taking what somebody sent by it.

import Crypto
public import HeedConsent
public import HeedStore

/// Sets up a form, once and for good.
///
/// The same form again is no change.
public struct AddForm: Command {
    let form: SignUpForm

    /// Names the form.
    public init(_ form: SignUpForm) { self.form = form }

    /// Refuses a name that is taken by another form, scopes nobody knows, and a policy version
    /// that is unknown or outdated.
    public func decide(in transaction: Transaction) throws -> Decision<SignUpForm> {
        if let existing = try transaction.form(form.name) {
            guard existing == form else {
                throw Refusal(
                    .conflict,
                    field: "name",
                    "there is another form '\(form.name)'; a form never changes, so that the words "
                        + "people agreed to can be shown: choose a new name"
                )
            }
            return Decision(existing)
        }
        let policy = try transaction.requirePolicy(form.policyVersion)
        for box in form.boxes {
            _ = try transaction.requireScope(box.scope)
            try transaction.requireCurrent(policy, for: box.scope)
        }
        return Decision(form, events: [.formAdded(form)])
    }
}

/// Gives a scope words for people.
///
/// The same words again are no change.
public struct DescribeScope: Command {
    let scope: ScopeName
    let text: ScopeText

    /// Names the scope and its words in one language.
    public init(_ scope: ScopeName, as text: ScopeText) {
        self.scope = scope
        self.text = text
    }

    /// Refuses a scope nobody knows.
    public func decide(in transaction: Transaction) throws -> Decision<ScopeText> {
        _ = try transaction.requireScope(scope)
        guard try transaction.scopeTexts()[scope]?.contains(text) != true else {
            return Decision(text)
        }
        return Decision(text, events: [.scopeDescribed(scope, text)])
    }
}

/// Takes a submission: a yes for each box that was ticked, and nothing for the others.
///
/// Where the form is confirmed by mail it is no yes yet: the person is asked, in one message.
public struct SubmitForm: Command {
    let form: String
    let address: Address
    let ticked: Set<ScopeName>
    let locale: String?
    let evidence: Evidence
    let mail: Mail?

    /// How a person is asked by mail.
    public struct Mail: Sendable {
        /// How long and how often.
        public let terms: DoubleOptInTerms
        /// In which language, when neither the submission nor the person has one.
        public let language: String

        /// Takes both.
        public init(terms: DoubleOptInTerms, language: String) {
            self.terms = terms
            self.language = language
        }
    }

    /// Describes the submission; of the evidence only what the form is set up to keep is kept.
    ///
    /// `mail` is nil where no mail can be sent.
    public init(
        form: String,
        address: Address,
        ticked: Set<ScopeName>,
        locale: String? = nil,
        evidence: Evidence = Evidence(),
        mail: Mail? = nil
    ) throws(Refusal) {
        try evidence.check()
        try Contact.check(locale: locale)
        try Contact.check(locale: mail?.language)
        self.mail = mail
        self.form = form
        self.address = address
        self.ticked = ticked
        self.locale = locale
        self.evidence = evidence
    }

    /// What was recorded; never shown to the sender, who may be anybody.
    public struct Receipt: Sendable {
        /// Scopes with a yes.
        public let granted: [ScopeName]
        /// Scopes that a rule refused, for example after a complaint.
        public let refused: [ScopeName]
        /// Scopes that the person was asked to confirm.
        public var requested: [ScopeName] = []
    }

    /// Whom it is about.
    public var needs: Needs { Needs(about: [address]) }

    /// Refuses a form nobody knows or whose policy version is outdated, a submission without a
    /// single tick, and a form confirmed by mail where none can be sent.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        guard let form = try transaction.form(form) else {
            throw Refusal(.notFound, field: "form", "there is no form of this name")
        }
        let boxes = form.boxes.filter { ticked.contains($0.scope) }
        guard !boxes.isEmpty else {
            throw Refusal(.missing, field: "scope", "no box is ticked, so there is nothing to take")
        }
        let policy = try transaction.requirePolicy(form.policyVersion)
        for box in boxes { try transaction.requireCurrent(policy, for: box.scope) }
        let person = try transaction.resolve(.address(address))
        guard form.confirmation == .none else {
            return try ask(person, form, policy, in: transaction)
        }
        var group = GrantGroup()
        for box in boxes {
            let draft = ConsentDraft(
                person: person,
                scope: try transaction.requireScope(box.scope),
                decision: .granted,
                basis: .consent,
                source: .form,
                policy: policy,
                locale: locale ?? person.contact.locale,
                givenAt: transaction.now,
                expiresAt: nil,
                evidence: kept(form, box),
                batch: nil
            )
            try group.add(draft, in: transaction)
        }
        return Decision(
            Receipt(granted: group.granted, refused: group.refused),
            events: group.events
        )
    }

    private func ask(
        _ person: ResolvedSubject,
        _ form: SignUpForm,
        _ policy: Policy,
        in transaction: Transaction
    ) throws -> Decision<Receipt> {
        guard let mail else {
            throw Refusal(.noMail, "this form is confirmed by mail, and no mail server is set up")
        }
        let draft = DoubleOptInDraft(
            address: address,
            person: person,
            policy: policy,
            source: .form,
            locale: locale ?? person.contact.locale ?? mail.language,
            terms: mail.terms
        )
        let wishes = try form.boxes.filter { ticked.contains($0.scope) }.map {
            (scope: try transaction.requireScope($0.scope), evidence: kept(form, $0))
        }
        let asked = try draft.outcome(of: wishes, in: transaction)
        return Decision(
            Receipt(granted: [], refused: [], requested: asked.scopes),
            events: asked.events,
            jobs: asked.jobs
        )
    }

    private func kept(_ form: SignUpForm, _ box: SignUpForm.Box) -> Evidence {
        var kept = Evidence()
        kept.formURL = evidence.formURL
        if form.circumstances == .client {
            kept.ip = evidence.ip
            kept.userAgent = evidence.userAgent
        }
        kept.wordingSHA256 = hexadecimal(SHA256.hash(data: Array(box.wording.utf8)))
        return kept
    }
}
