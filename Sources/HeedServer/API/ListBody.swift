// A list in the body of a request: what it says it is, and its bytes, unpacked as they arrive.

import HTTPTypes
import HeedConsent
import HeedLists
import Hummingbird
import NIOCore

/// The bytes of a list, piece by piece; the client is read no faster than they are asked for.
///
/// An actor, because reading begins before the answer's head is sent and goes on after it.
actor ListBody {
    private var iterator: RequestBody.AsyncIterator
    private let gzip: GzipReader?
    private var isBegun = false
    private var isEnded = false

    /// Refuses a packing nobody knows (RFC 9110 §8.4.1); what is packed may unpack to
    /// so many bytes.
    init(_ request: Request, unpackedMaximum: Int) throws {
        iterator = request.body.makeAsyncIterator()
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "", "identity": gzip = nil
        case "gzip", "x-gzip":
            gzip = try GzipReader(field: "body", bytesMaximum: unpackedMaximum)
        case let other?:
            throw Problem(
                .unsupportedMediaType,
                "unknown-encoding",
                "a list comes as it is or with Content-Encoding: gzip, not \(other.prefix(40))"
            )
        }
    }

    /// The next bytes; nil at the end.
    ///
    /// What is unpacked comes in pieces of 64 KiB at most.
    func next() async throws -> [UInt8]? {
        guard let gzip else { return try await plainPiece() }
        while true {
            if let bytes = try gzip.next() {
                // Much may come of few bytes: others get their turn meanwhile.
                await Task.yield()
                try Task.checkCancellation()
                return bytes
            }
            guard let packed = try await piece() else {
                try gzip.end()
                return nil
            }
            gzip.add(packed)
        }
    }

    /// Reads what is left and drops it, so that the client hears the end of an answer.
    func drain() async throws {
        while try await piece() != nil {}
    }

    /// A piece as it is: what is packed and does not say so would be one strange line.
    private func plainPiece() async throws -> [UInt8]? {
        let bytes = try await piece()
        if !isBegun, let bytes, GzipReader.begins(bytes) {
            throw Refusal(
                .malformed,
                field: "body",
                "this is packed by gzip; say so by Content-Encoding: gzip"
            )
        }
        isBegun = true
        return bytes
    }

    private func piece() async throws -> [UInt8]? {
        guard !isEnded else { return nil }
        var reading = iterator
        let buffer = try await reading.next(isolation: self)
        iterator = reading
        isEnded = buffer == nil
        return buffer.map { Array($0.readableBytesView) }
    }
}

extension RecipientList.Form {
    private static let forms: [String: RecipientList.Form] = [
        "text/csv": .csv, "text/plain": .lines, "application/x-ndjson": .lines,
        "application/ndjson": .lines, "application/jsonl": .lines, "application/jsonlines": .lines,
        "application/x-jsonlines": .lines, "application/octet-stream": .told,
    ]

    /// What a request says its list is; the first line says it where the request does not.
    init(_ request: Request) throws {
        guard let header = request.headers[.contentType] else {
            self = .told
            return
        }
        let parts = header.lowercased().split(separator: ";").map { trimmed($0) }
        guard let form = RecipientList.Form.forms[parts.first ?? ""] else {
            throw RecipientList.Form.unknown(parts.first ?? "")
        }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
        guard charset.map({ $0.contains("utf-8") || $0.contains("us-ascii") }) ?? true else {
            throw Problem(.unsupportedMediaType, "not-a-list", "a list has to be in UTF-8")
        }
        self = form
    }

    private static func unknown(_ type: String) -> Problem {
        let known =
            "send the list itself as the body, with Content-Type: text/csv, "
            + "application/x-ndjson or text/plain"
        let told =
            switch type {
            case "application/gzip", "application/x-gzip":
                "say what is packed, and Content-Encoding: gzip"
            case "application/json":
                "for recipients in one JSON document there is POST /v1/sends/check; \(known)"
            case "application/x-www-form-urlencoded":
                "\(known); for curl that is --data-binary @FILE -H 'Content-Type: text/csv'"
            default: "\(known), not \(type.prefix(60))"
            }
        return Problem(.unsupportedMediaType, "not-a-list", told)
    }
}

private func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
}
