// `heed connector list` and `show`: what is set up and what is open, without anything secret.

import ArgumentParser
import HeedConnectors
import HeedConsent
import HeedEngine

extension ConnectorCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List connectors and what is open for them, without secrets."
        )
        @OptionGroup var global: GlobalOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let connectors = try await installation.engine.ask(ListConnectors())
            let open = try await installation.engine.ask(QueueOverview()).connectors
            // One that was removed stays on the list while something is open for it.
            let removed = open.filter { one in !connectors.contains { $0.name == one.name } }
            let lines =
                connectors.map { Line($0, open.named($0.name)) } + removed.map { Line(removed: $0) }
            if json {
                try Terminal.print(json: lines)
            } else {
                Terminal.print(
                    table: lines.map {
                        [$0.name, $0.kind ?? "-", $0.state, "\($0.pending)", "\($0.buried)"]
                    },
                    headings: ["CONNECTOR", "KIND", "STATE", "PENDING", "BURIED"]
                )
            }
            try installation.close()
        }

        private struct Line: Encodable {
            let name: String
            let kind: String?
            let state: String
            let pending: Int64
            let buried: Int64

            init(_ settings: ConnectorSettings, _ open: QueueOverview.Overview.Connector?) {
                name = settings.name
                kind = settings.kind
                state = settings.state
                pending = open?.pending ?? 0
                buried = open?.buried ?? 0
            }

            init(removed open: QueueOverview.Overview.Connector) {
                name = open.name
                kind = nil
                state = "removed"
                pending = open.pending
                buried = open.buried
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a connector's options, without secrets, and what is open for it."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Your name for it.") var name: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let engine = installation.engine
            let settings = try await engine.connector(name)
            let kind = try ConnectorKind(named: settings.kind)
            let scopes = try await engine.ask(ListScopes()).map(\.name)
            let coverage = ScopeCoverage(of: settings, kind: kind, scopes: scopes)
            let open = try await engine.ask(QueueOverview()).connectors.named(name)
            var page = Page(settings, kind, coverage, open)
            page.compared = try await engine.ask(LastReconciliations())
                .first { $0.reconciliation.connector == name }.map { Page.Comparison($0) }
            if json {
                try Terminal.print(json: page)
            } else {
                for line in page.lines { print(line) }
                for field in coverage.unknown {
                    Terminal.note("\(field): there is no such scope, so this is never used")
                }
                ConnectorCommand.warn(of: coverage, name)
            }
            try installation.close()
        }

        private struct Page: Encodable {
            let name: String
            let kind: String
            let state: String
            let options: [String: String]
            let secrets: [String]
            let unmappedScopes: [String]
            let pending: Int64
            let buried: Int64
            /// The newest comparison with its list; nil before the first.
            var compared: Comparison?

            struct Comparison: Encodable {
                let at: String
                let differences: Int
                let isComplete: Bool

                init(_ last: LastReconciliations.Entry) {
                    at = last.at.text
                    differences = last.reconciliation.differences
                    isComplete = last.reconciliation.isComplete
                }

                var text: String {
                    let count = "\(differences) \(differences == 1 ? "difference" : "differences")"
                    return "\(at), \(count)" + (isComplete ? "" : " until the list broke off")
                }
            }

            init(
                _ settings: ConnectorSettings,
                _ kind: ConnectorKind,
                _ coverage: ScopeCoverage,
                _ open: QueueOverview.Overview.Connector?
            ) {
                let shown = kind.shown(settings)
                name = settings.name
                self.kind = settings.kind
                state = settings.state
                options = shown.options
                secrets = shown.secrets
                unmappedScopes = coverage.unmapped
                pending = open?.pending ?? 0
                buried = open?.buried ?? 0
            }

            var lines: [String] {
                ["name: \(name)", "kind: \(kind)", "state: \(state)"]
                    + options.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
                    + secrets.map { "\($0): (set, not shown)" }
                    + ["pending: \(pending)", "buried: \(buried)"]
                    + ["compared: \(compared?.text ?? "never")"]
            }
        }
    }
}

extension ConnectorSettings {
    /// Whether it is told.
    fileprivate var state: String { disabledAt == nil ? "enabled" : "disabled" }
}

extension [QueueOverview.Overview.Connector] {
    fileprivate func named(_ name: String) -> Element? { first { $0.name == name } }
}
