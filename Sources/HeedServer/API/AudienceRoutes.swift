// Who may be written to now, streamed, for teams that keep their list in Heed.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
package import HeedExchange
import HeedLists
import Hummingbird
import NIOCore

/// `GET /v1/audience?scope=…`.
struct AudienceRoutes {
    let engine: Engine
    let options: ServerOptions

    /// The audience; a page is read when the one before has been taken.
    @Sendable
    func audience(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let scope = try fields.text("scope")
        let format = try fields.word("format", as: Format.self) ?? .ndjson
        let links: AudienceForm.Links = try fields.flag("links") ? .included : .none
        try fields.finish()
        let exporter = try ListExporter(
            engine: engine,
            audienceOf: scope,
            form: format == .csv
                ? .csv(links, publicURL: options.linkBase)
                : .ndjson(links, publicURL: options.linkBase),
            actor: context.actor
        )
        // Written down before the first byte leaves; a failure up to here is still a status.
        let begun = try await exporter.begin()
        var headers: HTTPFields = [.cacheControl: "no-store"]
        switch format {
        case .ndjson: headers[.contentType] = "application/x-ndjson"
        case .csv:
            headers[.contentType] = "text/csv; charset=utf-8"
            headers[.contentDisposition] = "attachment; filename=\"\(scope)-audience.csv\""
        }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(begun) { run in
                guard format == .ndjson, let summary = AudienceSummary(run) else { return "" }
                return try summary.line()
            }
        )
    }

    private enum Format: String, CaseIterable {
        case ndjson
        case csv
    }
}

extension ResponseBody {
    /// A list as it is read; `last` is what follows its last row.
    ///
    /// Where the client goes away, or the database does, it is written down that it broke off.
    init(_ begun: ListRun, last: @escaping @Sendable (ListRun) throws -> String = { _ in "" }) {
        self.init { writer in
            var run = begun
            do {
                while let text = try await run.next() {
                    if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
                }
            } catch {
                await run.breakOff()
                throw error
            }
            let text = try last(run)
            if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
            try await writer.finish(nil)
        }
    }
}

extension AudienceForm {
    /// An object a line, with the links where they are wanted.
    package static func ndjson(_ links: Links, publicURL: String) -> AudienceForm {
        let encoder = JSONEncoder.answering()
        return AudienceForm(header: "", links: links) { member in
            let answer = AudienceAnswer(
                address: member.address,
                contactId: member.contact.text,
                unsubscribe: member.links.map { UnsubscribeHeaders($0, publicURL: publicURL) }
            )
            return String(decoding: try encoder.encode(answer), as: UTF8.self) + "\n"
        }
    }

    /// A row each, with the links as further columns where they are wanted.
    package static func csv(_ links: Links, publicURL: String) -> AudienceForm {
        let more = links == .included ? UnsubscribeHeaders.names : []
        let header = csvLine(["email", "contact_id"] + more) + "\n"
        return AudienceForm(header: header, links: links) { member in
            let headers = member.links.map { UnsubscribeHeaders($0, publicURL: publicURL).values }
            return listLine([member.address, member.contact.text] + (headers ?? [])) + "\n"
        }
    }
}

/// The JSON form of a member of an audience.
private struct AudienceAnswer: Encodable {
    let address: String
    let contactId: String
    let unsubscribe: UnsubscribeHeaders?
}

/// The last line of an audience: how many there are by the guard's reason, and how fresh it is.
package struct AudienceSummary: Encodable, Sendable {
    /// How many people there are by reason; only the allowed are in the audience.
    package let counts: [String: Int]
    /// The log's position of the first page: what was stopped before it, is.
    package let position: Int64
    /// Until when the audience may be used.
    package let validUntil: String

    /// Takes a run at its end; nil before its first page.
    package init?(_ run: ListRun) {
        guard let freshness = run.freshness else { return nil }
        counts = run.counts
        position = freshness.position
        validUntil = freshness.validUntil.text
    }

    /// A line of JSON.
    package func line() throws -> String {
        String(decoding: try JSONEncoder.answering().encode(self), as: UTF8.self) + "\n"
    }
}
