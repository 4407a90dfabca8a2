// The page in an export that people read, and what stands before the data that programs read.

import HeedConsent
import HeedStore

/// Writes the page; it keeps the newest rows of each category and no others.
struct ExportDocument: Sendable {
    /// Rows of a category on the page; all are in its table.
    private static let rowsMaximum = 50
    /// Columns on the page, where the first five are not the ones to show.
    private static let shown: [String: [String]] = [
        "profile": ["externalId", "language", "region", "createdAt"],
        "consents": ["scope", "decision", "givenAt", "source", "policyVersion", "ip"],
        "formSubmissions": ["scope", "decision", "givenAt", "formUrl", "ip", "userAgent"],
        "permissions": ["scope", "state", "decidedAt", "expiresAt"],
        "optOuts": ["scope", "status", "requestedAt", "source", "statement"],
        "optOutAnswers": ["system", "state", "answer", "confirmedAt"],
        "events": ["kind", "campaign", "at", "ip", "userAgent"],
        "sends": ["decidedAt", "reason", "scope", "campaign"],
        "requests": ["kind", "status", "requestedAt", "deadlineAt", "endedAt"],
        "requestAnswers": ["system", "state", "answer", "confirmedAt"],
        "auditTrail": ["at", "kind", "scope", "source"],
    ]
    /// Columns whose words are stored ones.
    private static let stored: Set<String> = [
        "state", "status", "reason", "kind", "channel", "optOutStatus",
    ]

    let language: PageLanguage
    let terms: ExportTerms
    let facts: ExportFacts
    let time: Timestamp
    private var newest: [String: [[PersonalCell]]] = [:]

    init(language: PageLanguage, terms: ExportTerms, facts: ExportFacts, at time: Timestamp) {
        self.language = language
        self.terms = terms
        self.facts = facts
        self.time = time
    }

    /// Takes rows that come after those it has.
    mutating func keep(_ rows: [[PersonalCell]], of category: PersonalCategory) {
        let all = newest[category.name, default: []] + rows
        newest[category.name] = Array(all.suffix(ExportDocument.rowsMaximum))
    }

    /// The members of `data.json` before the categories, without the closing brace.
    func beginning(of id: ExportID) -> String {
        let purposes = facts.purposes.map { ["scope": $0.scope.text, "basis": $0.basis] }
        let recipients = facts.recipients.map { ["name": $0.name, "kind": $0.kind] }
        let retention =
            "{\"auditLogDays\": \(terms.logDays), \"consentRecordDays\": \(terms.recordDays)}"
        let controller = terms.controller.map(ExportDocument.quoted).joined(separator: ", ")
        return """
            {
              "format": "heed-person-v1",
              "export": "\(id.text)",
              "exportedAt": "\(time.text)",
              "controller": [\(controller)],
              "purposes": \(ExportDocument.array(purposes)),
              "recipients": \(ExportDocument.array(recipients)),
              "retention": \(retention)
            """
    }

    private static func array(_ objects: [[String: String]]) -> String {
        let texts = objects.map { object in
            let members = object.sorted { $0.key < $1.key }.map { name, value in
                quoted(name) + ": " + quoted(value)
            }
            return "{" + members.joined(separator: ", ") + "}"
        }
        return "[" + texts.joined(separator: ", ") + "]"
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        appendQuoted(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The page.
    func html(_ counts: [String: Int]) -> String {
        let title = Markup.escaped(language["dataTitle"])
        let parts = PersonalCategory.all.map { part($0, count: counts[$0.name] ?? 0) }
        return """
            <!DOCTYPE html>
            <html lang="\(Markup.escaped(language.tag))" dir="\(language.direction)">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Markup.policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>\(Markup.style)</style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            <p>\(text("dataText", ["time": language.minute(of: time.text)]))</p>
            \((about + parts).joined(separator: "\n"))
            </main>
            </body>
            </html>

            """
    }

    private func text(_ key: String, _ values: [String: String] = [:]) -> String {
        // The words may turn letters: each value keeps a direction of its own.
        Markup.entities(language.text(key, values.mapValues(Markup.visible)))
    }

    /// What Article 15(1) wants said beside the data.
    private var about: [String] {
        let purposes = facts.purposes.map { purpose in
            "\(title(purpose.scope.text)): " + language["basis-" + purpose.basis]
        }
        let recipients = facts.recipients.map { "\($0.name) (\($0.kind))" }
        let days = ["records": String(terms.recordDays), "log": String(terms.logDays)]
        var about: [String] = []
        if !terms.controller.isEmpty {
            about.append(section("dataControllerHeading", list: terms.controller))
        }
        about.append(section("dataPurposesHeading", list: purposes + [language["dataProofText"]]))
        about.append(
            recipients.isEmpty
                ? section("dataRecipientsHeading", text("dataRecipientsNone"))
                : section("dataRecipientsHeading", text("dataRecipientsText"), list: recipients)
        )
        about.append(section("dataKeptHeading", text("dataKeptText", days)))
        about.append(
            section(
                "dataRightsHeading",
                text("dataRightsText"),
                list: ["Correct", "Erase", "Restrict", "Object", "Withdraw", "Take"].map {
                    language["dataRights" + $0]
                }
            )
        )
        about.append(section("dataComplainHeading", text("dataComplainText")))
        return about
    }

    private func section(_ key: String, _ text: String = "", list: [String] = []) -> String {
        let items = list.map { "<li><bdi>\(Markup.escaped($0))</bdi></li>" }.joined()
        return "<h2>\(self.text(key))</h2>" + (text.isEmpty ? "" : "<p>\(text)</p>")
            + (items.isEmpty ? "" : "<ul>\(items)</ul>")
    }

    /// One category: how much there is, and the newest of it.
    private func part(_ category: PersonalCategory, count: Int) -> String {
        let heading = language.texts["part-" + category.name] ?? category.name
        var lines = ["<h2>\(Markup.escaped(heading))</h2>"]
        let rows = newest[category.name] ?? []
        guard !rows.isEmpty else {
            return lines[0] + "<p>" + text("dataPartNone") + "</p>"
        }
        let file = "\(category.name).csv"
        let values = ["count": String(count), "file": file, "shown": String(rows.count)]
        lines.append("<p>" + text(rows.count < count ? "dataPartSome" : "dataPartAll", values))
        lines.append("<a href=\"\(file)\">\(file)</a></p>")
        let names = ExportDocument.shown[category.name] ?? category.columns.prefix(5).map(\.name)
        let places = names.compactMap { name in
            category.columns.firstIndex { $0.name == name }
        }
        let heads = names.map { name in
            let word = language.texts["column-" + name] ?? name
            return "<th scope=\"col\">" + Markup.escaped(word) + "</th>"
        }
        // Wider than a phone: it scrolls, also by keyboard.
        let name = Markup.escaped(heading)
        let region = "role=\"region\" tabindex=\"0\" aria-label=\"\(name)\""
        lines.append("<div class=\"rows\" \(region)>")
        lines.append("<table><thead><tr>\(heads.joined())</tr></thead><tbody>")
        for row in rows {
            let cells = places.map { place in
                "<td><bdi>" + Markup.escaped(shown(row[place], category.columns[place]))
                    + "</bdi></td>"
            }
            lines.append("<tr>\(cells.joined())</tr>")
        }
        return (lines + ["</tbody></table></div>"]).joined(separator: "\n")
    }

    /// A cell in the reader's words.
    private func shown(_ cell: PersonalCell, _ column: PersonalCategory.Column) -> String {
        guard case .text(let text) = cell else { return ExportRows.text(cell) }
        switch column.name {
        case "scope": return title(text)
        case "decision": return ConsentRecord.Decision(rawValue: text).map(language.name) ?? text
        case "source": return language.name(of: Source(stored: text))
        case let name where ExportDocument.stored.contains(name): return language.word(text)
        default: return column.form == .time ? language.minute(of: text) : text
        }
    }

    private func title(_ scope: String) -> String {
        switch scope {
        case PrivacySignal.recordName: return language["saleSharing"]
        case "global": return language["allMailings"]
        default:
            let name = ScopeName(stored: scope)
            let texts = facts.texts[name] ?? []
            return ScopeText.best(of: texts, for: language.tag, otherwise: name).title
        }
    }
}
