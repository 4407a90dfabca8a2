// That no event, alone or among others, prints what it knows of a person or of a door.

import Testing

@testable import HeedConsent

@Suite("Event: nothing personal is printed")
struct EventTests {
    /// Every way a value reaches a log: by itself, in others, and through its mirror.
    private func prints(_ value: some Sendable) -> [String: String] {
        var dumped = ""
        dump(value, to: &dumped)
        var dumpedInOthers = ""
        dump(["k": [value]], to: &dumpedInOthers)
        let optional: (some Sendable)? = value
        return [
            "interpolation": "\(value)",
            "describing": String(describing: value),
            "reflecting": String(reflecting: value),
            "array": "\([value])",
            "reflected array": String(reflecting: [value]),
            "optional": String(describing: optional),
            "dictionary": "\(["k": value])",
            "tuple": "\((value, 1))",
            "children": "\(Mirror(reflecting: value).children.map { "\($0)" })",
            "dump": dumped,
            "dump in others": dumpedInOthers,
        ]
    }

    private func expectNothing(
        of value: some Sendable,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (way, text) in prints(value) {
            for word in Secret.words where text.lowercased().contains(word) {
                Issue.record("\(way) shows '\(word)'", sourceLocation: sourceLocation)
            }
        }
    }

    @Test func ofValuesThatHoldIt() throws {
        expectNothing(of: try Secret.address())
        expectNothing(of: Secret.evidence())
        expectNothing(of: try Secret.connector())
        expectNothing(of: try Secret.contact())
        expectNothing(of: SuppressedAddress.address(try Secret.address()))
    }

    @Test(arguments: try SampleEvent.all())
    func ofEveryEvent(_ sample: SampleEvent) {
        expectNothing(of: sample.event)
        expectNothing(of: Decision(0, events: [sample.event]))
    }

    @Test func theWordsAreThere() throws {
        let address = try Secret.address()
        let evidence = Secret.evidence()
        let connector = try Secret.connector()
        let parts = [
            address.delivery, evidence.ip, evidence.userAgent, evidence.formURL,
            evidence.wordingSHA256, evidence.requestedAt, evidence.requestedIP,
            evidence.confirmedIP, evidence.statement, connector.url, connector.secret,
            try Secret.contact().externalID,
        ]
        let all = parts.compactMap { $0?.lowercased() }.joined(separator: " ")
        for word in Secret.words { #expect(all.contains(word)) }
        #expect("\(address)" == "<address>")
        #expect("\(evidence)" == "<evidence>")
        #expect("\(connector)" == "webhook esp")
        #expect("\(try Secret.contact())" == "contact …0001")
    }

    @Test func anUnguardedTypeIsFound() {
        struct Leak: Sendable { let ip = "198.51.100.7" }
        #expect(prints(Leak()).values.allSatisfy { $0.contains("198.51.100.7") })
    }
}

@Suite("ConnectorSettings and APIKey")
struct SettingsTests {
    @Test(arguments: ["esp", "esp-2", "a.b_c", String(repeating: "a", count: 64)])
    func takesNames(_ name: String) throws {
        let settings = try ConnectorSettings(name: name, kind: "webhook", url: "u", secret: "s")
        #expect(settings.name == name)
    }

    @Test(arguments: ["", " ", "ESP", "a,b", "-esp", "e\n", String(repeating: "a", count: 65)])
    func refusesNames(_ name: String) throws {
        let refusal = try #require(throws: Refusal.self) {
            try ConnectorSettings(name: name, kind: "webhook", url: "u", secret: "s")
        }
        #expect(refusal.field == "name")
        #expect(refusal.code == .invalid)
    }

    @Test func storedNamesAreStable() {
        let roles = APIKey.Role.allCases.map(\.rawValue)
        #expect(roles == ["admin", "sender", "collector", "auditor"])
    }
}
