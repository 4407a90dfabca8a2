// What happens on the demonstration's stage.

import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedExchange
import HeedLists

extension DemoStage {
    /// Imports the sample export.
    func importSample(_ scope: ScopeName) async throws -> ImportReport {
        let importer = Importer(
            ImportRequest(scope: scope, policyVersion: "2026-01"),
            engine: engine,
            mode: .write,
            actor: Installation.actor
        )
        let names = ["subscribed", "unsubscribed", "cleaned"]
        return try await importer.run(try names.map { try ImportSource.file(sample($0)) }) { _ in }
    }

    /// The addresses of the sample's subscribed file: the campaign's list.
    func recipients() throws -> [String] {
        let file = try ImportSource.file(sample("subscribed"))
        var reader = try RecipientReader(chunk: file.open())
        return try reader.next(MaySendMany.recipientsMaximum).map(\.address)
    }

    /// Asks the guard about a list.
    func filter(_ recipients: [String], _ scope: ScopeName) async throws -> MaySendMany.Answer {
        try await engine.ask(
            MaySendMany(recipients: recipients, scope: scope, withLinks: true)
        )
    }

    /// Does what a mail program does when its reader presses "unsubscribe" (RFC 8058 §3.2).
    func pressOneClick(_ token: String) async throws -> Int {
        let request = OutboundRequest(
            method: "POST",
            url: "\(publicURL)/u/\(token)",
            headers: [(name: "content-type", value: "application/x-www-form-urlencoded")],
            body: Array("List-Unsubscribe=One-Click".utf8)
        )
        return try await HTTPTransport.with(reaching: .insideToo) { transport in
            try await transport.send(request, timeoutSeconds: 10).status
        }
    }

    /// The opt-out that refuses an address.
    func optOutID(of address: String, _ scope: ScopeName) async throws -> OptOutID {
        let subject = Subject.address(try Address(email: address))
        let answer = try await engine.ask(MaySend(subject: subject, scope: scope))
        guard let id = answer.decision.optOut else {
            throw CommandError("there is no opt-out for the person who pressed")
        }
        return id
    }

    /// Waits until an opt-out has come as far as `condition` wants.
    func wait(
        for id: OptOutID,
        until condition: (OptOutProgress.Answer) -> Bool
    ) async throws -> OptOutProgress.Answer {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let progress = try await engine.ask(OptOutProgress(id))
            if condition(progress) { return progress }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw CommandError("the opt-out did not come as far as it should in 30 seconds")
    }

    /// A file of the sample export, which is installed beside the program.
    private func sample(_ name: String) throws -> String {
        let folder = Bundle.main.bundleURL.appending(path: "heed_HeedCLI.resources/Fixtures")
        let path = folder.appending(path: "mailchimp-\(name).csv").path
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandError("the sample data is not beside the program, expected \(path)")
        }
        return path
    }
}
