// A conversation as a test tells it: a task, the answers that come, what is sent and how it ends.

import HeedConnectors
import HeedConsent
import Testing

/// An answer from outside.
struct Reply: Sendable {
    let status: Int
    let body: String
    let headers: [(name: String, value: String)]

    init(_ status: Int, _ body: String = "", headers: [(name: String, value: String)] = []) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    var response: OutboundResponse {
        OutboundResponse(status: status, headers: headers, body: Array(body.utf8))
    }
}

/// What a connector is asked to do.
enum Errand: Sendable {
    case suppress(String)
    case readBack(String)
    case erase
    case check
}

/// A conversation and its expected course.
struct Scene: Sendable, CustomTestStringConvertible {
    static let now = Timestamp(seconds: 1_769_851_800)
    static let address = "Ana.Núñez+tag@mail.example"
    static let escaped = "Ana.N%C3%BA%C3%B1ez%2Btag%40mail.example"
    static let target = "0198f0c2-7a11-7aaa-9bbb-0123456789ab"

    let task: Errand
    let replies: [Reply]
    let lines: [String]
    let answer: ConnectorAnswer

    /// `lines` are method, URL and body, with `@@` for the escaped address and `@` in a body kept.
    init(_ task: Errand, _ replies: [Reply], _ lines: [String], _ answer: ConnectorAnswer) {
        self.task = task
        self.replies = replies
        self.lines = lines.map {
            $0.replacing("@@", with: Scene.escaped).replacing("<WHO>", with: Scene.address)
        }
        self.answer = answer
    }

    var testDescription: String { "\(task) \(replies.map(\.status)) \(answer)" }

    static func notice(_ extent: String) -> OptOutNotice {
        OptOutNotice(
            target: target,
            address: address,
            extent: extent,
            contact: "c-1",
            requestedAt: now
        )
    }

    static func begin(_ task: Errand, _ connector: any Connector) throws -> ConnectorStep {
        switch task {
        case .suppress(let extent): try connector.suppress(notice(extent), at: now)
        case .readBack(let extent): try connector.readBack(notice(extent), at: now)
        case .erase:
            try connector.erase(
                ErasureNotice(target: target, address: address, contact: "c-1", requestedAt: now),
                at: now
            )
        case .check: try connector.check(at: now)
        }
    }

    /// Plays a conversation; too few answers leave it without an end.
    static func play(
        _ first: ConnectorStep,
        _ replies: [Reply]
    ) throws -> (requests: [OutboundRequest], answer: ConnectorAnswer?, unused: Int) {
        var step = first
        var rest = replies[...]
        var requests: [OutboundRequest] = []
        while case .send(let request, let read) = step {
            requests.append(request)
            expectRedacted(step)
            guard let reply = rest.popFirst() else { return (requests, nil, 0) }
            step = try read(reply.response, now)
        }
        guard case .answer(let answer) = step else { return (requests, nil, rest.count) }
        return (requests, answer, rest.count)
    }

    /// Plays the scene and compares its course.
    func expect(of connector: any Connector) throws {
        let played = try Scene.play(try Scene.begin(task, connector), replies)
        #expect(played.requests.map(Scene.line) == lines)
        #expect(played.answer == answer)
        #expect(played.unused == 0)
        #expect(played.answer?.text.contains("@") == false)
    }

    static func line(_ request: OutboundRequest) -> String {
        let body = String(decoding: request.body, as: UTF8.self)
        return "\(request.method) \(request.url)" + (body.isEmpty ? "" : " \(body)")
    }

    private static func expectRedacted(_ step: ConnectorStep) {
        var dumped = ""
        dump(step, to: &dumped)
        for text in ["\(step)", String(reflecting: step), dumped] {
            #expect(!text.contains("Ana") && !text.contains("mail.example"))
        }
    }
}

/// Makes a connector from options.
func made(_ kind: ConnectorKind, _ options: [String: String]) throws -> any Connector {
    try kind.make(ConnectorConfiguration(name: "tried", kind: kind, options: options))
}

/// What the statuses that every provider may answer with mean for its first request.
func expectCommonStatuses(_ connector: any Connector) throws {
    for status in [401, 403, 408, 425, 429, 500, 502, 503, 504, 301] {
        let reply = Reply(status, "Ana", headers: [("Retry-After", "7"), ("X-Request-Id", "r-1")])
        let step = try connector.suppress(Scene.notice("newsletter"), at: Scene.now)
        let played = try Scene.play(step, [reply])
        #expect(played.answer == .retry(after: 7, "HTTP \(status), request r-1"))
    }
    let step = try connector.suppress(Scene.notice("newsletter"), at: Scene.now)
    #expect(try Scene.play(step, [Reply(413)]).answer == .giveUp("HTTP 413"))
}

/// The header fields of a connector's first request, in order.
func headers(_ connector: any Connector) throws -> [String] {
    let step = try connector.suppress(Scene.notice("newsletter"), at: Scene.now)
    let played = try Scene.play(step, [])
    return played.requests[0].headers.map { "\($0.name): \($0.value)" }
}

/// A message that arrived.
struct Arrival: Sendable {
    var query = ""
    var headers: [(name: String, value: String)] = []
    var body: String

    var delivery: WebhookDelivery {
        WebhookDelivery(query: query, headers: headers, body: Array(body.utf8))
    }

    /// What a connector reads in it; for messages that need nothing fetched.
    func batch(_ connector: any Connector, at now: Timestamp = Scene.now) throws -> InboundBatch {
        guard case .accepted(let batch) = try connector.receive(delivery, at: now) else {
            throw Refusal(.invalid, field: "test", "the message wants something fetched")
        }
        return batch
    }

    /// The field of the refusal; nil when the message is accepted.
    func problem(_ connector: any Connector, at now: Timestamp = Scene.now) throws -> String? {
        do {
            _ = try connector.receive(delivery, at: now)
            return nil
        } catch {
            #expect(!error.description.contains("@"))
            return error.field ?? error.code.name
        }
    }
}

extension InboundBatch {
    /// A line for each event, and a "?" for each that could not be read.
    var lines: [String] { events.map(\.line) + Array(repeating: "?", count: unreadable) }
}

extension InboundEvent {
    /// Kind, address, place, scopes and id in one line.
    var line: String {
        let id = id ?? "-"
        return "\(kind.rawValue) \(address) \(place ?? "-") \(extents.joined(separator: "+")) \(id)"
    }
}
