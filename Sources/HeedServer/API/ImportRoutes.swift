// Imports over HTTP: take a list at once, and say what becomes of it in the background.

import HTTPTypes
import HeedConsent
import HeedEngine
package import HeedExchange
import HeedLists
import HeedStore
import Hummingbird
import NIOCore

/// `/v1/imports` and what is under it.
struct ImportRoutes {
    /// Imports on a page unless the caller says.
    private static let pageByDefault = 50
    /// What a list is called unless the caller says.
    private static let nameByDefault = "upload"

    let engine: Engine
    let options: ServerOptions

    /// `POST /v1/imports`: keeps the list, opens its batch, and answers 202.
    @Sendable
    func open(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let order = try ImportRoutes.order(request, context)
        try ImportRoutes.refuseForms(request)
        guard let spool = options.imports else {
            throw Problem(
                .serviceUnavailable,
                "no-uploads",
                "this server takes no lists; it has no folder for them"
            )
        }
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard length <= spool.bytesMaximum else { throw ImportUpload.tooLarge(spool.bytesMaximum) }
        let upload = try spool.receive(for: await engine.ask(NewImport()))
        do {
            for try await buffer in request.body {
                try upload.append(Array(buffer.readableBytesView))
            }
            try upload.close(order)
            let opening = try upload.opening(order, engine: engine)
            let key = try ImportRoutes.key(request, context, upload)
            let opened = try await engine.perform(opening, as: context.actor, once: key)
            // The answer to an earlier request: its own list is with it.
            if opened.receipt.id != upload.id.text { spool.remove(upload.id) }
            upload.release()
            options.importBell.ring()
            return ImportRoutes.accepted(opened.receipt.id, position: opened.position)
        } catch {
            // Whether the batch was opened is not known: the worker finds out, and drops the list
            // if it was not.
            if (error as? StoreError)?.code != .unknown { spool.remove(upload.id) }
            upload.release()
            throw error
        }
    }

    /// What is asked for, by the parameters of the URL.
    private static func order(
        _ request: Request,
        _ context: HeedRequestContext
    ) throws -> ImportOrder {
        var fields = try QueryFields(request)
        let wanted = try ImportRequest(
            scope: fields.text("scope"),
            policyVersion: fields.text("policyVersion"),
            format: fields.take("format"),
            status: fields.take("status"),
            topic: fields.take("topic")
        )
        let name = fields.take("filename") ?? nameByDefault
        guard (1...255).contains(name.utf8.count), !name.contains("/"), !name.contains("\0") else {
            throw Refusal(.invalid, field: "filename", "a name has 1 to 255 bytes and no /")
        }
        let order = ImportOrder(
            wanted,
            name: name,
            isDryRun: try fields.flag("dryRun"),
            actor: context.actor
        )
        try fields.finish()
        return order
    }

    /// A form would be read as one strange list.
    private static func refuseForms(_ request: Request) throws {
        guard let type = request.headers[.contentType]?.lowercased(),
            type.hasPrefix("multipart/") || type.hasPrefix("application/x-www-form-urlencoded")
        else { return }
        throw Problem(
            .unsupportedMediaType,
            "not-a-list",
            "send the file itself as the body, with the options in the URL; for curl that is "
                + "--data-binary @FILE -H 'Content-Type: text/csv'"
        )
    }

    private static func key(
        _ request: Request,
        _ context: HeedRequestContext,
        _ upload: ImportUpload
    ) throws -> RepeatKey? {
        var body = ByteBuffer(string: request.uri.query ?? "")
        body.writeBytes(upload.digest)
        return try repeatKey(request, context, operation: "POST /v1/imports", body: body)
    }

    private static func accepted(_ id: String, position: Int64) -> Response {
        let answer = Accepted(id: id, state: ImportView.State.running.rawValue, position: position)
        var response = Response(json: answer, status: .accepted)
        response.headers[.location] = "/v1/imports/\(id)"
        return response
    }

    private struct Accepted: Encodable {
        let id: String
        let state: String
        let position: Int64
    }

    /// `GET /v1/imports`: the newest first.
    @Sendable
    func list(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let question = try ListImports(
            after: fields.id("after"),
            limit: fields.number("limit") ?? ImportRoutes.pageByDefault
        )
        try fields.finish()
        let page = try await engine.ask(question)
        return Response(json: ImportsAnswer(page))
    }

    /// `GET /v1/imports/{id}`: how far it is, and what became of its rows.
    @Sendable
    func show(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        Response(json: ImportAnswer(try await engine.ask(ReadImport(ImportRoutes.id(context)))))
    }

    /// `GET /v1/imports/{id}/rejected`: the rows that were not taken, as CSV without addresses.
    @Sendable
    func rejected(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let id = try ImportRoutes.id(context)
        // The first page is asked for before the answer begins, so that a failure is a status.
        let first = try await engine.ask(ReadRejections(of: id))
        let body = ResponseBody { [engine] writer in
            try await writer.write(ByteBuffer(string: ReadRejections.header + first.lines))
            var next = first.next
            while let place = next {
                let page = try await engine.ask(ReadRejections(of: id, after: place))
                try await writer.write(ByteBuffer(string: page.lines))
                next = page.next
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/csv; charset=utf-8", .cacheControl: "no-store"],
            body: body
        )
    }

    /// `POST /v1/imports/{id}/undo`: nothing of it is recorded from now on, and the worker takes
    /// its consents back.
    @Sendable
    func undo(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let id = try ImportRoutes.id(context)
        _ = try await engine.perform(RequestUndo(id, by: context.actor), as: context.actor)
        options.importBell.ring()
        let answer = ImportAnswer(try await engine.ask(ReadImport(id)))
        var response = Response(json: answer, status: .accepted)
        response.headers[.location] = "/v1/imports/\(id.text)"
        return response
    }

    private static func id(_ context: HeedRequestContext) throws(Refusal) -> ImportID {
        guard let id = context.parameters.get("id").flatMap({ ImportID(text: $0) }) else {
            throw Refusal(.notFound, field: "id", "there is no import with this id")
        }
        return id
    }
}

/// The JSON form of an import, for HTTP and for the command line.
package struct ImportAnswer: Encodable {
    private let id: String
    private let state: String
    private let dryRun: Bool
    private let format: String
    private let scope: String
    private let policyVersion: String
    private let startedAt: String
    private let finishedAt: String?
    private let undoneAt: String?
    private let failure: String?
    private let bytesDone: Int?
    private let bytesAll: Int?
    private let counts: [String: Int]
    private let refusals: [String: Int]

    init(_ view: ImportView) {
        id = view.id.text
        state = view.state.rawValue
        dryRun = view.isDryRun
        format = view.format
        scope = view.scope.text
        policyVersion = view.policyVersion
        startedAt = view.startedAt.text
        finishedAt = view.finishedAt?.text
        undoneAt = view.undoneAt?.text
        failure = view.failure
        bytesDone = view.bytes?.done
        bytesAll = view.bytes?.all
        counts = view.counts
        refusals = view.refusals
    }
}

/// The JSON form of a page of imports.
package struct ImportsAnswer: Encodable {
    private let imports: [ImportAnswer]
    private let next: String?

    /// Takes a page.
    package init(_ page: ListImports.Page) {
        imports = page.imports.map(ImportAnswer.init)
        next = page.next?.text
    }
}
