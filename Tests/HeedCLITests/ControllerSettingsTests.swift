// The controller is named whole or not at all, and a wrong value by its setting.

import Configuration
import HeedConsent
import HeedServer
import Testing

@testable import HeedCLI

@Suite("Controller settings")
struct ControllerSettingsTests {
    private static let whole = [
        "controllerName": "Shop", "controllerAddress": "1 Road, Town",
        "controllerEmail": "privacy@shop.example", "controllerPhone": "+49 30 1",
        "controllerJurisdiction": "de",
    ]

    private func controller(_ values: [String: String]) throws -> Controller? {
        var all: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, value) in values {
            all[AbsoluteConfigKey([name])] = ConfigValue(stringLiteral: value)
        }
        return try Controller(ConfigReader(provider: InMemoryProvider(values: all)))
    }

    @Test func nothingIsNobody() throws { #expect(try controller([:]) == nil) }

    @Test func theNameStandsForAMissingContact() throws {
        let shop = try #require(try controller(ControllerSettingsTests.whole))
        #expect(shop.contact == "Shop")
        #expect(shop.jurisdiction == "DE")
        #expect(shop.url == nil)
        let more = ControllerSettingsTests.whole.merging(
            ["controllerContact": "Office", "controllerUrl": "https://shop.example"]
        ) { _, new in new }
        #expect(try controller(more)?.contact == "Office")
    }

    @Test(arguments: whole.keys.sorted())
    func aPartThatIsMissingIsNamed(_ name: String) throws {
        let refusal = #expect(throws: Refusal.self) {
            try controller(ControllerSettingsTests.whole.filter { $0.key != name })
        }
        #expect(refusal?.field == name)
        #expect(refusal?.code == .missing)
    }

    @Test(arguments: [
        ("controllerName", ""), ("controllerPhone", "1\n2"), ("controllerJurisdiction", "Germany"),
    ])
    func aValueOfNoUseIsNamed(_ name: String, _ value: String) throws {
        let refusal = #expect(throws: Refusal.self) {
            try controller(ControllerSettingsTests.whole.merging([name: value]) { _, new in new })
        }
        #expect(refusal?.field == name)
    }
}
