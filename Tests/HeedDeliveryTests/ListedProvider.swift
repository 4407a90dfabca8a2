// The other end of a SendGrid connector: two lists that can be asked for and added to, and faults.

import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import Synchronization

/// A provider with a global list and one group, on pages of two.
final class ListedProvider: Transport {
    /// What goes wrong with a request.
    enum Fault: Sendable {
        /// An answer that says no.
        case answer(Int, [(name: String, value: String)] = [])
        /// No answer; the request was acted upon.
        case loseReply
        /// No answer, and nothing was done.
        case unreachable
    }

    private struct State {
        var everywhere: Set<String> = []
        var group: Set<String> = []
        var faults: [Int: Fault] = [:]
        var requests: [String] = []
    }

    private static let pageSize = 2
    private let state = Mutex(State())

    /// Who is blocked from everything there.
    var everywhere: Set<String> {
        get { state.withLock { $0.everywhere } }
        set { state.withLock { $0.everywhere = newValue } }
    }

    /// Who left the group that the newsletter is.
    var group: Set<String> {
        get { state.withLock { $0.group } }
        set { state.withLock { $0.group = newValue } }
    }

    /// The methods and paths of all requests.
    var requests: [String] { state.withLock { $0.requests } }

    /// Makes a request fail; they are counted from 0, from now on.
    func plan(_ faults: [Int: Fault]) {
        state.withLock { state in
            let sent = state.requests.count
            for (number, fault) in faults { state.faults[sent + number] = fault }
        }
    }

    func send(
        _ request: OutboundRequest,
        timeoutSeconds: Int64
    ) async throws -> OutboundResponse {
        let url = URLComponents(string: request.url)
        let (fault, answer) = state.withLock { state in
            let fault = state.faults.removeValue(forKey: state.requests.count)
            state.requests.append("\(request.method) \(url?.path ?? "")")
            switch fault {
            case .answer, .unreachable: return (fault, [UInt8]())
            case .loseReply, nil: return (fault, ListedProvider.act(request, url, on: &state))
            }
        }
        switch fault {
        case .answer(let status, let headers):
            return OutboundResponse(status: status, headers: headers)
        case .loseReply: throw TransportError(.replyLost, "as planned")
        case .unreachable: throw TransportError(.unreachable, "as planned")
        case nil: return OutboundResponse(status: 200, body: answer)
        }
    }

    private static func act(
        _ request: OutboundRequest,
        _ url: URLComponents?,
        on state: inout State
    ) -> [UInt8] {
        let body = Data(request.body)
        let added = try? JSONDecoder().decode([String: [String]].self, from: body)
        switch (request.method, url?.path) {
        case ("GET", "/v3/suppression/unsubscribes"):
            let offset = url?.queryItems?.first { $0.name == "offset" }?.value.flatMap { Int($0) }
            let page = state.everywhere.sorted().dropFirst(offset ?? 0).prefix(pageSize)
            return bytes(page.map { ["email": $0] })
        case ("GET", "/v3/asm/groups/101/suppressions"): return bytes(state.group.sorted())
        case ("POST", "/v3/asm/suppressions/global"):
            state.everywhere.formUnion(added?["recipient_emails"] ?? [])
        case ("POST", "/v3/asm/groups/101/suppressions"):
            state.group.formUnion(added?["recipient_emails"] ?? [])
        default: break
        }
        return bytes(["ok"])
    }

    private static func bytes(_ value: some Encodable) -> [UInt8] {
        Array((try? JSONEncoder().encode(value)) ?? Data())
    }
}
