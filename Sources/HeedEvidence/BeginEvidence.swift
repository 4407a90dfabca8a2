// The lines of the audit log around an export of evidence, and what is known when it begins.

import HeedConsent
import HeedEngine
import HeedStore

/// Writes down that evidence is about to leave, and finds what it is about.
struct BeginEvidence: Command {
    /// The most events in a bundle: each is two small files.
    static let eventsMaximum = 20_000

    let question: EvidenceQuestion
    let source: Source
    let reason: String

    init(_ order: EvidenceOrder) {
        (question, source, reason) = (order.question, order.source, order.reason)
    }

    /// An export that is written down.
    struct Begun: Sendable {
        let id: ExportID
        let at: Timestamp
        let matter: EvidenceExport.Matter
        let reach: LogReach

        /// The lines of the log it is made of; nil where no person is left.
        var stretch: LogStretch? {
            switch matter {
            case .person(let contact): contact.map { .person($0, through: at) }
            case .period(let from, let to): .period(LogPeriod(from: from, to: to))
            }
        }
    }

    func decide(in transaction: Transaction) throws -> Decision<Begun> {
        let matter = try matter(in: transaction)
        if case .person(let contact?) = matter {
            _ = try transaction.resolve(.contact(contact))
        }
        let draft = Begun(
            id: transaction.newID(),
            at: transaction.now,
            matter: matter,
            reach: .none
        )
        let reach = try draft.stretch.map { try transaction.reach(of: $0) } ?? draft.reach
        guard reach.count <= BeginEvidence.eventsMaximum else {
            throw Refusal(
                .tooLarge,
                field: field,
                "\(reach.count) events are more than the \(BeginEvidence.eventsMaximum) of one "
                    + "bundle; ask for a shorter period"
            )
        }
        let begun = Begun(id: draft.id, at: draft.at, matter: matter, reach: reach)
        return Decision(begun, events: [.evidenceExported(begun.export(self, .started))])
    }

    private var field: String {
        if case .period = question { return "from" }
        return "contact"
    }

    private func matter(in transaction: Transaction) throws -> EvidenceExport.Matter {
        switch question {
        case .contact(let id):
            guard try transaction.contact(id) != nil else {
                throw Refusal(.notFound, field: "contact", "there is no contact with this id")
            }
            return .person(id)
        case .receipt(let token, let address):
            guard token.count == 16, let request = try transaction.request(token: token) else {
                throw Refusal(.notFound, field: "receipt", "this token belongs to no request")
            }
            if let address { try require(address, toBe: request.contact, in: transaction) }
            return .person(request.contact)
        case .address(let address):
            if let id = try transaction.contactID(at: address) { return .person(id) }
            let blocks = try transaction.suppressions(
                at: transaction.vault.lookupKeys(for: address)
            )
            guard !blocks.isEmpty else {
                throw Refusal(
                    .notFound,
                    field: "address",
                    "nobody is known at this address, and nothing is kept about it"
                )
            }
            // Several people may have had one mailbox; whose the rest is, nobody can say then.
            let owners = try transaction.erasedOwners(of: blocks)
            return .person(owners.count == 1 ? owners.first : nil)
        case .period(let from, let to):
            let end = min(to ?? transaction.now, transaction.now)
            guard from < transaction.now else {
                throw Refusal(.invalid, field: "from", "this time has not come yet")
            }
            let period = LogPeriod(from: from, to: end)
            // In whole milliseconds: between two instants of one there are no ids.
            guard period.from < period.to else {
                throw Refusal(.invalid, field: "to", "a period ends after it begins")
            }
            return .period(from: period.from, to: period.to)
        }
    }
}

extension BeginEvidence {
    /// Refuses an address that is known to be somebody else's, or a bundle about one person would
    /// have the blocks and the standing of another.
    private func require(
        _ address: Address,
        toBe contact: ContactID,
        in transaction: Transaction
    ) throws {
        let owner = try transaction.contactID(at: address)
        let blocks = try transaction.suppressions(at: transaction.vault.lookupKeys(for: address))
        let erased = try transaction.erasedOwners(of: blocks)
        guard owner == nil || owner == contact, erased.isEmpty || erased.contains(contact) else {
            throw Refusal(
                .conflict,
                field: "address",
                "this address is somebody else's than the receipt; leave one of them out"
            )
        }
    }
}

extension BeginEvidence.Begun {
    /// The parts that it is read in.
    var sections: [EvidenceSection] {
        switch matter {
        case .person: EvidenceSection.ofPerson
        case .period: EvidenceSection.ofPeriod
        }
    }

    /// What the log says of it.
    func export(
        _ command: BeginEvidence,
        _ stage: ListExport.Stage,
        counts: [String: Int] = [:],
        manifest: [UInt8]? = nil
    ) -> EvidenceExport {
        EvidenceExport(
            id: id,
            matter: matter,
            reason: command.reason,
            source: command.source,
            stage: stage,
            counts: counts,
            manifest: manifest
        )
    }
}

/// Writes down what left, with the hash of the list of files.
struct EndEvidence: Command {
    let export: EvidenceExport

    func decide(in transaction: Transaction) throws -> Decision<Bool> {
        if case .person(let contact?) = export.matter {
            _ = try transaction.resolve(.contact(contact))
        }
        return Decision(true, events: [.evidenceExported(export)])
    }
}

/// The line that an export has left at its stage; the last one binds its files.
struct FindExported: Query {
    let export: EvidenceExport
    /// The person's lines that were there when it began.
    let known: LogReach

    func answer(in transaction: Transaction) throws -> AuditEvent? {
        let lines: [StoredEvent]
        switch export.matter {
        case .person(let contact?):
            let stretch = LogStretch.person(contact, through: transaction.now)
            let reach = try transaction.reach(of: stretch)
            lines = try transaction.lines(
                of: stretch,
                after: max(reach.before, known.last),
                through: reach.last,
                limit: 1000
            )
        case .person(nil), .period:
            lines = try transaction.lines(about: export.id.bytes, limit: 10)
        }
        return lines.lazy.compactMap { AuditEvent(canonical: $0.body) }.first {
            $0.kind == export.eventKind && $0.subject == export.id.bytes
        }
    }
}

/// What is known beside the rows when an export begins.
struct EvidenceFacts: Sendable {
    /// Where somebody stands now in one scope.
    struct Standing: Sendable {
        let scope: Scope
        let decision: SendDecision
    }

    /// Whether the person's data was erased.
    let isErased: Bool
    /// What the guard says at this moment, scope by scope.
    let standing: [Standing]
    /// The blocks that are known.
    let blocks: [Suppression]
    /// What operators call API keys, revoked ones too, by the ids that actors have.
    let keyLabels: [String: String]
    /// The log's position this is as fresh as.
    let position: Int64
}

/// Reads what is known beside the rows.
struct ReadEvidenceFacts: Query {
    let matter: EvidenceExport.Matter
    let address: Address?

    func answer(in transaction: Transaction) throws -> EvidenceFacts {
        let labels = try transaction.apiKeyRecords().map { ($0.key.id, $0.key.label) }
        let keyLabels = Dictionary(labels) { first, _ in first }
        guard case .person(let contact) = matter else {
            return EvidenceFacts(
                isErased: false,
                standing: [],
                blocks: [],
                keyLabels: keyLabels,
                position: try transaction.position()
            )
        }
        var keys = try contact.map { try transaction.lookupKeys(of: $0) } ?? []
        if let address {
            let named = transaction.vault.lookupKeys(for: address)
            if !keys.contains(named) { keys.append(named) }
        }
        var blocks: [Suppression] = []
        for key in keys {
            for block in try transaction.suppressions(at: key) where !blocks.contains(block) {
                blocks.append(block)
            }
        }
        var standing: [EvidenceFacts.Standing] = []
        for scope in try transaction.scopes() {
            let decisions = try transaction.facts(about: keys, scope.name)
                .map { SendDecision($0, at: transaction.now) }
            // A person is refused when any of their addresses is, as the guard has it.
            if let decision = decisions.first(where: { !$0.allowed }) ?? decisions.first {
                standing.append(EvidenceFacts.Standing(scope: scope, decision: decision))
            }
        }
        return EvidenceFacts(
            // Of an address alone a block may be all there is: only one says that somebody was
            // erased, a bounce does not.
            isErased: try contact.map { try transaction.isErased($0) }
                ?? blocks.contains { $0.reason == .erasure },
            standing: standing,
            blocks: blocks,
            keyLabels: keyLabels,
            position: try transaction.position()
        )
    }
}
