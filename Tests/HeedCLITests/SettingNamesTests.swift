// The list of names is what is read, in a file and in the environment, and near misses are told.

import Configuration
import HeedConsent
import Synchronization
import Testing

@testable import HeedCLI

@Suite("SettingNames")
struct SettingNamesTests {
    /// Remembers what is asked for.
    private final class Names: AccessReporter {
        let all = Mutex<Set<String>>([])

        func report(_ event: AccessEvent) {
            let name = event.metadata.key.components.joined(separator: ".")
            all.withLock { _ = $0.insert(name) }
        }
    }

    /// Settings with which every name is asked for.
    private static let full = [
        "alertWebhookUrl": "https://ops.example/", "alertMailHost": "mx.example",
        "alertMailFrom": "heed@shop.example", "alertMailTo": "ops@shop.example",
        "alertMailUser": "heed", "masterKey": "00", "mailHost": "mx.example",
        "mailFrom": "heed@shop.example", "mailUser": "heed", "mailPassword": "x",
        "controllerName": "Shop", "controllerAddress": "1 Road, Town",
        "controllerEmail": "privacy@shop.example", "controllerPhone": "+49 30 1",
        "controllerJurisdiction": "DE",
        "alertWebhookSecret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "alertMailPassword": "x",
    ]

    @Test func theListIsWhatIsRead() throws {
        let names = Names()
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, value) in SettingNamesTests.full {
            values[AbsoluteConfigKey([name])] = ConfigValue(stringLiteral: value)
        }
        let provider = InMemoryProvider(values: values)
        _ = try Settings(ConfigReader(provider: provider, accessReporter: names))
        #expect(names.all.withLock(\.self) == SettingNames.all)
    }

    @Test(arguments: SettingNames.all.sorted())
    func theVariableOfEachIsRead(_ name: String) {
        let variable = SettingNames.variable(name)
        let provider = EnvironmentVariablesProvider(environmentVariables: [variable: "x"])
            .prefixKeys(with: "heed")
        #expect(ConfigReader(provider: provider).string(forKey: ConfigKey(name)) == "x")
        #expect(SettingNames.unknownVariables([variable: "x"]).isEmpty)
    }

    @Test func otherVariablesAreNamedWithoutTheirValues() {
        let unknown = SettingNames.unknownVariables([
            "HEED_WORKER": "a", "HEED_DATABSE": "b", "HEED_CONFIG": "c", "HEEDLESS": "d",
            "PATH": "e", "HEED_WORKERS": "4",
        ])
        #expect(unknown == ["HEED_DATABSE", "HEED_WORKER"])
    }

    @Test(arguments: [
        ("worker", "workers"), ("Workers", "workers"), ("public_url", "publicUrl"),
        ("publicURL", "publicUrl"), ("alertMailHots", "alertMailHost"), ("prot", "port"),
        ("pot", "port"), ("masterKeyfile", "masterKeyFile"), ("colour", nil), ("", nil),
    ])
    func whatIsLikeANameIsTold(_ name: String, _ nearest: String?) {
        #expect(SettingNames.nearest(to: name) == nearest)
    }

    @Test func whatIsKnownPasses() throws {
        try SettingNames.check(SettingNames.all.sorted())
        let refusal = #expect(throws: Refusal.self) { try SettingNames.check(["host", "hots"]) }
        #expect(refusal?.field == "hots")
        #expect(refusal?.code == .unknownField)
    }
}
