// Hands a scope's list out, a page at a time, between two lines of the audit log.

package import HeedConsent
package import HeedEngine
import HeedLists
import HeedStore

/// Exports who stands where with a scope, or who of them may be written to.
///
/// Where somebody stands is what the guard says at that moment, so a list never says "subscribed"
/// of an address that would be refused.
package struct ListExporter: Sendable {
    private let engine: Engine
    private let scope: ScopeName
    private let form: ListForm
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
        form = .program(try ExportFormat.named(format.name, status: format.status))
        self.actor = actor
    }

    /// Names the scope whose audience is wanted, how it is written, and who asks.
    package init(
        engine: Engine,
        audienceOf scope: String,
        form: AudienceForm,
        actor: Actor
    ) throws(Refusal) {
        self.engine = engine
        self.scope = try ScopeName(scope)
        self.form = .audience(form)
        self.actor = actor
    }

    /// Writes down that the export begins, and refuses a scope nobody knows.
    package func begin() async throws -> ListRun {
        let begin = BeginExport(scope: scope, format: form.name)
        let (id, scope) = try await engine.perform(begin, as: actor).receipt
        return ListRun(engine: engine, actor: actor, form: form, scope: scope, id: id)
    }
}

/// A list on its way out, asked for piece by piece in the memory of one.
package struct ListRun: Sendable {
    /// People on a page: some hundred kilobytes of memory.
    private static let pageSize: Int64 = 500

    private let engine: Engine
    private let actor: Actor
    private let form: ListForm
    private let scope: Scope
    private let id: ExportID
    private var after: [UInt8]?
    private var isAtEnd = false
    /// How many rows left by status, and as `leftOut` those the format has no place for; of an
    /// audience how many people there are by the guard's reason, of whom the allowed left.
    package private(set) var counts: [String: Int] = [:]
    /// How fresh the list is: as fresh as its first page, and until the first yes on it ends.
    package private(set) var freshness: ListFreshness?

    fileprivate init(
        engine: Engine,
        actor: Actor,
        form: ListForm,
        scope: Scope,
        id: ExportID
    ) {
        self.engine = engine
        self.actor = actor
        self.form = form
        self.scope = scope
        self.id = id
    }

    /// The next lines; nil at the end, when it is written down how many left.
    package mutating func next() async throws -> String? {
        guard let start = after else {
            after = [UInt8](repeating: 0, count: 16)
            return form.header
        }
        guard !isAtEnd else { return nil }
        let question = ListPage(
            scope: scope,
            after: start,
            limit: ListRun.pageSize,
            content: form.content
        )
        let page = try await engine.ask(question)
        freshness = freshness?.with(page.freshness) ?? page.freshness
        guard let last = page.last else {
            isAtEnd = true
            try await end(.finished)
            return nil
        }
        after = last.bytes
        return try page.rows.reduce(into: "") { text, row in
            let line = try form.line(row)
            counts[form.count(row, left: line), default: 0] += 1
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
            format: form.name,
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
