// A wire whose other end follows a script: it answers, fails, or acts and loses the reply.

import HeedConnectors
import HeedDelivery
import Synchronization

/// What the other system does with one request.
enum Turn: Sendable {
    /// Answers with this status.
    case answer(Int)
    /// Never got it.
    case fail(TransportError.Code)
    /// Acted on it, and the reply was lost.
    case loseReply
}

/// Plays one turn a request, then goes on with the last; remembers what the other system acted on.
final class ScriptedTransport: Transport {
    private struct State {
        var turns: [Turn]
        var acted: [String] = []
        var sent: [OutboundRequest] = []
    }

    private let state: Mutex<State>

    init(_ turns: Turn...) { state = Mutex(State(turns: turns)) }

    /// The webhook ids the other system acted on, in order.
    var acted: [String] { state.withLock { $0.acted } }

    /// How many requests were sent.
    var requests: Int { state.withLock { $0.sent.count } }

    /// The requests themselves.
    var sent: [OutboundRequest] { state.withLock { $0.sent } }

    func send(
        _ request: OutboundRequest,
        timeoutSeconds: Int64
    ) async throws -> OutboundResponse {
        let id = request.headers.first { $0.name.lowercased() == "webhook-id" }?.value ?? ""
        let turn = state.withLock { state in
            state.sent.append(request)
            let turn = state.turns.count > 1 ? state.turns.removeFirst() : state.turns[0]
            switch turn {
            case .answer(200...299), .loseReply: state.acted.append(id)
            default: break
            }
            return turn
        }
        switch turn {
        case .answer(let status): return OutboundResponse(status: status)
        case .fail(let code): throw TransportError(code, "as the script says")
        case .loseReply: throw TransportError(.replyLost, "as the script says")
        }
    }
}
