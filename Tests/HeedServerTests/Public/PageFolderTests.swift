// Tests that an operator's folder changes what it says, and that nothing in it is passed over.

import Foundation
import HeedConsent
import Testing

@testable import HeedServer

@Suite("Page folder")
struct PageFolderTests {
    /// Makes the pages of a folder with these files.
    private func pages(_ files: [String: String]) throws -> Pages {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("pages-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        return try Pages(folder: folder.path)
    }

    @Test func whatItHoldsStandsOverOurs() throws {
        let pages = try pages([
            "ask.mustache": "<p>{{t.askTitle}}!</p>", "colours.css": ":root { --act: red; }",
            "logo.svg": "<svg/>", "de.json": #"{"askTitle":"Tschüss"}"#, ".hidden": "",
        ])
        let html = pages.html(.ask, in: pages.languages.best(of: ["de"]))
        #expect(html.contains("<p>Tschüss!</p>"))
        #expect(html.contains(":root { --act: red; }</style>"))
        #expect(html.contains("<img src=\"data:image/svg+xml;base64,PHN2Zy8+\" alt=\"\">"))
        #expect(pages.contentSecurityPolicy.hasSuffix("; img-src data:"))
        let plain = try Pages()
        #expect(pages.contentSecurityPolicy != plain.contentSecurityPolicy)
        #expect(pages.html(.done, in: pages.languages.best(of: [])).contains("unsubscribed"))
    }

    @Test(arguments: [
        ("ask.mustache", "{{#open}}"), ("page.mustache", "{{#a}}{{/b}}"), ("aks.mustache", ""),
        ("notes.txt", ""), ("de.json", "{"), ("page.css", "</style><script>"),
        ("logo.svg", String(repeating: "x", count: 65_537)), ("logo.gif", ""),
    ])
    func aBrokenFileIsNamed(_ name: String, _ text: String) {
        #expect {
            try pages([name: text])
        } throws: {
            let refusal = $0 as? Refusal
            return refusal?.field == "pagesFolder" && refusal?.message.contains(name) == true
        }
    }

    @Test func aFolderThatIsNotThere() {
        #expect(throws: Refusal.self) { try Pages(folder: "/nowhere/pages") }
    }
}
