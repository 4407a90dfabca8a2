// All that the guard's rule reads, in memory, as of one moment of the database.

import HeedConsent
import HeedStore

/// Why a table cannot be brought up to date in the time an answer has.
enum GuardGap: Sendable {
    /// Too much has happened.
    case changes
    /// Blocks came whose events name nobody, and there are many blocks.
    case blocks
    /// Everything has to be read again.
    case everything
}

/// Scopes, addresses, permissions and blocks as of a mark.
struct GuardTable: Sendable {
    /// What is being asked.
    struct Question: Sendable {
        /// The scope's number.
        let scope: Int
        /// Its kind.
        let kind: Scope.Kind
        /// Since when older consent is not enough.
        let reconsentSince: Timestamp?
        /// The present.
        let now: Timestamp
    }

    /// The scopes by number, and the same the other way round.
    var scopes: [Scope] = []
    var scopeNumbers: [ScopeName: Int] = [:]
    var reconsents: [[Timestamp]] = []
    var mark: GuardMark
    var addresses: AddressTable
    var blocks = BlockTable()
    /// When policies that were agreed to took effect, by number; the first is none.
    private var policies: [Timestamp?] = [nil]
    private var policyNumbers: [Timestamp: UInt16] = [:]
    private var verdicts = FactVerdicts()

    /// Begins with the scopes, and with nobody.
    init(in transaction: Transaction) throws {
        mark = try transaction.guardNews(since: nil, limit: 0).mark
        let registry = try GuardRegistry(in: transaction)
        let counts = try transaction.row(
            "SELECT (SELECT count(*) FROM addresses), (SELECT count(*) FROM suppressions)"
        )
        addresses = AddressTable(
            scopes: registry.scopes.count,
            capacity: Int(try counts?.integer(0) ?? 0)
        )
        blocks = BlockTable(capacity: Int(try counts?.integer(1) ?? 0))
        apply(registry)
    }

    /// Bytes it takes, beside what does not grow with people.
    var byteCount: Int { addresses.byteCount + blocks.byteCount }

    /// What a question needs to know once; nil for a scope that there is not.
    func question(_ scope: ScopeName, at now: Timestamp) -> Question? {
        guard let number = scopeNumbers[scope] else { return nil }
        return Question(
            scope: number,
            kind: scopes[number].kind,
            reconsentSince: reconsents[number].filter { $0 <= now }.max(),
            now: now
        )
    }

    /// The guard's answer for an address with its number, if anybody has it, and when the yes it
    /// rests on ends.
    private mutating func decide(
        _ keys: LookupWords,
        at address: Int?,
        _ question: Question
    ) -> (verdict: FactVerdicts.Verdict, expiresAt: Timestamp?) {
        let scope = question.scope
        var facts = address.map { addresses.facts(of: $0, in: scope) } ?? .none
        if blocks.count > 0 {
            facts = facts | blocks.facts(at: keys.match, isWidened: false, in: scope)
            if let widened = keys.widened {
                facts = facts | blocks.facts(at: widened, isWidened: true, in: scope)
            }
        }
        let verdict = verdicts.verdict(facts, question.kind)
        guard verdict.reason == .allowed, let address else { return (verdict, nil) }
        let end = addresses.end(of: address, in: scope)
        let expiresAt = end == AddressTable.never ? nil : Timestamp(microseconds: end)
        let reason = SendDecision.reason(
            grantedUntil: expiresAt,
            agreedTo: policies[Int(addresses.policy(of: address, in: scope))],
            reconsentSince: question.reconsentSince,
            at: question.now
        )
        guard reason == .allowed else {
            return (FactVerdicts.Verdict(reason: reason, optOutStatus: nil), nil)
        }
        return (verdict, expiresAt)
    }

    /// Whom a question is about, where, and when.
    struct Asked {
        let many: [LookupWords]
        let scope: ScopeName
        let now: Timestamp
    }

    /// Answers for all; nil where there is no such scope.
    ///
    /// Mutating as a whole, so that the table is worked on where it is and never copied.
    mutating func answers(_ asked: Asked, _ position: Int64) -> GuardIndex.Answers? {
        guard let question = question(asked.scope, at: asked.now) else { return nil }
        var answers = GuardIndex.Answers(
            verdicts: [],
            position: position,
            validUntil: SendDecision.validUntil(nil, at: asked.now)
        )
        answers.verdicts.reserveCapacity(asked.many.count)
        // A few at a time: the processor waits for their places in memory at once, where nothing
        // else stands between them.
        var numbers = InlineArray<16, Int?>(repeating: nil)
        for start in stride(from: 0, to: asked.many.count, by: numbers.count) {
            let some = start..<min(start + numbers.count, asked.many.count)
            for index in some { numbers[index - start] = addresses.find(asked.many[index].match) }
            for index in some {
                let found = decide(asked.many[index], at: numbers[index - start], question)
                answers.verdicts.append(found.verdict)
                if let expiresAt = found.expiresAt {
                    answers.validUntil = min(answers.validUntil, expiresAt)
                }
            }
        }
        return answers
    }

    /// Takes the registry in; the scopes must be the same unless there is nobody yet.
    mutating func apply(_ registry: GuardRegistry) {
        scopes = registry.scopes
        scopeNumbers = Dictionary(
            uniqueKeysWithValues: scopes.enumerated().map { ($1.name, $0) }
        )
        reconsents = scopes.map { registry.reconsents[$0.name] ?? [] }
    }

    /// Puts addresses in, each with the rows of its permissions side by side.
    ///
    /// - Throws: where there are more policies than numbers for them.
    mutating func put(_ rows: [GuardAddress]) throws {
        var permissions: [IndexedPermission] = []
        for (index, row) in rows.enumerated() {
            // A scope that is not known here is in the news, and begins the table anew.
            if let scope = row.scope.flatMap({ scopeNumbers[$0] }) {
                permissions.append(
                    IndexedPermission(
                        scope: scope,
                        facts: FactBits(row.permission),
                        policy: try number(ofPolicy: row.permission.policyEffectiveAt),
                        expiresAt: row.permission.expiresAt?.microseconds ?? AddressTable.never
                    )
                )
            }
            if index + 1 < rows.count, rows[index + 1].match == row.match { continue }
            let keys = LookupWords(match: row.match, widened: row.widened)
            addresses.remove(row.match)
            addresses.insert(keys, of: row.contact, permissions)
            permissions.removeAll(keepingCapacity: true)
        }
    }

    /// Puts blocks in; those on the same keys must be gone.
    mutating func put(_ rows: [GuardBlock]) {
        for row in rows {
            let scope =
                row.scope.isEmpty
                ? 0
                : scopeNumbers[ScopeName(stored: row.scope)].map { UInt16($0 + 1) }
                    ?? BlockTable.elsewhere
            blocks.insert(
                IndexedBlock(
                    key: row.key,
                    isWidened: row.isWidened,
                    scope: scope,
                    facts: FactBits(row.reason, isPending: row.isPending),
                    owner: row.owner?.tag
                )
            )
        }
    }

    /// Gives every policy its number, so that nothing fails later.
    mutating func number(_ rows: [GuardAddress]) throws {
        for row in rows { _ = try number(ofPolicy: row.permission.policyEffectiveAt) }
    }

    private mutating func number(ofPolicy time: Timestamp?) throws -> UInt16 {
        guard let time else { return 0 }
        if let number = policyNumbers[time] { return number }
        guard let number = UInt16(exactly: policies.count) else {
            throw StoreError(.corrupt, "more policies took effect than the index has numbers for")
        }
        policies.append(time)
        policyNumbers[time] = number
        return number
    }
}

/// Scopes and since when older consent to them is not enough.
struct GuardRegistry: Sendable {
    let scopes: [Scope]
    let reconsents: [ScopeName: [Timestamp]]

    init(in transaction: Transaction) throws {
        scopes = try transaction.scopes()
        reconsents = try transaction.reconsents()
    }
}
