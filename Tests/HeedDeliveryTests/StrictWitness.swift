// A small witness of our own that follows C2SP tlog-witness to the letter, and can misbehave.

import HeedConnectors
import HeedDelivery
import HeedLedger
import Synchronization

/// Remembers for one log what it has cosigned last, and cosigns only what extends that.
final class StrictWitness: Sendable {
    /// How it behaves.
    enum Manner: Sendable {
        /// As the specification says.
        case honest
        /// Nobody is there.
        case dead
        /// It takes the request and never answers.
        case silent
        /// It signs something else.
        case lying
        /// It acts, and the reply is lost on the way.
        case losingReplies
        /// It names another size each time.
        case confused
    }

    private struct State {
        var manner: Manner
        var size = 0
        var root = Hash.emptyTree
        var requests = 0
        var cosigned: [Int] = []
    }

    let signer: NoteSigner
    private let log: NoteVerifier?
    private let state: Mutex<State>

    /// Knows one log, or none.
    init(_ number: UInt8, log: NoteVerifier?, _ manner: Manner = .honest) throws {
        signer = try NoteSigner(
            name: "w\(number).example",
            algorithm: .cosignature,
            seed: [UInt8](repeating: number, count: 32)
        )
        self.log = log
        state = Mutex(State(manner: manner))
    }

    /// How often it was asked.
    var requests: Int { state.withLock { $0.requests } }
    /// The sizes it has cosigned, in order.
    var cosigned: [Int] { state.withLock { $0.cosigned } }

    /// Changes its behaviour.
    func become(_ manner: Manner) { state.withLock { $0.manner = manner } }

    /// Makes it believe in a head that the log has not shown it.
    func believe(size: Int, root: Hash) {
        state.withLock { ($0.size, $0.root) = (size, root) }
    }

    /// Takes a request from the wire.
    func answer(_ body: [UInt8]) async throws -> OutboundResponse {
        let manner = state.withLock { state in
            state.requests += 1
            return state.manner
        }
        switch manner {
        case .dead: throw TransportError(.unreachable, "as the test says")
        case .silent:
            for await _ in AsyncStream<Void>.makeStream().stream {}
            throw CancellationError()
        case .confused: return sizes(state.withLock { $0.requests } % 2)
        case .lying:
            let other = try Checkpoint(origin: "other.example", size: 1, root: .leaf([]))
            return OutboundResponse(status: 200, body: line(try signer.cosign(other, at: 1)))
        case .losingReplies:
            _ = addCheckpoint(body)
            throw TransportError(.replyLost, "as the test says")
        case .honest: return addCheckpoint(body)
        }
    }

    private func addCheckpoint(_ body: [UInt8]) -> OutboundResponse {
        guard let request = try? WitnessRequest(bytes: body),
            let head = try? Checkpoint(text: request.checkpoint.text)
        else { return OutboundResponse(status: 400) }
        guard let log, head.origin == log.name else { return OutboundResponse(status: 404) }
        guard (try? request.checkpoint.verified(by: [log])) != nil else {
            return OutboundResponse(status: 403)
        }
        // Check and persist are one step, or two requests could make two histories.
        return state.withLock { state in
            guard request.oldSize == state.size else { return sizes(state.size) }
            if request.oldSize == head.size, head.root != state.root { return sizes(state.size) }
            let proof = ConsistencyProof(
                oldSize: state.size,
                newSize: head.size,
                path: request.path
            )
            guard (try? proof.verifyGrowth(oldRoot: state.root, newRoot: head.root)) != nil else {
                return OutboundResponse(status: 422)
            }
            guard let word = try? signer.cosign(head, at: 1_700_000_000) else {
                return OutboundResponse(status: 500)
            }
            (state.size, state.root) = (head.size, head.root)
            state.cosigned.append(head.size)
            return OutboundResponse(status: 200, body: line(word))
        }
    }

    private func sizes(_ size: Int) -> OutboundResponse {
        OutboundResponse(
            status: 409,
            headers: [(name: "Content-Type", value: WitnessReply.sizeContentType)],
            body: Array("\(size)\n".utf8)
        )
    }

    private func line(_ signature: NoteSignature) -> [UInt8] { Array("\(signature.line)\n".utf8) }
}

/// A wire with witnesses at `https://<name>/submit`.
struct WitnessNetwork: Transport {
    let witnesses: [StrictWitness]

    /// How a policy file would name them.
    func policy() throws -> TLogPolicy {
        var lines = witnesses.map { witness in
            let key = witness.signer.verifier
            return "witness \(key.name) \(key.text) https://\(key.name)/submit"
        }
        lines.append("quorum none\n")
        return try TLogPolicy(bytes: Array(lines.joined(separator: "\n").utf8))
    }

    func send(
        _ request: OutboundRequest,
        timeoutSeconds: Int64
    ) async throws -> OutboundResponse {
        let witness = witnesses.first {
            request.url == "https://\($0.signer.verifier.name)/submit/add-checkpoint"
        }
        guard let witness, request.method == "POST" else {
            throw TransportError(.invalidRequest, "nobody is at \(request.url)")
        }
        return try await witness.answer(request.body)
    }
}
