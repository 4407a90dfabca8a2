// Asks witnesses to cosign new checkpoints (C2SP tlog-witness), each on its own.

import HeedConnectors
package import HeedEngine
package import HeedLedger
import HeedStore
package import Logging
import ServiceLifecycle

/// Brings the newest checkpoint to every witness that has a URL, and keeps what they sign.
///
/// Each witness has its own rounds, so one that is dead, slow or lying delays no other. Nothing a
/// witness answers is believed before its key has verified it.
package struct CosignatureCollector: Service {
    /// Seconds a witness has to answer.
    package static let limitSeconds: Int64 = 10

    /// The default pace: a witness is asked once a second at most.
    package static func pace(_ news: Doorbell) -> Rounds {
        Rounds(doorbell: news, pollMilliseconds: 1000, pausesMilliseconds: 1000...60_000)
    }

    private let engine: Engine
    private let transport: any Transport
    private let witnesses: [TLogPolicy.Witness]
    private let rounds: Rounds
    private let logger: Logger

    /// Takes the log, the wire and the witnesses; those without a URL are left out.
    package init(
        engine: Engine,
        transport: any Transport,
        witnesses: [TLogPolicy.Witness],
        rounds: Rounds,
        logger: Logger
    ) {
        self.engine = engine
        self.transport = transport
        self.witnesses = witnesses.filter { $0.url != nil }
        self.rounds = rounds
        self.logger = logger
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws {
        // A service that returns ends the whole process, also with nobody to ask.
        guard !witnesses.isEmpty else { return try await gracefulShutdown() }
        await withDiscardingTaskGroup { group in
            for witness in witnesses {
                group.addTask { @Sendable in await rounds.run { await look(witness) } }
            }
        }
    }

    private func look(_ witness: TLogPolicy.Witness) async -> RoundOutcome {
        var logger = logger
        logger[metadataKey: "witness"] = "\(witness.name)"
        do {
            var known: Int?
            // Twice at most: the second time from the size that the witness itself has named.
            for _ in 0..<2 {
                let question = CheckpointToCosign(for: witness.verifier, knowing: known)
                switch try await engine.ask(question) {
                case .none: return .done
                case .behind(let size):
                    logger.critical(
                        "a witness has seen a larger log: was the database put back?",
                        metadata: ["theirs": "\(known ?? 0)", "ours": "\(size)"]
                    )
                    return .alarming
                case .ask(let request, let size):
                    switch try await reply(of: witness, to: request) {
                    case .cosigned(let signatures):
                        for signature in signatures {
                            try await engine.keep(signature, by: witness.verifier, ofSize: size)
                        }
                        return .resting
                    case .knows(let size): known = size
                    case let refusal: return note(refusal, logger)
                    }
                }
            }
            logger.error("a witness names another size each time")
            return .failed
        } catch is CancellationError {
            return .done
        } catch {
            logger.error("a witness could not be asked", metadata: ["error": "\(error)"])
            return .failed
        }
    }

    private func reply(
        of witness: TLogPolicy.Witness,
        to request: WitnessRequest
    ) async throws -> WitnessReply {
        let prefix = witness.url ?? ""
        let response = try await transport.send(
            OutboundRequest(
                method: "POST",
                url: prefix + (prefix.hasSuffix("/") ? "" : "/") + "add-checkpoint",
                headers: [(name: "content-type", value: "text/plain; charset=utf-8")],
                body: request.bytes
            ),
            timeoutSeconds: CosignatureCollector.limitSeconds
        )
        return try WitnessReply(
            .init(
                status: response.status,
                contentType: response.header("content-type"),
                body: response.body
            ),
            to: request,
            witnesses: [witness.verifier]
        )
    }

    private func note(_ refusal: WitnessReply, _ logger: Logger) -> RoundOutcome {
        switch refusal {
        case .refused(status: 422):
            // The witness could not follow from what it saw to what it was shown.
            logger.critical("a witness found no consistency, a fork is suspected")
            return .alarming
        case .unknownLog:
            logger.error("a witness does not know this log, it has to be registered there")
        case .untrustedSignature:
            logger.error("a witness does not trust the key of this log")
        case .refused(let status):
            logger.error("a witness refused", metadata: ["status": "\(status)"])
        case .cosigned, .knows: break
        }
        return .failed
    }
}
