// `heed connector ask`: whether another system has somebody's opt-out, as it says itself.

import ArgumentParser
import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine

extension ConnectorCommand {
    struct Ask: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the other system whether it has an opt-out; changes nothing anywhere.",
            discussion: """
                Ends with 0 when it has, with 1 when it has not or cannot say. Webhook receivers \
                cannot be asked.
                """
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Your name for the connector.") var name: String
        @Argument(help: "The e-mail address.") var address: String
        @Option(help: "The scope that was left; without it, all mailings.")
        var scope: String?

        func run() async throws {
            let place = try await global.settings()
            let address = try Address(email: address)
            let scope = try scope.map { try ScopeName($0) }
            let installation = try Installation(place, opening: .existing)
            let settings = try await installation.engine.connector(name)
            let scopes = try await installation.engine.ask(ListScopes()).map(\.name)
            if let scope, !scopes.contains(scope) {
                throw Refusal(.notFound, field: "scope", "there is no scope '\(scope)'")
            }
            let connector = try ConnectorKind(named: settings.kind).make(settings)
            let answer = try await ConnectorCommand.walk(connector, place) { now throws(Refusal) in
                let notice = OptOutNotice(
                    target: "ask-\(now.wholeSeconds)",
                    address: address.delivery,
                    extent: scope?.text ?? OptOut.Extent.global.name,
                    contact: "",
                    requestedAt: now
                )
                return try connector.readBack(notice, at: now)
            }
            try installation.close()
            switch answer {
            case .done(let text), .alreadyDone(let text): print("\(name) has it: \(text)")
            case .absent(let text):
                Terminal.note("\(name) does not have it: \(text)")
                throw ExitCode(1)
            case .retry(_, let text), .giveUp(let text):
                Terminal.note("\(name) does not say whether it has it: \(text)")
                throw ExitCode(1)
            }
        }
    }

    /// A conversation of a command's own, a minute at most.
    static func walk(
        _ connector: any Connector,
        _ place: Settings,
        _ begin: (Timestamp) throws(Refusal) -> ConnectorStep
    ) async throws -> ConnectorAnswer {
        let surroundings = Installation.surroundings
        return try await HTTPTransport.with(reaching: place.outboundNetworks) { transport in
            let conversation = Conversation(
                with: connector,
                over: transport,
                gate: ConnectorGate(slots: 1, surroundings: surroundings),
                surroundings: surroundings,
                seconds: 60
            )
            return await conversation.walk(begin)
        }
    }
}
