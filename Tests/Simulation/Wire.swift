// The wire to other systems: it answers, fails, delays, delivers twice and loses replies.

import HeedConnectors
import HeedDelivery
import Synchronization
import TestSupport

/// Does with each request what chance says, and remembers what the other systems acted on.
final class Wire: Transport {
    private struct State {
        var dice: SeededGenerator
        var isHealthy = false
        var acted: [String: Int] = [:]
    }

    private let clock: TestClock
    private let state: Mutex<State>

    init(seed: UInt64, clock: TestClock) {
        self.clock = clock
        state = Mutex(State(dice: SeededGenerator(seed: seed &* 31 &+ 7)))
    }

    /// From here on everything arrives and is answered.
    func heal() { state.withLock { $0.isHealthy = true } }

    /// How often the other systems acted on a message of this id.
    func actions(on id: String) -> Int { state.withLock { $0.acted[id] ?? 0 } }

    func send(
        _ request: OutboundRequest,
        timeoutSeconds: Int64
    ) async throws -> OutboundResponse {
        let id = request.headers.first { $0.name.lowercased() == "webhook-id" }?.value ?? ""
        let turn = state.withLock { state in
            let turn = state.isHealthy ? 0 : Int.random(in: 0..<20, using: &state.dice)
            switch turn {
            case 0...9, 10, 11, 12: state.acted[id, default: 0] += 1
            case 13: state.acted[id, default: 0] += 2
            default: break
            }
            return turn
        }
        switch turn {
        case 10:
            // Longer than a lease: another worker may have been given the job meanwhile.
            clock.advance(seconds: Node.leaseSeconds + 5)
            return OutboundResponse(status: 204)
        case 11, 12: throw TransportError(.replyLost, "as chance says")
        case 14, 15: throw TransportError(.unreachable, "as chance says")
        case 16: throw TransportError(.timeout, "as chance says")
        case 17: return OutboundResponse(status: 503)
        case 18: return OutboundResponse(status: 429, headers: [("Retry-After", "30")])
        case 19: return OutboundResponse(status: 410)
        default: return OutboundResponse(status: 204)
        }
    }
}
