// Every status and every way of saying "later" as a table.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Provider rules")
struct ProviderRulesTests {
    private func rules(_ pause: ProviderRules.Pause?) -> ProviderRules {
        ProviderRules(
            requestsPerMinute: 60,
            done: [200, 201],
            alreadyDone: [409],
            giveUp: [400],
            pause: pause
        )
    }

    @Test func everyStatusHasItsMeaning() {
        for status in 100...599 {
            let expected: ConnectorAnswer =
                switch status {
                case 200, 201: .done("HTTP \(status)")
                case 409: .alreadyDone("HTTP 409")
                case 400: .giveUp("HTTP 400")
                default: .retry(after: nil, "HTTP \(status)")
                }
            let response = OutboundResponse(status: status)
            #expect(rules(nil).answer(to: response, at: Scene.now) == expected)
        }
    }

    /// An answer that asks for patience, and the seconds that are read in it.
    struct Plea: Sendable {
        let status: Int
        let field: (name: String, value: String)
        let pause: ProviderRules.Pause?
        let seconds: Int64?

        init(
            _ status: Int,
            _ name: String,
            _ value: String,
            _ pause: ProviderRules.Pause?,
            _ seconds: Int64?
        ) {
            self.status = status
            self.field = (name, value)
            self.pause = pause
            self.seconds = seconds
        }
    }

    @Test(arguments: [
        Plea(429, "retry-after", "7", nil, 7),
        Plea(503, "retry-after", "7", nil, 7),
        Plea(429, "x-reset", "7", nil, nil),
        Plea(429, "x-reset", "7", .seconds("x-reset"), 7),
        Plea(503, "x-reset", "7", .seconds("x-reset"), nil),
        Plea(429, "x-reset", "1769851807", .instant("x-reset"), 7),
        Plea(429, "x-reset", "1769851793", .instant("x-reset"), 0),
        Plea(429, "x-reset", "9223372036854775807", .instant("x-reset"), 86_400),
        Plea(429, "x-reset", "soon", .instant("x-reset"), nil),
        Plea(429, "x-other", "7", .instant("x-reset"), nil),
    ])
    func later(_ plea: Plea) {
        let response = OutboundResponse(status: plea.status, headers: [plea.field])
        let answer = rules(plea.pause).answer(to: response, at: Scene.now)
        #expect(answer == .retry(after: plea.seconds, "HTTP \(plea.status)"))
    }
}
