// The guard: whether addresses may be written to for a scope, as of now.

public import HeedConsent
public import HeedStore

/// The guard's answer with its freshness.
public struct GuardAnswer: Sendable {
    /// The decision.
    public let decision: SendDecision
    /// The log's position the answer is as fresh as.
    public let position: Int64
    /// Links for a message to this person, when they were asked for and it may go.
    public let links: MailLinks?
    /// The keyed hashes of the addresses asked about.
    let keys: [KeyWords?]
}

/// Asks about one person and one scope.
///
/// Every send path ends here or in `MaySendMany`.
public struct MaySend: Query {
    let subject: Subject
    let scope: ScopeName
    let withLinks: Bool

    /// Names the person and the scope; `withLinks` asks for a message's links as well.
    public init(subject: Subject, scope: ScopeName, withLinks: Bool = false) {
        self.subject = subject
        self.scope = scope
        self.withLinks = withLinks
    }

    /// Refuses a scope nobody knows; an unknown person is an answer, not an error.
    public func answer(in transaction: Transaction) throws -> GuardAnswer {
        let decision: SendDecision
        let keys: [LookupKeys]
        switch subject {
        case .address(let address):
            keys = [transaction.vault.lookupKeys(for: address)]
            decision = try transaction.decide(keys[0], scope)
        case .contact(let id):
            keys = try transaction.lookupKeys(of: id)
            decision = try transaction.decide(keys, scope)
        }
        return GuardAnswer(
            decision: decision,
            position: try transaction.position(),
            links: withLinks ? transaction.links(for: decision, in: scope) : nil,
            keys: keys.map { KeyWords(bytes: $0.match) }
        )
    }
}

/// Asks about many addresses and one scope, all as of one snapshot.
public struct MaySendMany: Query {
    /// At most so many recipients a question.
    public static let recipientsMaximum = 10_000

    /// What is to be known of each recipient.
    public enum Detail: Sendable {
        /// The answer.
        case answers
        /// Also the person and the record behind it, which no index in memory has.
        case records
    }

    let recipients: [String]
    let scope: ScopeName
    let withLinks: Bool
    let detail: Detail

    /// Names the recipients and the scope; refuses more than `recipientsMaximum`.
    public init(
        recipients: [String],
        scope: ScopeName,
        withLinks: Bool = false,
        detail: Detail = .answers
    ) throws(Refusal) {
        guard recipients.count <= MaySendMany.recipientsMaximum else {
            throw Refusal(
                .tooLarge,
                field: "recipients",
                "at most \(MaySendMany.recipientsMaximum) recipients a call; "
                    + "split a longer list"
            )
        }
        self.recipients = recipients
        self.scope = scope
        self.withLinks = withLinks
        self.detail = detail
    }

    /// One recipient's answer; `invalid` says why the text is not an address.
    public struct Verdict: Sendable {
        /// The text as it was given.
        public let recipient: String
        /// The decision; an unreadable address is unknown, so it is refused.
        public let reason: SendDecision.Reason
        /// Where the opt-out behind a refusal stands.
        public let optOutStatus: Permission.OptOutStatus?
        /// Why the text is not an address.
        public let invalid: String?
        /// Links for a message to this person, when they were asked for and it may go.
        public let links: MailLinks?
        /// The person, where that was to be known.
        var contact: ContactID?
        /// The consent record behind the answer, where that was to be known.
        var record: ConsentID?
    }

    /// All answers, in the order asked.
    public struct Answer: Sendable {
        /// One for each recipient.
        public let verdicts: [Verdict]
        /// The log's position all answers are as fresh as.
        public let position: Int64
        /// Until when all answers may be used.
        public let validUntil: Timestamp
        fileprivate let readings: Readings
        /// The recipients' keyed hashes; nil for what is no address.
        var keys: [KeyWords?] { readings.matches(of: verdicts.count) }

        /// How many answers there are of each reason.
        public var counts: [SendDecision.Reason: Int] {
            verdicts.reduce(into: [:]) { $0[$1.reason, default: 0] += 1 }
        }
    }

    /// Refuses a scope nobody knows.
    public func answer(in transaction: Transaction) throws -> Answer {
        try answer(from: Readings(recipients, transaction.vault), in: transaction)
    }

    /// The same from memory; links need more than an index has.
    public func answer(
        in transaction: Transaction,
        from memory: GuardMemory
    ) throws -> Answer {
        let readings = Readings(recipients, transaction.vault)
        guard isInMemory, let found = try memory.decide(readings.keys, scope, in: transaction)
        else { return try answer(from: readings, in: transaction) }
        return answer(found, readings)
    }

    /// The same without a transaction, where nothing was committed since memory was proven fresh.
    func answer(from memory: GuardMemory) async -> Answer? {
        guard isInMemory, let moment = memory.moment, let proof = memory.index.proof(at: moment)
        else { return nil }
        // Before the lock, and side by side: reading and hashing addresses is most of the work.
        let readings = await Readings.sideBySide(recipients, proof.vault)
        return memory.index.decide(readings.keys, scope, by: proof, at: moment.now)
            .map { answer($0, readings) }
    }

    /// True for a question that an index has all of.
    private var isInMemory: Bool { !withLinks && detail == .answers }

    private func answer(_ found: GuardIndex.Answers, _ readings: Readings) -> Answer {
        var verdicts = found.verdicts[...]
        return Answer(
            verdicts: readings.verdicts(on: recipients) { recipient in
                verdicts.popFirst().map { verdict in
                    Verdict(
                        recipient: recipient,
                        reason: verdict.reason,
                        optOutStatus: verdict.optOutStatus,
                        invalid: nil,
                        links: nil
                    )
                }
            },
            position: found.position,
            validUntil: found.validUntil,
            readings: readings
        )
    }

    private func answer(
        from readings: Readings,
        in transaction: Transaction
    ) throws -> Answer {
        var validUntil = SendDecision.validUntil(nil, at: transaction.now)
        var decisions = try transaction.decide(readings.keys.map(\.keys), scope)[...]
        let verdicts = readings.verdicts(on: recipients) { recipient in
            decisions.popFirst().map { decision in
                if decision.allowed { validUntil = min(validUntil, decision.validUntil) }
                return Verdict(
                    recipient: recipient,
                    reason: decision.reason,
                    optOutStatus: decision.optOutStatus,
                    invalid: nil,
                    links: withLinks ? transaction.links(for: decision, in: scope) : nil,
                    contact: detail == .records ? decision.contact : nil,
                    record: detail == .records ? decision.record : nil
                )
            }
        }
        return Answer(
            verdicts: verdicts,
            position: try transaction.position(),
            validUntil: validUntil,
            readings: readings
        )
    }

    /// What the texts were read as.
    fileprivate struct Readings: Sendable {
        /// The keyed hashes of those that are addresses, in their order.
        let keys: [LookupWords]
        /// Why others are none, by their place.
        let refusals: [Int: Refusal]

        init(_ recipients: [String], _ vault: Vault) { self.init(recipients[...], vault) }

        private init(_ recipients: ArraySlice<String>, _ vault: Vault) {
            var keys: [LookupWords] = []
            var refusals: [Int: Refusal] = [:]
            keys.reserveCapacity(recipients.count)
            for (index, recipient) in zip(recipients.indices, recipients) {
                do throws(Refusal) {
                    keys.append(vault.lookupWords(for: try Address(email: recipient)))
                } catch {
                    refusals[index] = error
                }
            }
            self.init(keys: keys, refusals: refusals)
        }

        private init(keys: [LookupWords], refusals: [Int: Refusal]) {
            self.keys = keys
            self.refusals = refusals
        }

        /// The same by as many tasks as it is worth.
        static func sideBySide(_ recipients: [String], _ vault: Vault) async -> Readings {
            guard recipients.count >= 2 * share else { return Readings(recipients, vault) }
            return await withTaskGroup(of: (Int, Readings).self) { group in
                for start in stride(from: 0, to: recipients.count, by: share) {
                    let part = recipients[start..<min(start + share, recipients.count)]
                    group.addTask { (start, Readings(part, vault)) }
                }
                var parts: [(start: Int, readings: Readings)] = []
                for await part in group { parts.append(part) }
                parts.sort { $0.start < $1.start }
                return Readings(
                    keys: parts.flatMap(\.readings.keys),
                    refusals: parts.reduce(into: [:]) { $0.merge($1.readings.refusals) { $1 } }
                )
            }
        }

        /// Recipients to a task: a millisecond's work, against microseconds to begin one.
        private static let share = 1000

        /// The keyed hash that identifies each text; nil for what is no address.
        func matches(of count: Int) -> [KeyWords?] {
            guard !refusals.isEmpty else { return keys.map(\.match) }
            var next = keys[...]
            return (0..<count).map { index in
                refusals[index] == nil ? next.popFirst()?.match : nil
            }
        }

        /// A verdict for each text, `next` giving those of the addresses.
        func verdicts(
            on recipients: [String],
            _ next: (String) throws -> Verdict?
        ) rethrows -> [Verdict] {
            var verdicts: [Verdict] = []
            verdicts.reserveCapacity(recipients.count)
            for (index, recipient) in recipients.enumerated() {
                if !refusals.isEmpty, let refusal = refusals[index] {
                    verdicts.append(
                        Verdict(
                            recipient: recipient,
                            reason: .unknownContact,
                            optOutStatus: nil,
                            invalid: refusal.message,
                            links: nil
                        )
                    )
                } else if let verdict = try next(recipient) {
                    verdicts.append(verdict)
                }
            }
            return verdicts
        }
    }
}

extension Transaction {
    func decide(_ keys: LookupKeys, _ scope: ScopeName) throws -> SendDecision {
        guard let facts = try guardFacts(for: keys, in: scope) else {
            _ = try requireScope(scope)
            throw StoreError(.corrupt, "a scope that exists gave no answer")
        }
        return SendDecision(facts, at: now)
    }

    fileprivate func decide(
        _ many: [LookupKeys],
        _ scope: ScopeName
    ) throws -> [SendDecision] {
        try facts(about: many, scope).map { SendDecision($0, at: now) }
    }

    /// What the guard's rule decides on, for a list that says since when as well.
    package func facts(about many: [LookupKeys], _ scope: ScopeName) throws -> [GuardFacts] {
        guard let facts = try guardFacts(for: many, in: scope) else {
            _ = try requireScope(scope)
            throw StoreError(.corrupt, "a scope that exists gave no answer")
        }
        return facts
    }

    /// A person is refused when any of their addresses is: we do not know which one will be used.
    fileprivate func decide(_ keys: [LookupKeys], _ scope: ScopeName) throws -> SendDecision {
        let decisions = try keys.map { try decide($0, scope) }
        if let refused = decisions.first(where: { !$0.allowed }) ?? decisions.first {
            return refused
        }
        return SendDecision(GuardFacts(scope: try requireScope(scope)), at: now)
    }
}
