// The log's part of `heed serve`: sequencer, archive, witnesses.

import Foundation
import HeedDelivery
import HeedEngine
import HeedLedger
import HeedStore
import Logging
import ServiceLifecycle

/// What keeps the log, put together from the settings.
struct LogServices: Sendable {
    /// The log's name and key.
    let identity: LogKey.Identity
    /// How many witnesses have to have cosigned a checkpoint before it is shown.
    let witnessQuorum: Int
    private let installation: Installation
    private let policy: TLogPolicy?
    private let logger: Logger

    /// Reads the policy file and asks what the log is called.
    init(_ installation: Installation, logger: Logger) async throws {
        let settings = installation.settings
        self.installation = installation
        self.logger = logger
        policy = try settings.witnessPolicyPath.map(LogServices.policy)
        witnessQuorum = policy?.policy.quorum ?? 0
        identity = try await installation.engine.ask(LogKey(origin: settings.logOrigin))
        warn(settings.logOrigin)
    }

    /// The policy in a file.
    static func policy(_ path: String) throws -> TLogPolicy {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("witnessPolicy: the file \(path) cannot be read")
        }
        do {
            return try TLogPolicy(bytes: data)
        } catch {
            throw CommandError("witnessPolicy: \(path), \(error.message)")
        }
    }

    private func warn(_ origin: String) {
        if identity.isFixed, !identity.verifier.name.utf8.elementsEqual(origin.utf8) {
            logger.warning(
                "the log keeps the origin it began with, not the one in the settings",
                metadata: ["kept": "\(identity.verifier.name)", "configured": "\(origin)"]
            )
        }
        if let policy, !policy.logs.isEmpty,
            !policy.logs.contains(where: { $0.verifier == identity.verifier })
        {
            logger.warning("the witness policy names logs, but not this one")
        }
    }

    /// The services, with the archive looked into.
    func services(transport: any Transport) async -> [any Service] {
        let settings = installation.settings
        let news = Doorbell()
        let sequencer = Sequencer(
            engine: installation.engine,
            origin: settings.logOrigin,
            holder: Installation.surroundings.randomBytes(16)
        )
        var services: [any Service] = []
        if let path = settings.checkpointArchivePath {
            let archiver = CheckpointArchiver(
                engine: installation.engine,
                sequencer: sequencer,
                origin: settings.logOrigin,
                archive: CheckpointArchive(path: path),
                rounds: CheckpointArchiver.pace(news),
                logger: logger
            )
            await archiver.open()
            services.append(archiver)
        }
        if let policy {
            services.append(
                CosignatureCollector(
                    engine: installation.engine,
                    transport: transport,
                    witnesses: policy.witnesses,
                    rounds: CosignatureCollector.pace(news),
                    logger: logger
                )
            )
        }
        let runner = SequencerRunner(
            sequencer: sequencer,
            rounds: SequencerRunner.pace(Doorbell()),
            news: news,
            logger: logger
        )
        return services + [runner]
    }
}
