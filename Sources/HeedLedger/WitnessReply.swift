// What a witness answers to add-checkpoint, read without doing any I/O (C2SP tlog-witness v1.0.0).

/// The meaning of a witness's response.
public enum WitnessReply: Hashable, Sendable {
    /// 200: the witness's own cosignatures, verified.
    case cosigned([NoteSignature])
    /// 409 with a size: the witness has last cosigned this size; ask again from there.
    case knows(size: Int)
    /// 404: the witness does not know this log.
    case unknownLog
    /// 403: no signature on the checkpoint is by a key the witness trusts.
    case untrustedSignature
    /// Anything else; 422 says that the proof or the roots are wrong, which is an alarm.
    case refused(status: Int)

    /// What came over HTTP.
    public struct Response: Hashable, Sendable {
        /// The status code.
        public let status: Int
        /// The `Content-Type`, if there was one.
        public let contentType: String?
        /// The body.
        public let body: [UInt8]

        /// Takes a response as it came.
        public init(status: Int, contentType: String?, body: [UInt8]) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }
    }

    /// The content type of a 409 that carries a size.
    public static let sizeContentType = "text/x.tlog.size"

    /// Reads a response to a request.
    ///
    /// - Parameters:
    ///   - response: What came over HTTP.
    ///   - request: The request it answers.
    ///   - witnesses: The keys known for this witness; lines by others are ignored.
    /// - Throws: `malformed` where the body is not what the status announces, `badSignature` or
    ///   `noKnownSignature` where a 200 brings no good cosignature.
    public init(
        _ response: Response,
        to request: WitnessRequest,
        witnesses: [NoteVerifier]
    ) throws(LedgerError) {
        switch response.status {
        case 200:
            var note = try SignedNote(text: request.checkpoint.text)
            for signature in try NoteSignature.lines(response.body) { try note.add(signature) }
            self = .cosigned(try note.verified(by: witnesses))
        case 409 where response.contentType == Self.sizeContentType:
            var lines = Lines(response.body)
            let size = try lines.next().decimal()
            guard lines.isAtEnd else {
                throw LedgerError(.malformed, "a witness answers with one size")
            }
            self = .knows(size: size)
        case 404: self = .unknownLog
        case 403: self = .untrustedSignature
        default: self = .refused(status: response.status)
        }
    }
}
