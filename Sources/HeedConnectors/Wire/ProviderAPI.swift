// What every request to one provider has in common: the base URL and the header with the key.

/// A provider's interface, with the key that opens it.
///
/// Prints redacted.
struct ProviderAPI: Sendable {
    let base: EndpointURL
    private let headers: [(name: String, value: String)]

    init(_ base: EndpointURL, headers: [(name: String, value: String)]) {
        self.base = base
        self.headers = headers
    }

    /// A request without a body.
    func get(_ segments: [String], query: [(String, String)] = []) -> OutboundRequest {
        request("GET", base.url(segments, query: query), [])
    }

    /// A request to remove something.
    func delete(_ segments: [String], query: [(String, String)] = []) -> OutboundRequest {
        request("DELETE", base.url(segments, query: query), [])
    }

    /// A request with a JSON body.
    func send(
        _ method: String,
        _ segments: [String],
        query: [(String, String)] = [],
        _ body: JSON
    ) -> OutboundRequest {
        request(
            method,
            base.url(segments, query: query),
            [("content-type", "application/json")],
            body.bytes
        )
    }

    /// A request with form fields.
    func form(_ segments: [String], _ fields: [(String, String)]) -> OutboundRequest {
        request(
            "POST",
            base.url(segments),
            [("content-type", "application/x-www-form-urlencoded")],
            formEncoded(fields)
        )
    }

    private func request(
        _ method: String,
        _ url: String,
        _ kind: [(name: String, value: String)],
        _ body: [UInt8] = []
    ) -> OutboundRequest {
        let common = [(name: "accept", value: "application/json")]
        return OutboundRequest(
            method: method,
            url: url,
            headers: common + kind + headers + [("user-agent", "Heed")],
            body: body
        )
    }
}

extension ProviderAPI: CustomStringConvertible, CustomReflectable {
    /// Says only that there is an interface.
    var description: String { "<provider interface>" }

    /// Shows nothing, so that `dump` opens no door.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
