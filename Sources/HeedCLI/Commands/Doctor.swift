// `heed doctor`: whether a link or a message lets people leave with one click, ours or another's.

import ArgumentParser
import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery

/// Checks unsubscribing from outside; needs no database.
///
/// Exit code 0 when nothing failed, 1 when something did, 2 for an error.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check an unsubscribe link or a message. Exit 0 good, 1 faults, 2 error.",
        discussion: """
            A link is asked by GET, HEAD and OPTIONS, as mail scanners do. The request that means \
            "unsubscribe" is never sent. Links under our own publicUrl also get a POST with a \
            body that means nothing; other links get one only with --post.
            """
    )
    @OptionGroup var global: GlobalOptions
    @Option(help: "The link of a List-Unsubscribe header.") var url: String?
    @Option(help: "A raw message as it was delivered (- for standard input).")
    var message: String?
    @Flag(help: "Send a POST with another body to a link that is not ours.") var post = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let report =
            switch (url, message) {
            case (let url?, nil): try await check(url: url)
            case (nil, let path?): try Doctor.check(message: path)
            default:
                throw Refusal(.missing, field: "url, message", "say --url LINK or --message FILE")
            }
        if json {
            try Terminal.print(json: report)
        } else {
            Terminal.print(
                table: report.checks.map { [$0.outcome.rawValue, $0.check, $0.rule, $0.detail] },
                headings: ["RESULT", "CHECK", "RULE", "DETAIL"]
            )
        }
        if !report.passed { throw ExitCode(1) }
    }

    private func check(url: String) async throws -> DoctorReport {
        guard let parts = URL(string: url), let host = parts.host(), !host.isEmpty,
            ["http", "https"].contains(parts.scheme?.lowercased())
        else { throw Refusal(.invalid, field: "url", "a link starts with https:// and a host") }
        guard parts.user == nil, parts.password == nil else {
            throw Refusal(.invalid, field: "url", "a link has no user name or password in it")
        }
        let settings = try await global.settings()
        let isOurs = url.hasPrefix(settings.publicURL + "/")
        try settings.outboundNetworks.check(url: url)
        return try await HTTPTransport.with(reaching: settings.outboundNetworks) { transport in
            let check = EndpointCheck(
                url: url,
                transport: transport,
                post: isOurs || post ? .send : .leaveOut
            )
            return try await check.report()
        }
    }

    private static func check(message path: String) throws -> DoctorReport {
        let file = path == "-" ? .standardInput : FileHandle(forReadingAtPath: path)
        guard let data = try? file?.read(upToCount: MessageHeader.bytesMaximum) else {
            throw CommandError("message: \(path) cannot be read")
        }
        guard let header = MessageHeader(data) else {
            throw Refusal(.invalid, field: "message", "this does not begin with a message's header")
        }
        return MessageCheck(header).report()
    }
}
