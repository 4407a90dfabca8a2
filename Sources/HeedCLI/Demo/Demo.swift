// `heed demo`: the main job on sample data, told step by step, in a folder that is thrown away.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedEvidence
import HeedLedger
import HeedStore

/// Tells the story of one opt-out: pressed while everything else is down, in force at once, proved
/// after.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The main job on sample data, narrated; nothing leaves this machine."
    )

    @Option(help: "Keep the evidence of the last step in this folder, to check it by yourself.")
    var evidence: String?

    private static let newsletter = ScopeName(stored: "newsletter")

    func run() async throws {
        if let evidence { try BundleFolder.refuse(evidence) }
        let stage = try await DemoStage()
        do {
            try await stage.run { try await tell(stage) }
        } catch {
            await stage.clear()
            throw error
        }
        await stage.clear()
    }

    private func tell(_ stage: DemoStage) async throws {
        Demo.say(1, "A list arrives: a Mailchimp export of three files.")
        let report = try await stage.importSample(Demo.newsletter)
        ImportFiles.show(report, dryRun: false)
        try await stage.addConnector()

        Demo.say(2, "A campaign asks the guard before it sends.")
        let recipients = try stage.recipients()
        let before = try await stage.filter(recipients, Demo.newsletter)
        Demo.show(before)
        let chosen = before.verdicts.first { verdict in
            verdict.reason == .allowed && recipients.count { $0 == verdict.recipient } == 1
        }
        guard let chosen,
            let token = chosen.links?.unsubscribe
        else { throw CommandError("the sample has nobody who may be written to") }

        Demo.say(
            3,
            "One of them presses one-click. The worker is stopped, the other system is down."
        )
        let status = try await stage.pressOneClick(token)
        print("POST \(stage.publicURL)/u/\(token.prefix(16))…  ->  HTTP \(status)")

        Demo.say(4, "The very next filter leaves them out.")
        let after = try await stage.filter(recipients, Demo.newsletter)
        Demo.show(after)
        let verdict = after.verdicts.first { $0.recipient == chosen.recipient }
        guard let verdict, verdict.reason == .optOut else {
            throw CommandError("the opt-out is not in force: this must never happen")
        }
        print(
            "that person: \(verdict.reason.rawValue), opt-out "
                + "\(verdict.optOutStatus?.rawValue ?? "")"
        )

        Demo.say(5, "The worker starts; the other system still refuses connections.")
        stage.startWorker()
        let id = try await stage.optOutID(of: chosen.recipient, Demo.newsletter)
        var progress = try await stage.wait(for: id) { $0.targets.allSatisfy { $0.attempts > 0 } }
        Demo.show(progress)

        Demo.say(6, "The other system comes back.")
        try await stage.startReceiver()
        progress = try await stage.wait(for: id) { $0.optOut.status == .completed }
        Demo.show(progress)
        print("the other system accepted \(stage.accepted) signed message(s) about it")

        Demo.say(7, "What the audit log says, in order.")
        let subject = Subject.address(try Address(email: chosen.recipient))
        let history = try await stage.engine.ask(History(subject))
        for line in Explanation.lines(history) { print(line) }

        try await prove(chosen.recipient, on: stage)
        print("\nThat was Heed. `make run` starts a server of your own.")
    }

    private func prove(_ recipient: String, on stage: DemoStage) async throws {
        Demo.say(8, "Evidence for a regulator, checked with nothing but the log's public key.")
        var bundle = try await stage.evidence(
            about: .address(try Address(email: recipient))
        )
        print("\(bundle.files.count) files; \(bundle.verdict)")
        if let evidence {
            try BundleFolder.write(bundle.files, to: evidence)
            print("kept; check it anywhere:")
            print("heed log verify --bundle \(evidence) --key '\(bundle.key.text)'")
        }
        bundle.spoil("evidence.html")
        print("after one changed bit: \(bundle.verdict)")
    }

    private static func say(_ number: Int, _ text: String) { print("\n\(number). \(text)") }

    private static func show(_ answer: MaySendMany.Answer) {
        let counts = answer.counts.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key.rawValue) \($0.value)" }
        print("\(answer.verdicts.count) recipients: \(counts.joined(separator: ", "))")
        print("as of position \(answer.position), valid until \(answer.validUntil.text)")
    }

    private static func show(_ progress: OptOutProgress.Answer) {
        let optOut = progress.optOut
        let time = optOut.processingMilliseconds.map { " after \($0) ms" } ?? ""
        print("opt-out \(optOut.id.text): \(optOut.status.rawValue)\(time)")
        for target in progress.targets {
            print(
                "  \(target.connector): \(target.state.rawValue), \(target.attempts) attempt(s), "
                    + "last answer: \(target.answer ?? "none")"
            )
        }
    }
}
