// Which sources are the person's own act, and which names a source may have.

import Testing

@testable import HeedConsent

@Suite("Source")
struct SourceTests {
    @Test(arguments: [
        (Source.form, "form", true),
        (.preferenceCentre, "preference-centre", true),
        (.doubleOptIn, "double-opt-in", true),
        (.oneClick, "one-click", false),
        (.unsubscribePage, "unsubscribe-page", false),
        (.api, "api", false),
        (.batchImport, "import", false),
        (.commandLine, "command-line", false),
    ])
    func ownActs(_ source: Source, _ name: String, _ isOwnAct: Bool) throws {
        #expect(source.text == name)
        #expect("\(source)" == name)
        #expect(source.isOwnAct == isOwnAct)
        #expect(try Source(name) == source)
    }

    @Test(arguments: ["checkout", "forms", "form.v2", "double-opt-in-2", "preference_centre"])
    func anUnknownNameIsNeverAnOwnAct(_ name: String) throws {
        #expect(try !Source(name).isOwnAct)
    }

    @Test(arguments: ["Form", "a b", "-form", "form\n", String(repeating: "a", count: 65)])
    func refuses(_ text: String) throws {
        let refusal = try #require(throws: Refusal.self) { try Source(text) }
        #expect(refusal.code == .invalid)
        #expect(refusal.field == "source")
    }

    @Test func nothingIsMissing() throws {
        let refusal = try #require(throws: Refusal.self) { try Source("", field: "via") }
        #expect(refusal.code == .missing)
        #expect(refusal.field == "via")
    }

    @Test func storedNamesOfActorsAreStable() {
        let names = Actor.Kind.allCases.map(\.rawValue)
        #expect(names == ["person", "api-key", "operator", "system"])
        #expect(Actor.person == Actor(.person, id: "self"))
        #expect(Actor.system("runner") == Actor(.system, id: "runner"))
    }
}
