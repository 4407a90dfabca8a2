// Takes down what became of messages: each once by its teller's id, with a "no" in it obeyed.

public import HeedConsent
public import HeedStore

/// What a sender or provider tells about one message.
public struct ActivityReport: Hashable, Sendable {
    /// The most bytes of an event's id.
    public static let idBytesMaximum = 500

    /// What the teller calls it; the same whenever it is told again.
    public let id: String
    /// To whom it happened.
    public let subject: Subject
    /// What happened.
    public let activity: Activity

    /// Refuses an id that is empty or too long.
    public init(id: String, subject: Subject, activity: Activity) throws(Refusal) {
        guard (1...ActivityReport.idBytesMaximum).contains(id.utf8.count) else {
            throw Refusal(
                .invalid,
                field: "id",
                "an event's id has 1 to \(ActivityReport.idBytesMaximum) bytes"
            )
        }
        self.id = id
        self.subject = subject
        self.activity = activity
    }
}

extension ActivityReport: CustomStringConvertible, CustomReflectable {
    /// What happened, without to whom.
    public var description: String { "<\(activity.kind.rawValue) event>" }

    /// Shows nothing, so that `dump` leaks no address.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What became of one report.
public enum ActivityOutcome: Hashable, Sendable {
    /// It was taken down, about a known person.
    case recorded
    /// It was taken down and counts, but with nothing that could lead to a person: nobody has this
    /// address, or they were erased.
    case anonymous
    /// It was there before; nothing changed.
    case duplicate
    /// It cannot be right; nothing changed.
    case refused(Refusal)
}

/// Records a batch of reports in one transaction.
///
/// - A report with an id that was told before is a duplicate, also after its person was erased.
/// - A hard bounce, a complaint and an unsubscription are obeyed as a webhook's are (`TakeReport`),
///   in the same commit; of those a batch has one at most, so that each is decided on what the one
///   before it has changed.
/// - A bad report is refused by itself, and the others are recorded.
public struct RecordActivities: Command {
    /// At most so many reports a transaction.
    public static let reportsMaximum = 1000

    /// What a batch's "no" does.
    public enum Stops: Sendable {
        /// It is obeyed.
        case obeyed
        /// It has been, by the webhook's own command.
        case counted
    }

    let reports: [ActivityReport]
    let teller: String
    let stops: Stops

    /// Takes reports, and who tells them: ids are different things for different tellers.
    public init(_ reports: [ActivityReport], from teller: String, stops: Stops) {
        precondition(reports.count <= RecordActivities.reportsMaximum)
        self.reports = reports
        self.teller = teller
        self.stops = stops
    }

    /// One outcome for each report.
    public func decide(in transaction: Transaction) throws -> Decision<[ActivityOutcome]> {
        let ids = reports.map { transaction.activityID(of: $0.id, from: teller) }
        var known = try transaction.knownActivities(ids)
        let people = try ActivityPeople(reports, in: transaction)
        let scopes = Set(try transaction.scopes().map(\.name))
        var firsts = try transaction.knownFirstKeys(
            reports.compactMap { report in
                people.living(report.subject).map {
                    transaction.firstKey(of: report.activity, contact: $0)
                }
            }
        )
        var decision = Decision<[ActivityOutcome]>([])
        var recorded: [RecordedActivity] = []
        for (report, id) in zip(reports, ids) {
            guard !known.contains(id) else {
                decision.receipt.append(.duplicate)
                continue
            }
            do {
                try check(report, people, scopes, in: transaction)
            } catch let refusal as Refusal {
                decision.receipt.append(.refused(refusal))
                continue
            }
            known.insert(id)
            var contact = people.living(report.subject)
            if stops == .obeyed, report.activity.kind.isStop {
                contact = try obey(report, contact, in: transaction, &decision) ?? contact
            }
            let first = contact.map { transaction.firstKey(of: report.activity, contact: $0) }
            recorded.append(
                RecordedActivity(
                    id: id,
                    activity: report.activity,
                    contact: contact,
                    firstKey: first.flatMap { firsts.insert($0).inserted ? $0 : nil }
                )
            )
            decision.receipt.append(contact == nil ? .anonymous : .recorded)
        }
        if !recorded.isEmpty { decision.events.append(.activitiesRecorded(recorded)) }
        return decision
    }

    private func check(
        _ report: ActivityReport,
        _ people: ActivityPeople,
        _ scopes: Set<ScopeName>,
        in transaction: Transaction
    ) throws {
        if case .contact(let id) = report.subject, !people.isKnown(id) {
            throw Refusal(.invalid, field: "contactId", "there is no contact with this id")
        }
        if let scope = report.activity.scope, !scopes.contains(scope) {
            throw Refusal(.invalid, field: "scope", "there is no scope '\(scope)'; add it first")
        }
        try transaction.requirePast(report.activity.at, field: "at")
    }

    /// Does what the report asks for; answers with the person it has made known, if it has.
    private func obey(
        _ report: ActivityReport,
        _ contact: ContactID?,
        in transaction: Transaction,
        _ decision: inout Decision<[ActivityOutcome]>
    ) throws -> ContactID? {
        // Nobody can be reached by the id of somebody who was erased.
        if case .contact = report.subject, contact == nil { return nil }
        let kind: ProviderReport.Kind =
            switch report.activity.kind {
            case .hardBounced: .bounced
            case .complained: .complained
            default: .unsubscribed
            }
        let extent: OptOut.Extent = report.activity.scope.map { .scope($0) } ?? .global
        let command = TakeReport(
            connector: nil,
            report: ProviderReport(
                kind,
                of: report.subject,
                // A complaint speaks of the sender, not of the list it came by.
                extent: kind == .complained ? .global : extent,
                at: report.activity.at
            )
        )
        let done = try command.decide(in: transaction)
        decision.events += done.events
        decision.jobs += done.jobs
        return done.events.lazy.compactMap { event in
            if case .contactAdded(let contact, _) = event { contact.id } else { nil }
        }.first
    }
}

/// Whom a batch is about, looked up and locked together.
private struct ActivityPeople {
    private let byAddress: [Address: ContactID]
    private let living: [ContactID: Bool]

    init(_ reports: [ActivityReport], in transaction: Transaction) throws {
        var addresses: Set<Address> = []
        var ids: Set<ContactID> = []
        for report in reports {
            switch report.subject {
            case .address(let address): addresses.insert(address)
            case .contact(let id): ids.insert(id)
            }
        }
        byAddress = try transaction.contacts(at: addresses)
        living = try transaction.lockLiving(ids.union(byAddress.values))
    }

    func isKnown(_ id: ContactID) -> Bool { living[id] != nil }

    /// The person, if anything can still be kept about them.
    func living(_ subject: Subject) -> ContactID? {
        let contact: ContactID? =
            switch subject {
            case .address(let address): byAddress[address]
            case .contact(let id): id
            }
        return contact.flatMap { living[$0] == true ? $0 : nil }
    }
}
