// What becomes of text on pages that are handed out.

import Foundation
import HeedConsent
import HeedRights
import Testing

@Suite("Markup")
struct MarkupTests {
    @Test func nothingIsMoreThanText() {
        #expect(Markup.escaped("<a b=\"c\">&'") == "&lt;a b=&quot;c&quot;&gt;&amp;&#39;")
        #expect(Markup.escaped("a\u{202E}b\u{7}\n") == "a\\u{202e}b\\u{7}\n")
    }

    /// Words of Heed's own open and close a direction for each value; a value cannot.
    @Test func wordsKeepTheirDirections() {
        #expect(Markup.entities("\u{2068}<\u{2069}") == "\u{2068}&lt;\u{2069}")
        #expect(Markup.visible("\u{2069}<") == "\\u{2069}<")
    }
}
