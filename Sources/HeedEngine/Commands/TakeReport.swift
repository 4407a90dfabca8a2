// Takes what another system reports about a person: a "no" there is a "no" here.

public import HeedConsent
public import HeedStore

/// What another system says has happened, once it is proven that it says so.
public struct ProviderReport: Hashable, Sendable {
    /// What happened.
    public enum Kind: String, CaseIterable, Sendable {
        /// The person asked for no more.
        case unsubscribed
        /// The person reported a message as spam.
        case complained
        /// The address does not take mail, for good.
        case bounced
    }

    /// What happened.
    public let kind: Kind
    /// To whom.
    public let subject: Subject
    /// What a "no" covers; nil when the other system named a place that nobody mapped.
    public let extent: OptOut.Extent?
    /// The place the other system named, a plain name; for the record when nobody mapped it.
    public let place: String?
    /// When it happened, as the other system says.
    public let at: Timestamp

    /// Takes what was reported.
    public init(
        _ kind: Kind,
        _ address: Address,
        extent: OptOut.Extent?,
        place: String? = nil,
        at: Timestamp
    ) { self.init(kind, of: .address(address), extent: extent, place: place, at: at) }

    /// Takes what was reported about somebody who may be named by id.
    init(
        _ kind: Kind,
        of subject: Subject,
        extent: OptOut.Extent?,
        place: String? = nil,
        at: Timestamp
    ) {
        self.kind = kind
        self.subject = subject
        self.extent = extent
        self.place = place
        self.at = at
    }
}

extension ProviderReport: CustomStringConvertible, CustomReflectable {
    /// What happened, without the address.
    public var description: String { "<\(kind.rawValue) report>" }

    /// Shows nothing, so that `dump` cannot leak the address.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Records a report as an opt-out or a block.
///
/// - A report never grants anything, and one that changes nothing is no error.
/// - A place that nobody mapped stands for everything: too much is stopped rather than too little,
///   and the audit log says so.
/// - An unsubscription of one scope that is clearly older than the person's own newer "yes" is
///   history.
/// - The system that reported is not told back what it just said; all others are told.
/// - Nobody who was erased becomes known again by it: their block stands, and a complaint adds to
///   it.
public struct TakeReport: Command {
    /// By how much another system's clock may be slow, and its times cut to seconds, before a "no"
    /// counts as older than a "yes" here; in doubt the "no" stands.
    public static let clockSeconds: Int64 = 300

    /// What the record says of a place whose name is not there or cannot be shown.
    static let unnamed = "(unnamed)"

    let connector: String?
    let report: ProviderReport

    /// Names the connector that reported, nil for the team's own sender, and what it said.
    public init(connector: String?, report: ProviderReport) {
        self.connector = connector
        self.report = report
    }

    /// What became of it.
    public struct Receipt: Sendable, Codable {
        /// False when it was known already, or is history.
        public let isNews: Bool
        /// True when it is older than the person's own "yes", and so changed nothing; nil in an
        /// answer of an earlier version.
        public let isHistory: Bool?

        init(isNews: Bool, isHistory: Bool = false) {
            self.isNews = isNews
            self.isHistory = isHistory
        }
    }

    /// Refuses only a scope nobody knows.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let since = min(report.at, transaction.now)
        switch report.kind {
        case .bounced:
            let bounce = try transaction.hardBounce(
                of: report.subject,
                since: since,
                from: .provider
            )
            return Decision(Receipt(isNews: bounce != nil), events: bounce.map { [$0] } ?? [])
        case .unsubscribed, .complained:
            return try stop(since: since, in: transaction)
        }
    }

    private func stop(
        since: Timestamp,
        in transaction: Transaction
    ) throws -> Decision<Receipt> {
        let extent = report.extent ?? .global
        if let scope = extent.scopeName { _ = try transaction.requireScope(scope) }
        let person = try transaction.resolve(report.subject)
        if person.added != nil, case .address(let address) = report.subject,
            person.blocks.contains(where: { $0.reason == .erasure })
        {
            let complaint = report.kind == .complained ? person.complaint(since: since) : nil
            let events = complaint.map { [Event.suppressionAdded($0, .address(address))] } ?? []
            return Decision(Receipt(isNews: !events.isEmpty), events: events)
        }
        if report.kind == .unsubscribed, let scope = extent.scopeName,
            try transaction.hasComeBack(
                person,
                since: since.adding(seconds: TakeReport.clockSeconds),
                scope: scope
            )
        {
            return Decision(Receipt(isNews: false, isHistory: true))
        }
        var draft = OptOutDraft(
            person: person,
            extent: extent,
            source: .provider,
            requestedAt: since,
            evidence: Evidence(),
            batch: nil
        )
        // What it said of a place that we call something wider, it has not done.
        draft.reportedBy = report.extent == nil ? nil : connector
        var events: [Event] = []
        var jobs: [JobChange] = []
        if try draft.standing(in: transaction) == nil {
            let optOut: OptOut
            (optOut, events, jobs) = try draft.outcome(in: transaction)
            if report.extent == nil, let connector {
                let place = report.place ?? TakeReport.unnamed
                events.append(.optOutWidened(optOut, connector: connector, place: place))
            }
        }
        if report.kind == .complained, let block = person.complaint(since: since) {
            events.append(.suppressionAdded(block, .contact(person.id)))
        }
        return Decision(Receipt(isNews: !events.isEmpty), events: events, jobs: jobs)
    }
}

extension ResolvedSubject {
    /// The block that a complaint makes; nil when there is one already.
    fileprivate func complaint(since: Timestamp) -> Suppression? {
        guard !blocks.contains(where: { $0.reason == .complaint }) else { return nil }
        return Suppression(
            reason: .complaint,
            scope: nil,
            since: since,
            source: .provider,
            optOut: nil
        )
    }
}

extension Transaction {
    /// The same for somebody who may be named by id: on all their addresses.
    fileprivate func hardBounce(
        of subject: Subject,
        since: Timestamp,
        from source: Source
    ) throws -> Event? {
        switch subject {
        case .address(let address): return try hardBounce(of: address, since: since, from: source)
        case .contact(let contact):
            let blocks = try resolve(subject).blocks
            guard !blocks.contains(where: { $0.reason == .hardBounce }) else { return nil }
            let block = Suppression(
                reason: .hardBounce,
                scope: nil,
                since: since,
                source: source,
                optOut: nil
            )
            return .suppressionAdded(block, .contact(contact))
        }
    }

    /// The block that a hard bounce makes; nil when the address is blocked for one already.
    ///
    /// Nobody is added for an address that does not exist; the keyed hash is enough.
    package func hardBounce(
        of address: Address,
        since: Timestamp,
        from source: Source
    ) throws -> Event? {
        let known = try suppressions(at: vault.lookupKeys(for: address))
        guard !known.contains(where: { $0.reason == .hardBounce }) else { return nil }
        let block = Suppression(
            reason: .hardBounce,
            scope: nil,
            since: since,
            source: source,
            optOut: nil
        )
        let contact = try contactID(at: address)
        return .suppressionAdded(block, contact.map { .contact($0) } ?? .address(address))
    }

    /// True when the person came back to a scope after `time`, by an act that is enough; any of
    /// their own is unless something else is asked for.
    package func hasComeBack(
        _ person: ResolvedSubject,
        since time: Timestamp,
        scope: ScopeName,
        by isEnough: (Source) -> Bool = \.isOwnAct
    ) throws -> Bool {
        guard person.added == nil else { return false }
        let permission = try permission(of: person.id, in: scope)
        guard permission.state == .granted, let decidedAt = permission.decidedAt, decidedAt > time,
            let record = permission.record
        else { return false }
        return try consentSource(of: record).map(isEnough) ?? false
    }
}
