// One conversation as lines of JSON: a program outside carries the requests and brings the answers.

import Foundation
import HeedConnectors
import HeedConsent

/// What a conversation is about, as the program outside says it.
struct Order: Decodable {
    let kind: String
    let options: [String: String]
    let task: String
    let address: String?
    let extent: String?
    let now: Int64
    let query: String?
    let headers: [[String]]?
    let body: Data?

    var notice: OptOutNotice {
        OptOutNotice(
            target: "0198f0c2-7a11-7aaa-9bbb-0123456789ab",
            address: address ?? "",
            extent: extent ?? "global",
            contact: "0198f0c2-7a10-7c3d-8f21-5d3b9a6e4c01",
            requestedAt: Timestamp(seconds: now)
        )
    }

    var erasure: ErasureNotice {
        ErasureNotice(
            target: "0198f0c2-7a11-7aaa-9bbb-0123456789ac",
            address: address ?? "",
            contact: "0198f0c2-7a10-7c3d-8f21-5d3b9a6e4c01",
            requestedAt: Timestamp(seconds: now)
        )
    }

    var delivery: WebhookDelivery {
        WebhookDelivery(
            query: query ?? "",
            headers: fields(headers),
            body: Array(body ?? Data())
        )
    }
}

/// An answer from outside.
struct Reply: Decodable {
    let status: Int
    let headers: [[String]]
    let body: Data

    var response: OutboundResponse {
        OutboundResponse(status: status, headers: fields(headers), body: Array(body))
    }
}

/// A line to the program outside.
struct Line: Encodable {
    var method: String?
    var url: String?
    var headers: [[String]]?
    var body: Data?
    var answer: String?
    var text: String?
    var after: Int64?
    var events: [[String: String]]?
    var ignored: Int?
    var replay: String?
    var refused: String?
    var listed: [[String: String]]?
    var sign: String?
}

extension Line {
    init(_ request: OutboundRequest) {
        method = request.method
        url = request.url
        headers = request.headers.map { [$0.name, $0.value] }
        body = Data(request.body)
    }

    init(_ answer: ConnectorAnswer) {
        text = answer.text
        switch answer {
        case .done: self.answer = "done"
        case .alreadyDone: self.answer = "already-done"
        case .absent: self.answer = "absent"
        case .giveUp: self.answer = "give-up"
        case .retry(let seconds, _):
            self.answer = "retry"
            after = seconds
        }
    }

    init(_ entries: [ListedEntry], sign found: OptOutSign?) {
        listed = entries.map { entry in
            [
                "address": entry.address, "kind": entry.kind.rawValue,
                "places": entry.places.joined(separator: ","),
                "extents": entry.extents.joined(separator: ","),
                "unmapped": String(entry.unmapped),
            ]
        }
        switch found {
        case .seen(let places): sign = "seen \(places.joined(separator: ","))"
        case .unseen(let places): sign = "unseen \(places.joined(separator: ","))"
        case nil: sign = "unknown"
        }
    }

    init(_ batch: InboundBatch) {
        events = batch.events.map { event in
            [
                "kind": event.kind.rawValue, "address": event.address,
                "extents": event.extents.joined(separator: ","), "place": event.place ?? "",
                "at": event.at.text, "id": event.id ?? "",
            ]
        }
        ignored = batch.ignored
        replay = batch.replay?.token
    }
}

/// Walks one conversation to its end.
struct Dialogue {
    let order: Order
    let now: Timestamp

    init(_ order: Order) {
        self.order = order
        now = Timestamp(seconds: order.now)
    }

    /// Sends each line to `say` and takes each answer from `hear`.
    func run(say: (Line) throws -> Void, hear: () throws -> Reply) async throws {
        func carry(_ request: OutboundRequest) throws -> OutboundResponse {
            try say(Line(request))
            return try hear().response
        }
        do {
            let kind = try ConnectorKind(named: order.kind)
            let connector = try kind.make(
                ConnectorConfiguration(name: "tried", kind: kind, options: order.options)
            )
            if order.task == "list" {
                var entries: [ListedEntry] = []
                let step = try connector.list(at: now)
                let failure = try await step.walk(
                    now: { now },
                    carry: carry,
                    page: { entries += $0 }
                )
                let sign = connector.sign(of: order.extent ?? "global")
                try say(failure.map { Line($0) } ?? Line(entries, sign: sign))
            } else if order.task == "receive" {
                let step = try connector.receive(order.delivery, at: now)
                try say(Line(await step.walk(now: { now }, carry: carry)))
            } else {
                try say(Line(await begin(connector).walk(now: { now }, carry: carry)))
            }
        } catch let refusal as Refusal {
            try say(Line(refused: refusal.description))
        }
    }

    private func begin(_ connector: any Connector) throws -> ConnectorStep {
        switch order.task {
        case "suppress": try connector.suppress(order.notice, at: now)
        case "read-back": try connector.readBack(order.notice, at: now)
        case "erase": try connector.erase(order.erasure, at: now)
        default: try connector.check(at: now)
        }
    }
}

private func fields(_ pairs: [[String]]?) -> [(name: String, value: String)] {
    (pairs ?? []).compactMap { $0.count == 2 ? (name: $0[0], value: $0[1]) : nil }
}
