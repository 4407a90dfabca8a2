// What people read of evidence: a page that prints, and the head of the same for programs.

import Foundation
import HeedConsent
import HeedLedger
import HeedRights
import HeedStore

/// Writes the page and what stands around the rows in JSON.
struct EvidenceDocument: Sendable {
    private let evidence: BegunEvidence
    private let times: EvidenceTimes

    init(_ evidence: BegunEvidence) {
        self.evidence = evidence
        times = EvidenceTimes(zone: evidence.terms.timeZone)
    }

    private var begun: BeginEvidence.Begun { evidence.begun }
    private var order: EvidenceOrder { evidence.order }
    private var facts: EvidenceFacts { evidence.facts }

    // MARK: - JSON

    /// The members before the rows, without the closing brace.
    var jsonBeginning: String {
        var members = [
            ("format", EvidenceDocument.quoted("heed-evidence-v1")),
            ("export", EvidenceDocument.quoted(begun.id.text)),
            ("exportedAt", EvidenceDocument.quoted(begun.at.text)),
            (
                "exportedBy",
                EvidenceDocument.object([
                    ("type", order.actor.kind.rawValue), ("id", order.actor.id),
                ])
            ), ("reason", EvidenceDocument.quoted(order.reason)),
            ("controller", EvidenceDocument.list(evidence.terms.controller)),
            ("timeZone", EvidenceDocument.quoted(evidence.terms.timeZone.identifier)),
            ("verifier", EvidenceDocument.quoted(evidence.verifier)),
            ("position", String(facts.position)),
        ]
        switch begun.matter {
        case .person(let contact):
            members.append(("about", EvidenceDocument.quoted("person")))
            if let contact { members.append(("contact", EvidenceDocument.quoted(contact.text))) }
            members += [
                ("erased", facts.isErased ? "true" : "false"), ("standing", standing),
                ("suppressions", suppressions),
            ]
        case .period(let from, let to):
            members += [
                ("about", EvidenceDocument.quoted("period")),
                ("from", EvidenceDocument.quoted(from.text)),
                ("to", EvidenceDocument.quoted(to.text)),
            ]
        }
        return "{\n" + members.map { "  \"\($0.0)\": \($0.1)" }.joined(separator: ",\n")
    }

    private var standing: String {
        let rows = facts.standing.map { standing in
            EvidenceDocument.object([
                ("scope", standing.scope.name.text), ("kind", standing.scope.kind.rawValue),
                ("answer", standing.decision.reason.rawValue),
                ("recordId", standing.decision.record?.text),
                ("optOutId", standing.decision.optOut?.text),
            ])
        }
        return "[" + rows.joined(separator: ", ") + "]"
    }

    private var suppressions: String {
        let rows = facts.blocks.map { block in
            EvidenceDocument.object([
                ("reason", block.reason.rawValue), ("scope", block.scope?.text),
                ("since", block.since.text), ("source", block.source.text),
                ("optOutId", block.optOut?.text),
            ])
        }
        return "[" + rows.joined(separator: ", ") + "]"
    }

    /// The policy versions, as the last member.
    func json(_ policies: [EvidencePolicy]) -> String {
        let rows = policies.map { found in
            EvidenceDocument.object([
                ("version", found.policy.version), ("url", found.policy.url),
                ("textSha256", hexadecimal(found.policy.textHash)),
                ("effectiveAt", found.policy.effectiveAt.text), ("text", found.text),
                ("event", found.event?.text),
            ])
        }
        return ",\n  \"policies\": [\n    " + rows.joined(separator: ",\n    ") + "\n  ]"
    }

    private static func object(_ members: [(String, String?)]) -> String {
        let texts = members.compactMap { name, value in
            value.map { quoted(name) + ": " + quoted($0) }
        }
        return "{" + texts.joined(separator: ", ") + "}"
    }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.map(quoted).joined(separator: ", ") + "]"
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        appendQuoted(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: - The page

    /// The page up to the rows.
    var htmlBeginning: String {
        let title: String
        switch begun.matter {
        case .person(let contact?): title = "Evidence about contact \(contact.text)"
        case .person(nil): title = "Evidence about an address"
        case .period(let from, let to): title = "Evidence from \(from.text) to \(to.text)"
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Markup.policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Markup.escaped(title))</title>
            <style>\(EvidenceStyle.text)</style>
            </head>
            <body>
            <main>
            <h1>\(Markup.escaped(title))</h1>
            \(about)
            \(standingPart)
            \(blocksPart)

            """
    }

    private var about: String {
        let actor = "\(order.actor.kind.rawValue) \(order.actor.id)"
        var rows: [(String, String)] = [
            ("Why it was made", Markup.escaped(order.reason)),
            (
                "Made by",
                Markup.escaped(named(actor, kind: order.actor.kind.rawValue, id: order.actor.id))
            ),
            ("Made at", times.both(begun.at)),
            ("Times", "In UTC, and in " + Markup.escaped(times.place(at: begun.at)) + "."),
            ("Export", "<code>\(begun.id.text)</code>"),
        ]
        if !evidence.terms.controller.isEmpty {
            let lines = evidence.terms.controller.map(Markup.escaped).joined(separator: "<br>")
            rows.insert(("Responsible", lines), at: 0)
        }
        switch begun.matter {
        case .person(let contact):
            let unknown =
                facts.isErased ? "not known. " + EvidenceWords.byReceipt : EvidenceWords.blockOnly
            rows.append(("Person", contact.map { "<code>\($0.text)</code>" } ?? unknown))
            if facts.isErased { rows.append(("Erased", EvidenceWords.erased)) }
        case .period(let from, let to):
            rows += [
                ("From", times.both(from)), ("To (not included)", times.both(to)),
                ("People", EvidenceWords.idsOnly),
            ]
        }
        rows += [
            ("Log key", "<code>\(Markup.escaped(evidence.verifier))</code>"),
            ("How to check", EvidenceWords.howToCheck),
        ]
        let terms = rows.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }
        return "<dl class=\"about\">" + terms.joined(separator: "\n") + "</dl>"
    }

    private var standingPart: String {
        guard !facts.standing.isEmpty else { return "" }
        let items = facts.standing.map { standing in
            let may = standing.decision.allowed ? "may be written to" : "may not be written to"
            let why = EvidenceWords.why(standing.decision.reason)
            let scope = "\(standing.scope.name.text) (\(standing.scope.kind.rawValue))"
            return "<li><strong>\(Markup.escaped(scope))</strong>: \(may). \(why)</li>"
        }
        return "<h2>Where the person stands</h2><p>When this was made, at position "
            + "\(facts.position) of the log:</p><ul>" + items.joined() + "</ul>"
    }

    private var blocksPart: String {
        guard case .person = begun.matter else { return "" }
        guard !facts.blocks.isEmpty else {
            return "<h2>Blocks</h2><p>None that is known"
                + (facts.isErased ? "; " + EvidenceWords.blocksOfErased : "") + ".</p>"
        }
        let rows = facts.blocks.map { block in
            [
                Markup.escaped(block.reason.rawValue),
                Markup.escaped(block.scope?.text ?? "all it applies to"), times.both(block.since),
                Markup.escaped(block.source.text), block.optOut?.text ?? "",
            ]
        }
        return "<h2>Blocks</h2><p>Kept by keyed hash of the address, so that no later list revives "
            + "the person.</p>"
            + EvidenceDocument.table(["Reason", "Scope", "Since", "Source", "Opt-out"], rows)
            + "</tbody></table>"
    }

    /// A part up to its rows.
    func beginning(of section: EvidenceSection) -> String {
        let heading = "<h2>\(EvidenceWords.heading(section.name))</h2>\n"
        let heads = EvidenceWords.columns(of: section).map(EvidenceWords.label)
        switch section {
        case .timeline:
            return heading + "<p>\(EvidenceWords.timeline)</p>"
                + EvidenceDocument.table(EvidenceDocument.timelineHeads)
        default: return heading + EvidenceDocument.table(heads)
        }
    }

    /// What stands in a part that has no rows.
    func none(in section: EvidenceSection) -> String {
        var count = EvidenceWords.columns(of: section).count
        if case .timeline = section { count = EvidenceDocument.timelineHeads.count }
        return "<tr><td colspan=\"\(count)\">None.</td></tr>"
    }

    /// The end of a part.
    func end(of section: EvidenceSection) -> String { "</tbody></table>\n" }

    /// Rows of a part.
    func rows(_ rows: [[PersonalCell]], of section: EvidenceSection) -> String {
        if case .timeline = section { return rows.map(line).joined() }
        let names = EvidenceWords.columns(of: section)
        let columns = names.compactMap { name in section.columns.firstIndex { $0.name == name } }
        // What the table has no column for stands below the row, so that nothing is left out.
        let rest = section.columns.indices.filter { !columns.contains($0) }
        return rows.map { row in
            let cells = columns.map { "<td>\(cell(row[$0], section.columns[$0]))</td>" }
            let more = rest.filter { row[$0] != .none }.map { index in
                "<b>\(EvidenceWords.label(section.columns[index].name)):</b> "
                    + cell(row[index], section.columns[index])
            }
            let below =
                more.isEmpty
                ? ""
                : "<tr class=\"more\"><td colspan=\"\(columns.count)\">"
                    + more.joined(separator: " · ") + "</td></tr>"
            return "<tr>\(cells.joined())</tr>\(below)\n"
        }
        .joined()
    }

    private func cell(_ cell: PersonalCell, _ column: PersonalCategory.Column) -> String {
        let text = ExportRows.text(cell)
        if column.form == .time, let time = Timestamp(text: text) { return times.both(time) }
        let escaped = times.beside(in: Markup.escaped(text))
        return column.form == .id || column.form == .hash
            ? "<code>\(escaped)</code>" : "<bdi>\(escaped)</bdi>"
    }

    /// A line of the log.
    private func line(_ row: [PersonalCell]) -> String {
        func text(_ index: Int) -> String { ExportRows.text(row[index]) }
        let (kind, at) = (text(3), Timestamp(text: text(2)))
        var details: [String] = []
        if row[5] != .none { details.append("scope \(text(5))") }
        if row[6] != .none || row[7] != .none {
            details.append("\(row[6] == .none ? "new" : text(6)) → \(text(7))")
        }
        if case .object(let facts) = row[13] {
            details += facts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        }
        if row[11] != .none { details.append("about \(text(11))") }
        if ReadEntries.kindsWithDocument.contains(kind) {
            details.append("its text: events/\(text(1)).document")
        }
        if row[4] != .none, case .period = begun.matter { details.append("contact \(text(4))") }
        let facts = details.map {
            "<bdi class=\"fact\">\(times.beside(in: Markup.escaped($0)))</bdi>"
        }
        let actor = named("\(text(9)) \(text(10))", kind: text(9), id: text(10))
        let source = row[8] == .none ? "" : "<br>by way of \(Markup.escaped(text(8)))"
        return "<tr><td>\(at.map(times.both) ?? "")</td>"
            + "<td><strong>\(EvidenceWords.event(kind))</strong><br><code>"
            + "\(Markup.escaped(kind))</code></td>"
            + "<td>\(facts.joined(separator: "<br>"))</td>"
            + "<td>\(Markup.escaped(actor))\(source)</td>"
            + "<td>\(text(0))<br><code>\(text(1))</code></td></tr>\n"
    }

    /// Who did something, with what the operator calls their key.
    private func named(_ actor: String, kind: String, id: String) -> String {
        guard kind == Actor.Kind.apiKey.rawValue, let label = facts.keyLabels[id],
            !label.isEmpty
        else { return actor }
        return "\(actor) (\(label))"
    }

    /// The policy versions.
    func html(_ policies: [EvidencePolicy]) -> String {
        guard !policies.isEmpty else { return "" }
        let parts = policies.map { found in
            let url = found.policy.url.map { "<p>\(Markup.escaped($0))</p>" } ?? ""
            let text = found.text.map { "<pre>\(Markup.escaped($0))</pre>" }
            return "<h3>Version \(Markup.escaped(found.policy.version))</h3>\(url)"
                + "<p>In force from \(times.both(found.policy.effectiveAt)). SHA-256 of the text: "
                + "<code>\(hexadecimal(found.policy.textHash))</code></p>"
                + (text ?? "<p>The text itself was not registered, only its hash.</p>")
        }
        return "<h2>What people were shown</h2>" + parts.joined(separator: "\n")
    }

    /// The end of the page.
    let htmlEnd = "</main>\n</body>\n</html>\n"

    private static let timelineHeads = ["When", "What", "Details", "By", "Place in the log"]

    private static func table(_ heads: [String], _ rows: [[String]] = []) -> String {
        let cells = heads.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let body = rows.map { row in
            "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        return "<table><thead><tr>\(cells)</tr></thead><tbody>\n" + body.joined(separator: "\n")
    }
}
