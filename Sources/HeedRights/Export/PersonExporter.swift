// Hands a person's data out as an archive, a page at a time, between two lines of the audit log.

public import HeedConsent
public import HeedEngine
import HeedLists
package import HeedStore

/// Exports everything that is known about one person (GDPR, articles 15 and 20, CCPA 1798.110).
///
/// One call, that contact's data only, and itself audited.
/// Its end meets a verified request for access that is open, so that no such request is closed
/// without the data having been made.
public struct PersonExporter: Sendable {
    /// Which way the export was asked for.
    public struct Way: Sendable {
        /// Who asked.
        public let actor: Actor
        /// How.
        public let source: Source
        /// The language of the page in it; the person's own when nil.
        public let language: String?

        /// Takes all three.
        public init(actor: Actor, source: Source, language: String? = nil) {
            self.actor = actor
            self.source = source
            self.language = language
        }
    }

    private let engine: Engine
    private let subject: Subject
    private let way: Way
    private let terms: ExportTerms

    /// Names the person, the way, and what is said beside the data.
    public init(engine: Engine, subject: Subject, way: Way, terms: ExportTerms) {
        self.engine = engine
        self.subject = subject
        self.way = way
        self.terms = terms
    }

    /// Writes down that the export begins, and refuses somebody nobody knows or who was erased, and
    /// a language there are no words in.
    public func begin() async throws -> BegunExport {
        if let language = way.language, !terms.languages.has(language) {
            let all = terms.languages.all.map(\.tag).joined(separator: ", ")
            throw Refusal(.invalid, field: "language", "this has to be one of: \(all)")
        }
        let begin = BeginPersonExport(subject: subject, source: way.source)
        let begun = try await engine.perform(begin, as: way.actor).receipt
        let facts = try await engine.ask(ReadExportFacts(contact: begun.contact))
        return BegunExport(engine: engine, way: way, terms: terms, begun: begun, facts: facts)
    }
}

/// An export that is written down and of which nothing has left.
public struct BegunExport: Sendable {
    fileprivate let engine: Engine
    fileprivate let way: PersonExporter.Way
    fileprivate let terms: ExportTerms
    fileprivate let begun: BeginPersonExport.Begun
    fileprivate let facts: ExportFacts

    /// The archive, from its beginning.
    public func run() -> PersonRun { PersonRun(self) }
}

/// An archive on its way out, asked for piece by piece in the memory of one.
///
/// A category is read once for `data.json` and once for its table, page by page; nothing of it
/// waits in memory or on a disk.
public struct PersonRun {
    /// Rows on a page: some hundred kilobytes of memory.
    private static let pageSize: Int64 = 500

    private enum Form: Sendable {
        case json, table
    }

    private enum Step: Sendable {
        case begin(String)
        case text(String)
        case rows(PersonalCategory, Form)
        case page
        case end
        case finish
    }

    private let engine: Engine
    private let way: PersonExporter.Way
    private let begun: BeginPersonExport.Begun
    private let span: PersonalSpan
    private var steps: [Step]
    private var document: ExportDocument
    private var writer: ZipWriter
    private var place = PersonalPlace()
    private var isFirst = true
    /// How many rows left, by category.
    public private(set) var counts: [String: Int] = [:]

    fileprivate init(_ export: BegunExport) {
        engine = export.engine
        way = export.way
        begun = export.begun
        span = PersonalSpan(contact: begun.contact, through: begun.at)
        let wanted = [way.language, export.facts.contact.locale].compactMap(\.self)
        document = ExportDocument(
            language: export.terms.languages.best(of: wanted),
            terms: export.terms,
            facts: export.facts,
            at: begun.at
        )
        writer = ZipWriter(at: begun.at)
        var steps: [Step] = [.begin("data.json"), .text(document.beginning(of: begun.id))]
        for category in PersonalCategory.all {
            steps += [
                .text(",\n  \"\(category.name)\": ["), .rows(category, .json), .text("]"),
            ]
        }
        steps += [.text("\n}\n"), .end]
        for category in PersonalCategory.all {
            steps += [
                .begin("\(category.name).csv"), .text(ExportRows(category: category).header),
                .rows(category, .table), .end,
            ]
        }
        self.steps = (steps + [.begin("index.html"), .page, .end, .finish]).reversed()
    }

    /// The next bytes; nil at the end, when it is written down how much left.
    public mutating func next() async throws -> [UInt8]? {
        while let step = steps.last {
            let bytes = try await take(step)
            if !bytes.isEmpty { return bytes }
        }
        return nil
    }

    /// Says that the archive ends before its end: the reader went away, or the database did.
    public func breakOff() async {
        // The line that it began stands in any case.
        do { try await close(.brokenOff) } catch { return }
    }

    private mutating func take(_ step: Step) async throws -> [UInt8] {
        if case .rows(let category, let form) = step { return try await rows(category, form) }
        if case .finish = step {
            // Written down before the last bytes leave, so a whole archive has its line.
            try await close(.finished)
            steps.removeLast()
            return writer.finish()
        }
        steps.removeLast()
        switch step {
        case .begin(let path): return try writer.begin(path)
        case .text(let text): return try writer.add(Array(text.utf8))
        case .page: return try writer.add(Array(document.html(counts).utf8))
        case .end: return try writer.end()
        case .rows, .finish: return []
        }
    }

    private mutating func rows(_ category: PersonalCategory, _ form: Form) async throws -> [UInt8] {
        let page = try await engine.ask(
            ReadPersonalPage(
                category: category,
                span: span,
                place: place,
                limit: PersonRun.pageSize
            )
        )
        let rows = ExportRows(category: category)
        let bytes: [UInt8]
        switch form {
        case .json: bytes = rows.json(page.rows, isFirst: isFirst)
        case .table:
            bytes = rows.lines(page.rows)
            counts[category.name, default: 0] += page.rows.count
            document.keep(page.rows, of: category)
        }
        isFirst = isFirst && page.rows.isEmpty
        if let next = page.next {
            place = next
        } else {
            (place, isFirst) = (PersonalPlace(), true)
            steps.removeLast()
        }
        return try writer.add(bytes)
    }

    private func close(_ stage: ListExport.Stage) async throws {
        let export = PersonExport(
            id: begun.id,
            contact: begun.contact,
            source: way.source,
            stage: stage,
            counts: counts
        )
        _ = try await engine.perform(EndPersonExport(export: export), as: way.actor)
    }
}

/// Writes down that an export begins.
package struct BeginPersonExport: Command {
    /// What is to be handed out, about whom, and up to when.
    package struct Begun: Sendable {
        /// The export.
        package let id: ExportID
        /// The person.
        package let contact: ContactID
        /// What was written later is left out.
        package let at: Timestamp
    }

    let subject: Subject
    let source: Source

    /// Names the person and the way.
    package init(subject: Subject, source: Source) {
        self.subject = subject
        self.source = source
    }

    /// Whom it is about.
    package var needs: Needs { subject.needs }

    /// Refuses somebody nobody knows, or who was erased.
    package func decide(in transaction: Transaction) throws -> Decision<Begun> {
        if case .contact(let id) = subject {
            guard try transaction.contact(id) != nil else {
                throw Refusal(.notFound, field: "id", "there is no contact with this id")
            }
        }
        let person = try transaction.resolve(subject)
        guard person.added == nil else {
            throw Refusal(.notFound, field: "address", "nobody is known at this address")
        }
        guard try !transaction.isErased(person.id) else {
            throw Refusal(.conflict, field: "contactId", "this person's data was erased")
        }
        let begun = Begun(id: transaction.newID(), contact: person.id, at: transaction.now)
        let export = PersonExport(
            id: begun.id,
            contact: person.id,
            source: source,
            stage: .started
        )
        return Decision(begun, events: [.personExported(export)])
    }
}

/// Writes down how an export ended, and completes a request for access that waited for it.
package struct EndPersonExport: Command {
    let export: PersonExport

    /// Takes what was handed out.
    package init(export: PersonExport) { self.export = export }

    /// A verified request for access is answered by a whole export.
    package func decide(in transaction: Transaction) throws -> Decision<Bool> {
        _ = try transaction.resolve(.contact(export.contact))
        var events: [Event] = [.personExported(export)]
        let open = try transaction.requests(of: export.contact).first {
            $0.kind == .access && $0.status == .verified
        }
        if export.stage == .finished, let open {
            events += try open.answered(as: .completed, in: transaction).1
        }
        return Decision(true, events: events)
    }
}
