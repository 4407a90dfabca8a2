// Problem documents (RFC 9457): the only table from a refusal or a failure to an HTTP status.

import Foundation
import HTTPTypes
import HeedConsent
import HeedStore
import Hummingbird
import NIOCore
import NIOHTTP1

/// An error as HTTP says it.
struct Problem: Error {
    /// The status.
    let status: HTTPResponse.Status
    /// A stable name; the last part of the `type` URI.
    let name: String
    /// One sentence for the caller.
    let detail: String
    /// The field it is about.
    let field: String?
    /// Seconds to wait before trying again.
    let retryAfterSeconds: Int?
    /// The methods that a path has, when it was asked by another.
    let allow: [HTTPRequest.Method]

    init(
        _ status: HTTPResponse.Status,
        _ name: String,
        _ detail: String,
        field: String? = nil,
        retryAfterSeconds: Int? = nil,
        allow: [HTTPRequest.Method] = []
    ) {
        self.status = status
        self.name = name
        self.detail = detail
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
        self.allow = allow
    }

    /// Translates whatever a handler threw.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let refusal as Refusal: self.init(refusal)
        case let error as StoreError: self.init(error)
        case let fault as NotWritable: self.init(fault)
        case let error as HTTPError: self.init(error)
        case is NIOTooManyBytesError:
            self.init(.contentTooLarge, "too-large", "the body is larger than this route takes")
        case is HTTPParserError, is ChannelError:
            self.init(.badRequest, "malformed-body", "the request broke off, or is not HTTP")
        default:
            self.init(
                .internalServerError,
                "internal",
                "the request failed inside Heed; see its log"
            )
        }
    }

    private init(_ refusal: Refusal) {
        let status: HTTPResponse.Status =
            switch refusal.code {
            case .malformed: .badRequest
            case .notFound: .notFound
            case .conflict, .optedOut, .outdated: .conflict
            case .tooLarge: .contentTooLarge
            case .busy: .tooManyRequests
            case .notStored: .serviceUnavailable
            default: .unprocessableContent
            }
        self.init(
            status,
            refusal.code.name,
            refusal.message,
            field: refusal.field,
            retryAfterSeconds: [.busy: 60, .notStored: 5][refusal.code]
        )
    }

    private init(_ error: StoreError) {
        switch error.code {
        case .busy, .unavailable, .full:
            // The caller must know that nothing is stored, and come again.
            self.init(
                .serviceUnavailable,
                "not-stored",
                "the database cannot be used now, so nothing was changed; try again",
                retryAfterSeconds: 5
            )
        case .corrupt:
            self.init(
                .serviceUnavailable,
                "not-stored",
                "the database is damaged, so nothing was changed; its operator has to restore it",
                retryAfterSeconds: 60
            )
        case .unknown:
            self.init(
                .serviceUnavailable,
                "outcome-unknown",
                "the database did not say whether this was stored; send it again",
                retryAfterSeconds: 5
            )
        default:
            self.init(.internalServerError, "internal", "the database refused; see Heed's log")
        }
    }

    private init(_ fault: NotWritable) {
        self.init(
            .serviceUnavailable,
            "not-stored",
            "the \(fault.what) cannot be written"
                + (fault.fault.code == .full ? " (the disk is full)" : "")
                + ", so no stop can be acknowledged; see Heed's log",
            retryAfterSeconds: 5
        )
    }

    private init(_ error: HTTPError) {
        switch error.status {
        case .notFound: self.init(.notFound, "not-found", "there is nothing at this path")
        case .contentTooLarge:
            self.init(.contentTooLarge, "too-large", "the body is larger than this route takes")
        default: self.init(error.status, "http", error.body ?? error.status.reasonPhrase)
        }
    }

    /// The document.
    func response(requestID: String) -> Response {
        let document = Document(
            type: "https://heed.example/problems/\(name)",
            title: name.replacing("-", with: " "),
            status: status.code,
            detail: field.map { "\($0): \(detail)" } ?? detail,
            field: field,
            requestId: requestID
        )
        var response = Response(json: document, status: status)
        response.headers[.contentType] = "application/problem+json"
        if let retryAfterSeconds { response.headers[.retryAfter] = String(retryAfterSeconds) }
        if !allow.isEmpty {
            response.headers[.allow] = allow.map(\.rawValue).joined(separator: ", ")
        }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }

    private struct Document: Encodable {
        let type: String
        let title: String
        let status: Int
        let detail: String
        let field: String?
        let requestId: String
    }
}

extension Response {
    /// A JSON answer with its members sorted, so that equal answers have equal bytes.
    init(json value: some Encodable, status: HTTPResponse.Status = .ok) {
        guard let data = try? JSONEncoder.answering().encode(value) else {
            self.init(status: .internalServerError)
            return
        }
        self.init(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: data))
        )
    }
}

extension JSONEncoder {
    /// What every answer is written by: members sorted, slashes as they are.
    static func answering() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
