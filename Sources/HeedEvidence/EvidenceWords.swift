// The words of the page that evidence is read on: headings, columns, and why the guard says no.

import HeedConsent
import HeedStore

/// English words for stored ones.
enum EvidenceWords {
    static let erased =
        "This person's data was erased at their request. What is left is kept by law: random ids, "
        + "what was decided and when, and the log. Evidence that was sealed cannot be read any "
        + "more by anybody."
    static let idsOnly =
        "People appear under random ids; nothing sealed about anybody was opened for this."
    static let blocksOfErased =
        "after an erasure a block is found only by the address itself, so name the address as well"
    static let blockOnly =
        "Nobody by this address is known. All there is about it is a block, for the reason below."
    static let byReceipt =
        "All there is at this address is a block: somebody was erased, and whose the rest is, the "
        + "address alone does not say. The receipt of their request does."
    static let howToCheck =
        "Every file of this folder is named with its hash in <code>manifest.txt</code>, and the "
        + "log has the hash of that. <code>heed log verify --bundle DIRECTORY --key KEY</code> "
        + "checks all of it without a network; README.txt says how without heed. Take the key from "
        + "a contract, not from here."
    static let timeline =
        "Each line is an event of the audit log, in the order in which it was logged. Its bytes "
        + "are in <code>events/ID.json</code>, and beside them is the proof that it is in the log."

    private static let headings = [
        "profile": "Who it is", "addresses": "Addresses", "permissions": "Permissions",
        "consents": "Consent records", "optOuts": "Opt-outs",
        "optOutAnswers": "What each system answered to an opt-out", "events": "Messages",
        "sends": "Sends that were decided on", "requests": "Requests by right",
        "requestAnswers": "What each system answered to a request", "timeline": "Timeline",
    ]

    /// What a part is called.
    static func heading(_ name: String) -> String { headings[name] ?? label(name) }

    /// The columns that are the head of a row; the others stand below it.
    private static let heads: [String: [String]] = [
        "consents": ["givenAt", "decision", "scope", "basis", "source", "policyVersion"],
        "optOuts": ["requestedAt", "scope", "status", "source", "processedAt", "deadlineAt"],
        "requests": ["requestedAt", "kind", "status", "endedAt", "deadlineAt"],
        "optOutAnswers": ["system", "state", "answer", "confirmedAt", "optOutId"],
        "requestAnswers": ["system", "state", "answer", "confirmedAt", "requestId"],
        "events": ["at", "kind", "campaign", "scope"],
        "sends": ["decidedAt", "reason", "scope", "campaign", "position", "recordId"],
    ]

    /// The columns of a part's table.
    static func columns(of section: EvidenceSection) -> [String] {
        heads[section.name] ?? section.columns.map(\.name)
    }

    /// A column's name in words: `policySha256` is `Policy SHA-256`.
    static func label(_ name: String) -> String {
        var words = ""
        for letter in name {
            if letter.isUppercase { words += " " }
            words += letter.lowercased()
        }
        let text = words.replacing("sha256", with: "SHA-256").replacing(" id", with: " ID")
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    /// What happened, in words; the stored word for a kind that has none.
    static func event(_ kind: String) -> String { AuditEvent.words(for: kind) ?? label(kind) }

    /// Why the guard answers so.
    static func why(_ reason: SendDecision.Reason) -> String {
        switch reason {
        case .allowed: "Consent stands and nothing speaks against it."
        case .unknownContact: "Nobody by this address is known; no record is no consent."
        case .legalBlock: "The address is blocked by law."
        case .erased: "The person was erased at their request."
        case .complaint: "A message was reported as spam."
        case .hardBounce: "The address does not exist."
        case .manualBlock: "An operator blocked the address."
        case .restricted: "Processing is restricted (GDPR Art. 18)."
        case .globalOptOut: "The person opted out of all campaigns."
        case .optOut: "The person opted out of this."
        case .noConsent: "The person never agreed to this."
        case .unconfirmed: "The person was asked and has not confirmed."
        case .denied: "The person said no when asked."
        case .withdrawn: "The person withdrew consent."
        case .expired: "The consent ran out."
        case .policyOutdated: "The person agreed to a text that is no longer enough."
        }
    }
}

/// How the page looks, on a screen and on paper.
enum EvidenceStyle {
    static let text = """
        :root { color-scheme: light; --ink: #111; --line: #999 }
        body { background: #fff; color: var(--ink); font: 10.5pt/1.45 Georgia, "Times New Roman", \
        serif; margin: 0 auto; max-width: 70rem; padding: 1rem; overflow-wrap: break-word }
        h1 { font-size: 1.5rem; line-height: 1.2 }
        h2 { border-bottom: 2px solid var(--ink); font-size: 1.15rem; margin: 2rem 0 .6rem; \
        break-after: avoid }
        h3 { font-size: 1rem; margin: 1rem 0 .3rem; break-after: avoid }
        dl.about { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }
        dt { font-weight: bold }
        dd { margin: 0 }
        table { border-collapse: collapse; margin: 0 1px; width: calc(100% - 2px) }
        th, td { border: 1px solid var(--line); padding: .25rem .4rem; text-align: start; \
        vertical-align: top }
        thead { display: table-header-group }
        tr { break-inside: avoid }
        tr.more td { background: #f4f4f4; font-size: .9em }
        code, pre { font-family: ui-monospace, Consolas, monospace; font-size: .82em }
        .fact { overflow-wrap: anywhere }
        pre { border: 1px solid var(--line); box-sizing: border-box; margin: .3rem 1px; \
        padding: .5rem; white-space: pre-wrap }
        .local { color: #444 }
        @page { margin: 15mm 12mm }
        @media print { body { font-size: 8.5pt; max-width: none; padding: 0 } \
        tr.more td { background: none } }
        """
}
