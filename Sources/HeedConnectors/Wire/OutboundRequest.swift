// A request on its way to another system, and what came back.

/// A request to another system, ready to be sent as it is.
package struct OutboundRequest: Sendable {
    /// The HTTP method.
    package let method: String
    /// Where to.
    package let url: String
    /// Header fields in the order they are sent.
    package let headers: [(name: String, value: String)]
    /// The exact bytes, since a signature may cover them.
    package let body: [UInt8]
    /// How much of the answer's body is read.
    package private(set) var answerBytesMaximum = OutboundResponse.bodyBytesMaximum

    /// Makes a request.
    package init(
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

    /// The same request, whose answer is a page of a list.
    var expectingList: OutboundRequest {
        var request = self
        request.answerBytesMaximum = OutboundResponse.listBytesMaximum
        return request
    }
}

extension OutboundRequest: CustomStringConvertible, CustomReflectable {
    /// The method only: URL, headers and body may each open a door or name a person.
    package var description: String { "<\(method) request>" }

    /// Shows nothing, so that `dump` opens no door either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What another system answered.
package struct OutboundResponse: Sendable {
    /// More of a body than this is never kept; no answer about one person comes near it.
    package static let bodyBytesMaximum = 65_536
    /// More of a page of a list than this is never kept: a thousand entries have a quarter of it.
    package static let listBytesMaximum = 4_194_304

    /// The HTTP status.
    package let status: Int
    /// Header fields as they came.
    package let headers: [(name: String, value: String)]
    /// The body, cut to as much as may be kept.
    package let body: [UInt8]
    /// True when there may have been more of the body.
    package let isCut: Bool

    /// Makes a response and cuts its body.
    package init(
        status: Int,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        bytesMaximum: Int = OutboundResponse.bodyBytesMaximum
    ) {
        self.status = status
        self.headers = headers
        self.body = Array(body.prefix(bytesMaximum))
        isCut = body.count >= bytesMaximum
    }

    /// The first value of a header field, its name in any case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The status and, if it is harmless to keep, the id the other system gave the request.
    ///
    /// Nothing else of a response is ever kept, since a receiver may repeat the address in it.
    package var summary: String {
        let names = ["x-request-id", "request-id", "x-amzn-requestid", "x-message-id"]
        guard let id = names.lazy.compactMap(header).first, isPlainName(id, symbols: "._-") else {
            return "HTTP \(status)"
        }
        return "HTTP \(status), request \(id)"
    }

    /// The body as JSON, or nil when it is none.
    var json: JSON? { JSON(body) }
}

extension OutboundResponse: CustomStringConvertible, CustomReflectable {
    /// The status only.
    package var description: String { "<HTTP \(status) response>" }

    /// Shows nothing, so that `dump` cannot leak what a receiver repeated.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
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
