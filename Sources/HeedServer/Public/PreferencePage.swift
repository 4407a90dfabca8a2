// What the template of the preference centre shows, in the reader's words.

import Crypto
import HeedConsent
import HeedEngine

/// The values of the preference centre's template.
struct PreferencePage {
    /// What a change did, for the page after it.
    struct Outcome {
        /// The key of the text that says so.
        let notice: String
        /// Scopes that could not be joined.
        let refused: [ScopeName]
        /// Whether the browser's signal is on record.
        var hearsSignal = false

        /// What was done is no choice of mailings.
        init(notice: String) {
            self.notice = notice
            refused = []
        }

        init(_ receipt: ChoosePreferences.Receipt, _ choice: ChoosePreferences.Choice) {
            refused = receipt.refused
            if case .leaveAll = choice {
                notice = "leftAllText"
            } else {
                let isChanged = receipt.optOuts > 0 || !receipt.joined.isEmpty
                notice = isChanged ? "savedText" : "unchangedText"
            }
        }
    }

    let answer: ReadPreferences.Seen
    let language: PageLanguage
    let outcome: Outcome?
    /// Whether a link to the person's data can be sent.
    var sendsMail = false
    /// Whether the person has objected to sale and sharing.
    var objectsToSale = false

    /// Says what is shown.
    init(answer: ReadPreferences.Seen, language: PageLanguage, outcome: Outcome?) {
        self.answer = answer
        self.language = language
        self.outcome = outcome
    }

    /// The values by name.
    var content: [String: Any] {
        let boxes = answer.choices.filter(\.isOpen)
        // Who never said yes to them does not get them, whatever they are.
        let needed = answer.choices.filter { !$0.isOpen && $0.isOn }
        let on = boxes.filter(\.isOn).map(\.scope.name.text).joined(separator: " ")
        var content: [String: Any] = [
            "on": on, "boxes": boxes.map(box), "hasBoxes": !boxes.isEmpty,
            "needed": needed.map(words), "hasNeeded": !needed.isEmpty,
            "history": answer.history.map(entry), "hasHistory": !answer.history.isEmpty,
        ]
        content["sendsMail"] = sendsMail
        // Offered where a law knows it, and shown to whoever has used it.
        content["hasSale"] = objectsToSale || PrivacySignal.isHeard(in: answer.contact.region)
        content["objectsToSale"] = objectsToSale
        content["version"] = answer.policy?.version
        content["url"] = answer.policy?.url
        content["wording"] = answer.policyText
        if answer.hasComplained {
            content["warning"] = language["complainedText"]
        } else if answer.policy == nil {
            content["warning"] = language["noPolicyText"]
        }
        if let outcome {
            content["notice"] = language[outcome.notice]
            content["signal"] = outcome.hearsSignal
            content["refused"] = outcome.refused.map(title)
            content["hasRefused"] = !outcome.refused.isEmpty
        }
        return content
    }

    private func box(_ choice: ReadPreferences.Choice) -> [String: Any] {
        var box = words(choice)
        box["name"] = choice.scope.name.text
        box["isOn"] = choice.isOn
        box["isFixed"] = !choice.isOn && (answer.hasComplained || answer.policy == nil)
        box["state"] = language[choice.isOn ? "stateOn" : "stateOff"]
        box["hash"] = wordingHash(text(choice))
        return box
    }

    /// SHA-256 of what stands beside the box: its title, its description, and the sentence that
    /// says what a tick means, a line each.
    private func wordingHash(_ text: ScopeText) -> String {
        let wording = [text.title, text.description, language["policyText"]]
            .joined(separator: "\n")
        return hexadecimal(SHA256.hash(data: Array(wording.utf8)))
    }

    private func text(_ choice: ReadPreferences.Choice) -> ScopeText {
        ScopeText.best(of: choice.texts, for: language.tag, otherwise: choice.scope.name)
    }

    private func words(_ choice: ReadPreferences.Choice) -> [String: Any] {
        let text = text(choice)
        var words: [String: Any] = ["title": text.title]
        words["description"] = text.description.isEmpty ? nil : text.description
        if let tag = text.language, tag != language.tag { words["lang"] = tag }
        return words
    }

    private func title(_ name: ScopeName) -> String {
        let choice = answer.choices.first { $0.scope.name == name }
        return choice.map { text($0).title } ?? name.text
    }

    private func entry(_ consent: ConsentEntry) -> [String: Any] {
        let what =
            switch consent.scope {
            case PrivacySignal.recordName: language["saleSharing"]
            case "global": language["allMailings"]
            default: title(ScopeName(stored: consent.scope))
            }
        var entry: [String: Any] = [
            "what": what, "decision": language.name(of: consent.decision),
            "how": language.name(of: Source(stored: consent.source)),
            "instant": consent.givenAt.text, "time": language.minute(of: consent.givenAt.text),
        ]
        // Not `version`, which is the page's own.
        entry["shown"] = consent.policyVersion
        return entry
    }
}
