// Hands a scope's list out, a page at a time, between two lines of the audit log.

package import HeedConsent
package import HeedEngine
import HeedLists
import HeedStore

/// Exports who stands where with a scope.
///
/// Where somebody stands is what the guard says at that moment, so a list never says "subscribed"
/// of an address that would be refused.
package struct ListExporter: Sendable {
    private let engine: Engine
    private let scope: ScopeName
    private let format: ExportFormat
    private let actor: Actor

    /// Names the list, the format with its file, and who asks.
    ///
    /// - Throws: `Refusal` for a format or status nobody knows.
    package init(
        engine: Engine,
        scope: String,
        format: (name: String, status: String?),
        actor: Actor
    ) throws(Refusal) {
        self.engine = engine
        self.scope = try ScopeName(scope)
        self.format = try ExportFormat.named(format.name, status: format.status)
        self.actor = actor
    }

    /// Writes down that the export begins, and refuses a scope nobody knows.
    package func begin() async throws -> ListRun {
        let name = format.format.rawValue
        let begin = BeginExport(scope: scope, format: name)
        let (id, scope) = try await engine.perform(begin, as: actor).receipt
        return ListRun(engine: engine, actor: actor, format: format, scope: scope, id: id)
    }
}

/// A list on its way out, asked for piece by piece in the memory of one.
package struct ListRun: Sendable {
    /// People on a page: some hundred kilobytes of memory.
    private static let pageSize: Int64 = 500

    private let engine: Engine
    private let actor: Actor
    private let format: ExportFormat
    private let scope: Scope
    private let id: ExportID
    private var after: [UInt8]?
    private var isAtEnd = false
    /// How many rows left by status, and as `leftOut` those the format has no place for.
    package private(set) var counts: [String: Int] = [:]

    fileprivate init(
        engine: Engine,
        actor: Actor,
        format: ExportFormat,
        scope: Scope,
        id: ExportID
    ) {
        self.engine = engine
        self.actor = actor
        self.format = format
        self.scope = scope
        self.id = id
    }

    /// The next lines; nil at the end, when it is written down how many left.
    package mutating func next() async throws -> String? {
        guard let start = after else {
            after = [UInt8](repeating: 0, count: 16)
            return format.header
        }
        guard !isAtEnd else { return nil }
        let question = ListPage(scope: scope, after: start, limit: ListRun.pageSize)
        let page = try await engine.ask(question)
        guard let last = page.last else {
            isAtEnd = true
            try await end(.finished)
            return nil
        }
        after = last.bytes
        return page.rows.reduce(into: "") { text, row in
            let line = format.line(row)
            counts[line == nil ? "leftOut" : row.status.rawValue, default: 0] += 1
            text += line ?? ""
        }
    }

    /// Says that the list ends before its end: the reader went away, or the database did.
    ///
    /// What of the last lines arrived nobody knows; they count as having left.
    package func breakOff() async {
        // The line that it began stands in any case.
        do { try await end(.brokenOff) } catch { return }
    }

    private func end(_ stage: ListExport.Stage) async throws {
        let export = ListExport(
            id: id,
            scope: scope.name,
            format: format.format.rawValue,
            stage: stage,
            counts: counts
        )
        _ = try await engine.perform(EndExport(export: export), as: actor)
    }
}

private struct BeginExport: Command {
    let scope: ScopeName
    let format: String

    func decide(in transaction: Transaction) throws -> Decision<(ExportID, Scope)> {
        let scope = try transaction.requireScope(scope)
        let export = ListExport(
            id: transaction.newID(),
            scope: scope.name,
            format: format,
            stage: .started
        )
        return Decision((export.id, scope), events: [.listExported(export)])
    }
}

private struct EndExport: Command {
    let export: ListExport

    func decide(in transaction: Transaction) throws -> Decision<Bool> {
        Decision(true, events: [.listExported(export)])
    }
}

/// Some people of a list, with where they stand.
struct ListPage: Query {
    struct Answer: Sendable {
        let rows: [ExportRow]
        /// The last person looked at; nil at the end.
        let last: ContactID?
    }

    let scope: Scope
    let after: [UInt8]
    let limit: Int64

    func answer(in transaction: Transaction) throws -> Answer {
        let end = [UInt8](repeating: 0xFF, count: 16)
        let range = ContactRange(after: after, through: end)
        guard let last = try transaction.contactIDs(in: range, limit: limit).last else {
            return Answer(rows: [], last: nil)
        }
        let page = ContactRange(after: after, through: last.bytes)
        let people = try transaction.listedPeople(in: page, scope: scope)
        let facts = try transaction.facts(about: people.map(\.keys), scope.name)
        let rows = zip(people, facts).compactMap { person, facts in
            ListPage.row(person, facts, at: transaction.now)
        }
        return Answer(rows: rows, last: last)
    }

    /// Nil for somebody the scope knows nothing of.
    private static func row(
        _ person: ListedPerson,
        _ facts: GuardFacts,
        at now: Timestamp
    ) -> ExportRow? {
        let reason = SendDecision(facts, at: now).reason
        guard let status = status(reason) else { return nil }
        var row = ExportRow(address: person.address, status: status)
        row.reason = reason.rawValue
        let since = blocks(reason).flatMap { kind in
            facts.suppressions.filter { kind.contains($0.reason) }.map(\.since).min()
        }
        row.at = since ?? person.decidedAt
        if status == .subscribed { row.evidence = person.evidence ?? Evidence() }
        row.locale = person.contact.locale
        row.region = person.contact.region
        row.externalID = person.contact.externalID
        return row
    }

    private static func status(_ reason: SendDecision.Reason) -> ExportStatus? {
        switch reason {
        case .allowed: .subscribed
        case .unknownContact, .noConsent: nil
        // An old yes that is not enough any more is no "no": they may be asked again.
        case .unconfirmed, .expired, .policyOutdated: .pending
        case .complaint: .complained
        case .hardBounce: .cleaned
        case .legalBlock, .erased, .manualBlock, .restricted, .globalOptOut, .optOut, .denied,
            .withdrawn:
            .unsubscribed
        }
    }

    /// The blocks that a reason may rest on.
    private static func blocks(_ reason: SendDecision.Reason) -> Set<SuppressionReason>? {
        switch reason {
        case .complaint: [.complaint]
        case .hardBounce: [.hardBounce]
        case .legalBlock: [.legal]
        case .manualBlock: [.manual]
        case .globalOptOut: [.optOutGlobal]
        case .optOut: [.optOut]
        default: nil
        }
    }
}
