// What a connector is: a value that writes the request another system needs and reads its answer.

public import HeedConsent

/// The language of another system that must be told about opt-outs.
///
/// A connector does no input or output: it writes a request and reads an answer, and somebody else
/// carries them. The same notice gives the same body and the same idempotency key on every attempt,
/// because delivery is at least once.
public protocol Connector: Sendable {
    /// The operator's name for it.
    var name: String { get }

    /// Writes the request that tells the other system to stop.
    func suppress(_ notice: OptOutNotice, at now: Timestamp) throws(Refusal) -> OutboundRequest

    /// Reads what the other system answered to such a request.
    func answer(to response: OutboundResponse) -> ConnectorAnswer
}

/// What another system must know to stop sending to a person.
///
/// The address is in the clear here, so a notice lives only while its request is built.
public struct OptOutNotice: Hashable, Sendable {
    /// The target's id as text; constant over retries, so the receiver can drop repetitions.
    public let target: String
    /// The address as the person gave it.
    public let address: String
    /// What the opt-out covers: a scope's name or `global`.
    public let extent: String
    /// The person's id as text.
    public let contact: String
    /// When the person asked.
    public let requestedAt: Timestamp

    /// Makes a notice.
    public init(
        target: String,
        address: String,
        extent: String,
        contact: String,
        requestedAt: Timestamp
    ) {
        self.target = target
        self.address = address
        self.extent = extent
        self.contact = contact
        self.requestedAt = requestedAt
    }
}

extension OptOutNotice: CustomStringConvertible {
    /// Says only that there is a notice, so that no log can leak the address.
    public var description: String { "<opt-out notice>" }
}

/// A request to another system, ready to be sent as it is.
public struct OutboundRequest: Sendable {
    /// The HTTP method.
    public let method: String
    /// Where to.
    public let url: String
    /// Header fields in the order they are sent.
    public let headers: [(name: String, value: String)]
    /// The exact bytes, since a signature may cover them.
    public let body: [UInt8]

    /// Makes a request.
    public init(
        method: String,
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8]
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

extension OutboundRequest: CustomStringConvertible {
    /// The method only: URL, headers and body may each open a door or name a person.
    public var description: String { "<\(method) request>" }
}

/// What another system answered.
public struct OutboundResponse: Sendable {
    /// More of a body than this is never kept; no answer a connector reads comes near it.
    public static let bodyBytesMaximum = 65_536

    /// The HTTP status.
    public let status: Int
    /// Header fields as they came.
    public let headers: [(name: String, value: String)]
    /// The body, cut to `bodyBytesMaximum`.
    public let body: [UInt8]

    /// Makes a response and cuts its body.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = Array(body.prefix(OutboundResponse.bodyBytesMaximum))
    }

    /// The first value of a header field, its name in any case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The status and, if it is harmless to keep, the id the other system gave the request.
    ///
    /// Nothing else of a response is ever kept, since a receiver may repeat the address in it.
    public var summary: String {
        let id = header("x-request-id") ?? header("request-id")
        guard let id, isPlainName(id, symbols: "._-") else { return "HTTP \(status)" }
        return "HTTP \(status), request \(id)"
    }
}

extension OutboundResponse: CustomStringConvertible {
    /// The status only.
    public var description: String { "<HTTP \(status) response>" }
}

/// What a response means for the opt-out.
///
/// The texts are stored and shown, so they are short and free of personal data.
public enum ConnectorAnswer: Hashable, Sendable {
    /// The other system has it.
    case done(String)
    /// Try again, not before so many seconds if the other system said so.
    case retry(after: Int64?, String)
    /// No further attempt can succeed.
    case giveUp(String)
}

/// True for 1 to 64 ASCII letters, digits and `symbols`: neither an address nor a phrase.
func isPlainName(_ text: String, symbols: String) -> Bool {
    (1...64).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: symbols.utf8.contains(byte)
            }
        }
}
