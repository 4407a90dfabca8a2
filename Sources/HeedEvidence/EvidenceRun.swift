// Evidence on its way out: first what people read, then what was logged, then what proves it.

import Crypto
import HeedConsent
import HeedEngine
import HeedLedger
import HeedRights
import HeedStore

/// The files of a bundle, asked for piece by piece in the memory of a page.
///
/// A part is read once for `evidence.json` and once for `evidence.html`. What is written while this
/// runs is not in it. The list of files is written down in the log before the proofs are made, so
/// that the proof of that line proves the files.
package struct EvidenceRun {
    /// Rows on a page.
    private static let pageSize: Int64 = 500

    private enum Form: Sendable {
        case json, html
    }

    private enum Step: Sendable {
        case file(String)
        case unlisted(String)
        case text(String)
        case rows(EvidenceSection, Form)
        case policies(Form)
        case entries(Int)
        case manifest
        case record
        case proofs(Int)
        case checkpoint
    }

    private let evidence: BegunEvidence
    private let document: EvidenceDocument
    private var steps: [Step]
    private var pieces: [EvidencePiece] = []
    private var place = SectionPlace()
    private var isFirst = true
    private var manifest = ProofBundle.Manifest()
    /// The file that is being written, when it is to be in the list.
    private var current: (path: String, hash: SHA256)?
    /// The events of the bundle, in their order.
    private var events: [EventID] = []
    private var versions: Set<String> = []
    private var batches: Set<String> = []
    /// SHA-256 of the list of files, once it was written.
    package private(set) var manifestHash: [UInt8] = []
    private var head: PublishedCheckpoint.Head?
    /// How many rows left, by kind.
    package private(set) var counts: [String: Int] = [:]

    init(_ evidence: BegunEvidence) {
        self.evidence = evidence
        document = EvidenceDocument(evidence)
        let sections = evidence.begun.sections
        var steps: [Step] = [.file("evidence.json"), .text(document.jsonBeginning)]
        for section in sections {
            steps += [
                .text(",\n  \"\(section.name)\": ["), .rows(section, .json), .text("]"),
            ]
        }
        steps += [.policies(.json), .text("\n}\n"), .file("evidence.html")]
        steps.append(.text(document.htmlBeginning))
        for section in sections {
            steps += [
                .text(document.beginning(of: section)), .rows(section, .html),
                .text(document.end(of: section)),
            ]
        }
        steps += [
            .policies(.html), .text(document.htmlEnd), .entries(0), .file("README.txt"),
            .text(ProofBundle.Manifest.readme), .file("verifier.txt"),
            .text("\(evidence.verifier)\n"), .unlisted(ProofBundle.Manifest.path), .manifest,
            .record, .proofs(0), .unlisted("checkpoint"), .checkpoint,
        ]
        self.steps = steps.reversed()
    }

    /// The next piece; nil at the end.
    package mutating func next() async throws -> EvidencePiece? {
        while true {
            if !pieces.isEmpty { return pieces.removeFirst() }
            guard let step = steps.popLast() else { return nil }
            try await take(step)
        }
    }

    /// Says that the bundle ends before its end: the reader went away, or the database did.
    package func breakOff() async {
        // The line that it began stands in any case.
        let export = evidence.begun.export(evidence.command, .brokenOff, counts: counts)
        let end = EndEvidence(export: export)
        do { _ = try await evidence.engine.perform(end, as: evidence.order.actor) } catch { return }
    }

    private mutating func take(_ step: Step) async throws {
        switch step {
        case .file(let path): begin(path)
        case .unlisted(let path): begin(path, .unlisted)
        case .text(let text): add(Array(text.utf8))
        case .rows(let section, let form): try await rows(section, form)
        case .policies(let form): try await policies(form)
        case .entries(let index): try await entries(from: index)
        case .manifest:
            let bytes = manifest.bytes
            manifestHash = Array(SHA256.hash(data: bytes))
            add(bytes)
        case .record: try await record()
        case .proofs(let index): try await proofs(from: index)
        case .checkpoint: add(head?.note.bytes ?? [])
        }
    }

    // MARK: - What people read

    private mutating func rows(_ section: EvidenceSection, _ form: Form) async throws {
        let page = try await evidence.engine.ask(
            ReadSectionPage(
                section: section,
                begun: evidence.begun,
                place: place,
                limit: EvidenceRun.pageSize
            )
        )
        switch form {
        case .json:
            add(ExportRows(columns: section.columns).json(page.rows, isFirst: isFirst))
            counts[section.name, default: 0] += page.rows.count
            note(page, of: section)
        case .html:
            let isEmpty = isFirst && page.rows.isEmpty && page.next == nil
            add(
                Array(
                    (isEmpty
                        ? document.none(in: section) : document.rows(page.rows, of: section)).utf8
                )
            )
        }
        isFirst = isFirst && page.rows.isEmpty
        if let next = page.next {
            place = next
            steps.append(.rows(section, form))
        } else {
            (place, isFirst) = (SectionPlace(), true)
        }
    }

    /// Keeps what the rest of the bundle follows from.
    private mutating func note(_ page: ReadSectionPage.Page, of section: EvidenceSection) {
        events += page.lines.map(\.id)
        for line in page.lines {
            if let version = line.facts["policyVersion"] { versions.insert(version) }
            if line.kind == "policy.published", let version = line.facts["version"] {
                versions.insert(version)
            }
        }
        for text in texts("policyVersion", page, section) { versions.insert(text) }
        for text in texts("batchId", page, section) { batches.insert(text) }
    }

    private func texts(
        _ name: String,
        _ page: ReadSectionPage.Page,
        _ section: EvidenceSection
    ) -> [String] {
        guard let column = section.columns.firstIndex(where: { $0.name == name }) else {
            return []
        }
        return page.rows.compactMap { row in
            if case .text(let text) = row[column] { text } else { nil }
        }
    }

    private mutating func policies(_ form: Form) async throws {
        let found = try await evidence.engine.ask(ReadPolicies(versions: versions.sorted()))
        switch form {
        case .json:
            add(Array(document.json(found).utf8))
            counts["policies"] = found.count
            let sends = ReadSendLines(batches: batches.sorted())
            let others =
                try await found.compactMap(\.event) + evidence.engine.ask(sends)
            let known = Set(events)
            events += others.filter { !known.contains($0) }
        case .html: add(Array(document.html(found).utf8))
        }
    }

    // MARK: - What was logged, and the proofs

    /// So many events are read, or proved, at a time.
    private static let eventsAtOnce = 50

    private mutating func entries(from index: Int) async throws {
        guard index < events.count else { return }
        let page = Array(events.dropFirst(index).prefix(EvidenceRun.eventsAtOnce))
        for entry in try await evidence.engine.ask(ReadEntries(events: page)) {
            begin("events/\(entry.id.text).json")
            add(entry.body)
            guard let document = entry.document else { continue }
            begin("events/\(entry.id.text).document")
            add(document)
        }
        steps.append(.entries(index + page.count))
    }

    /// Writes the hash of the list into the log, and waits until it is proved there.
    private mutating func record() async throws {
        let export = evidence.begun.export(
            evidence.command,
            .finished,
            counts: counts,
            manifest: manifestHash
        )
        _ = try await evidence.engine.perform(
            EndEvidence(export: export),
            as: evidence.order.actor
        )
        let wait = LogWait(engine: evidence.engine, terms: evidence.terms)
        let event: EventID
        (event, head) = try await wait.prove(export, known: evidence.begun.reach)
        events.append(event)
        for entry in try await evidence.engine.ask(ReadEntries(events: [event])) {
            begin("events/\(entry.id.text).json", .unlisted)
            add(entry.body)
        }
    }

    private mutating func proofs(from index: Int) async throws {
        guard index < events.count, let head else { return }
        let page = Array(events.dropFirst(index).prefix(EvidenceRun.eventsAtOnce))
        for event in try await evidence.engine.ask(ProveEvents(page, under: head)) {
            begin("events/\(event.name).tlog-proof", .unlisted)
            add(event.proof.bytes)
        }
        steps.append(.proofs(index + page.count))
    }

    // MARK: - Pieces

    private enum Listing {
        case listed, unlisted
    }

    private mutating func begin(_ path: String, _ listing: Listing = .listed) {
        if let current { manifest.add(current.path, sha256: Array(current.hash.finalize())) }
        current = listing == .listed ? (path, SHA256()) : nil
        pieces.append(.file(path))
    }

    private mutating func add(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        current?.hash.update(data: bytes)
        pieces.append(.bytes(bytes))
    }
}
