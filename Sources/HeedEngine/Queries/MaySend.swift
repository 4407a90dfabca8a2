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

/// Asks about many addresses and one scope, all as of one position or later.
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

    /// One recipient's answer.
    public struct Verdict: Sendable {
        /// The text as it was given.
        public let recipient: String
        /// The decision; an unreadable address is unknown, so it is refused.
        public let reason: SendDecision.Reason
        /// Where the opt-out behind a refusal stands.
        public let optOutStatus: Permission.OptOutStatus?
        /// What few are asked for or have, on its own: campaigns move millions of verdicts.
        private let more: More?

        init(
            _ recipient: String,
            _ reason: SendDecision.Reason,
            _ optOutStatus: Permission.OptOutStatus?,
            _ more: More? = nil
        ) {
            self.recipient = recipient
            self.reason = reason
            self.optOutStatus = optOutStatus
            self.more = more
        }

        /// Why the text is not an address.
        public var invalid: String? { more?.invalid }
        /// Links for a message to this person, when they were asked for and it may go.
        public var links: MailLinks? { more?.links }
        /// The person, where that was to be known.
        var contact: ContactID? { more?.contact }
        /// The consent record behind the answer, where that was to be known.
        var record: ConsentID? { more?.record }

        /// What a verdict may have beside its answer.
        final class More: Sendable {
            let invalid: String?
            let links: MailLinks?
            let contact: ContactID?
            let record: ConsentID?

            init(
                invalid: String? = nil,
                links: MailLinks? = nil,
                contact: ContactID? = nil,
                record: ConsentID? = nil
            ) {
                self.invalid = invalid
                self.links = links
                self.contact = contact
                self.record = record
            }
        }
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

        fileprivate init(
            verdicts: [Verdict],
            position: Int64,
            validUntil: Timestamp,
            readings: Readings
        ) {
            self.verdicts = verdicts
            self.position = position
            self.validUntil = validUntil
            self.readings = readings
        }

        /// Of the parts of a list, in its order; there is at least one.
        fileprivate init(_ parts: [Answer]) {
            var verdicts: [Verdict] = []
            verdicts.reserveCapacity(parts.reduce(0) { $0 + $1.verdicts.count })
            for part in parts { verdicts += part.verdicts }
            self.init(
                verdicts: verdicts,
                position: parts[0].position,
                validUntil: parts.reduce(parts[0].validUntil) { min($0, $1.validUntil) },
                readings: Readings(parts.map(\.readings))
            )
        }

        /// The recipients' keyed hashes; nil for what is no address.
        var keys: [KeyWords?] { readings.matches(of: verdicts.count) }

        /// How many answers there are of each reason.
        public var counts: [SendDecision.Reason: Int] {
            verdicts.reduce(into: [:]) { $0[$1.reason, default: 0] += 1 }
        }
    }

    /// Refuses a scope nobody knows.
    public func answer(in transaction: Transaction) throws -> Answer {
        try answer(from: Readings(recipients[...], transaction.vault), in: transaction)
    }

    /// The same from memory; links need more than an index has.
    public func answer(
        in transaction: Transaction,
        from memory: GuardMemory
    ) throws -> Answer {
        let readings = Readings(recipients[...], transaction.vault)
        guard isInMemory, let found = try memory.decide(readings.keys, scope, in: transaction)
        else { return try answer(from: readings, in: transaction) }
        return answer(found, readings, on: recipients[...])
    }

    /// The same without a transaction, where nothing was committed since memory was proven fresh.
    ///
    /// Many are answered by as many tasks as it is worth. What is committed meanwhile may show in
    /// the later parts: every answer is as fresh as the position, or fresher.
    func answer(from memory: GuardMemory) async -> Answer? {
        guard isInMemory, let moment = memory.moment, let proof = memory.index.proof(at: moment)
        else { return nil }
        let source = Source(index: memory.index, proof: proof, now: moment.now)
        let answer =
            recipients.count < 2 * MaySendMany.share
            ? answer(about: recipients[...], source) : await sideBySide(source)
        if answer != nil { memory.index.countProvenAnswer() }
        return answer
    }

    private func sideBySide(_ source: Source) async -> Answer? {
        let share = MaySendMany.share
        return await withTaskGroup(of: (Int, Answer?).self) { group in
            for start in stride(from: 0, to: recipients.count, by: share) {
                let part = recipients[start..<min(start + share, recipients.count)]
                group.addTask { (start, answer(about: part, source)) }
            }
            var parts: [(start: Int, answer: Answer)] = []
            for await (start, part) in group {
                guard let part else { return nil }
                parts.append((start, part))
            }
            parts.sort { $0.start < $1.start }
            return Answer(parts.map(\.answer))
        }
    }

    /// Recipients to a task: half a millisecond's work, against microseconds to begin one.
    private static let share = 1000

    /// Memory that was proven fresh.
    private struct Source: Sendable {
        let index: GuardIndex
        let proof: GuardIndex.Proof
        let now: Timestamp
    }

    private func answer(about part: ArraySlice<String>, _ source: Source) -> Answer? {
        // Before the lock: reading and hashing addresses is most of the work.
        let readings = Readings(part, source.proof.vault)
        return source.index.decide(readings.keys, scope, by: source.proof, at: source.now)
            .map { answer($0, readings, on: part) }
    }

    /// True for a question that an index has all of.
    private var isInMemory: Bool { !withLinks && detail == .answers }

    private func answer(
        _ found: GuardIndex.Answers,
        _ readings: Readings,
        on recipients: ArraySlice<String>
    ) -> Answer {
        Answer(
            verdicts: readings.verdicts(on: recipients) { recipient, number in
                let verdict = found.verdicts[number]
                return Verdict(recipient, verdict.reason, verdict.optOutStatus)
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
        let decisions: [SendDecision] = try transaction.decide(readings.keys.map(\.keys), scope)
        let verdicts = readings.verdicts(on: recipients[...]) { recipient, number in
            let decision = decisions[number]
            if decision.allowed { validUntil = min(validUntil, decision.validUntil) }
            guard !isInMemory else {
                return Verdict(recipient, decision.reason, decision.optOutStatus)
            }
            let more = Verdict.More(
                links: withLinks ? transaction.links(for: decision, in: scope) : nil,
                contact: detail == .records ? decision.contact : nil,
                record: detail == .records ? decision.record : nil
            )
            return Verdict(recipient, decision.reason, decision.optOutStatus, more)
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

        init(_ recipients: ArraySlice<String>, _ vault: Vault) {
            var keys: [LookupWords] = []
            var refusals: [Int: Refusal] = [:]
            keys.reserveCapacity(recipients.count)
            for (index, recipient) in zip(recipients.indices, recipients) {
                do throws(Refusal) {
                    keys.append(try vault.lookupWords(reading: recipient))
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

        /// Those of the parts of a list, in its order.
        init(_ parts: [Readings]) {
            self.init(
                keys: parts.flatMap(\.keys),
                refusals: parts.reduce(into: [:]) { $0.merge($1.refusals) { $1 } }
            )
        }

        /// The keyed hash that identifies each text; nil for what is no address.
        func matches(of count: Int) -> [KeyWords?] {
            guard !refusals.isEmpty else { return keys.map(\.match) }
            var next = keys[...]
            return (0..<count).map { index in
                refusals[index] == nil ? next.popFirst()?.match : nil
            }
        }

        /// A verdict for each text, `verdict` giving that of an address by its number among them.
        func verdicts(
            on recipients: ArraySlice<String>,
            _ verdict: (String, Int) -> Verdict
        ) -> [Verdict] {
            var verdicts: [Verdict] = []
            verdicts.reserveCapacity(recipients.count)
            var number = 0
            for (index, recipient) in zip(recipients.indices, recipients) {
                if !refusals.isEmpty, let refusal = refusals[index] {
                    let more = Verdict.More(invalid: refusal.message)
                    verdicts.append(Verdict(recipient, .unknownContact, nil, more))
                } else {
                    verdicts.append(verdict(recipient, number))
                    number += 1
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
