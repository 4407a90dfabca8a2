// What the pages that are handed out as files and receipts have in common: escapes and style.

import HeedConsent

/// Pieces of HTML that nothing from outside can turn into more than text.
public enum Markup {
    /// Text from anywhere as it may stand in an element or an attribute in quotes.
    public static func escaped(_ text: String) -> String { entities(visible(text)) }

    /// The five characters that mean something in HTML, written so that they do not.
    ///
    /// All that words of Heed's own need: the marks in them that turn letters are meant.
    package static func entities(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Text in which what would turn the letters around it, and other controls, is shown by its
    /// number, so that nobody's browser name can rewrite a page that a lawyer reads (Unicode TR 36,
    /// 3.1.3).
    package static func visible(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\t", "\r": shown.unicodeScalars.append(scalar)
            case _ where turnsLetters(scalar) || scalar.properties.generalCategory == .control:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// Nothing is loaded, run or sent anywhere, wherever the file lies.
    package static let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'"

    /// How such a page looks.
    package static let style = """
        :root { color-scheme: light dark; --ink: #1b1b1f; --paper: #ffffff; --act: #0b57d0 }
        @media (prefers-color-scheme: dark) {
        :root { --ink: #e8e8ec; --paper: #17181c; --act: #a8c7fa } }
        body { background: var(--paper); color: var(--ink); font: 100%/1.5 system-ui, sans-serif; \
        margin: 0 auto; max-width: 60rem; overflow-wrap: anywhere; padding: 1rem }
        .rows { overflow-x: auto }
        a { color: var(--act) }
        h1 { line-height: 1.2 }
        h2 { margin-top: 2rem }
        table { border-collapse: collapse }
        th, td { border: 1px solid #8888; padding: .3rem .6rem; text-align: start; \
        vertical-align: top; overflow-wrap: normal; min-width: 5rem }
        """
}
