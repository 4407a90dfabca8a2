// What the template of a request's receipt shows, in the reader's words.

import HeedConsent
import HeedRights

/// The values of the receipt's template.
struct ReceiptPage {
    let body: ReceiptBody
    let language: PageLanguage

    /// The values by name; the template escapes each.
    var content: [String: Any] {
        let tables = body.tables.map { table -> [String: Any] in
            [
                "table": table.table, "rows": String(table.rows),
                "done": table.done.joined(separator: "; "),
            ]
        }
        var content: [String: Any] = [
            "lines": lines, "systems": body.systems.map(system), "tables": tables,
            "hasSystems": !body.systems.isEmpty, "hasTables": !tables.isEmpty,
        ]
        content["block"] = body.blockKept.map { isKept in
            language[isKept ? "receiptBlockKept" : "receiptBlockRemoved"]
        }
        return content
    }

    private var lines: [[String: Any]] {
        let values: [(String, String?)] = [
            ("receiptRequest", language.word(body.request)),
            ("receiptOutcome", language.word(body.outcome)), ("receiptReason", body.reason),
            ("receiptReceived", language.minute(of: body.requestedAt)),
            ("receiptVerified", body.verifiedAt.map { language.minute(of: $0) }),
            ("receiptDeadline", language.minute(of: body.deadlineAt)),
            ("receiptEnded", body.endedAt.map { language.minute(of: $0) }),
            ("receiptIssued", language.minute(of: body.issuedAt)), ("receiptId", body.id),
        ]
        return values.compactMap { key, value in
            value.map { ["label": language[key], "value": $0] }
        }
    }

    private func system(_ system: ReceiptBody.System) -> [String: Any] {
        var values: [String: Any] = [
            "name": system.connector, "outcome": language.word(system.outcome),
        ]
        values["answer"] = system.answer
        values["time"] = system.confirmedAt.map { language.minute(of: $0) }
        return values
    }
}

/// What a caller would rather have, by its `Accept` (RFC 9110 §12.5.1).
enum Preferred {
    /// Whether a page is wanted more than JSON; a caller that does not say gets JSON.
    static func isPage(_ accept: [String]) -> Bool {
        let ranges = accept.joined(separator: ",").split(separator: ",").map(Range.init)
        return quality("text/html", ranges) > quality("application/json", ranges)
    }

    private struct Range {
        let type: String
        let quality: Double

        init(_ text: Substring) {
            let parts = text.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            type = parts.first ?? ""
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        }
    }

    /// The most exact range counts.
    private static func quality(_ type: String, _ ranges: [Range]) -> Double {
        let family = type.prefix { $0 != "/" } + "/*"
        for name in [type, String(family), "*/*"] {
            if let range = ranges.first(where: { $0.type == name }) { return range.quality }
        }
        return 0
    }
}
