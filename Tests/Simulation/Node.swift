// One process of a simulated history: what it has in memory, its work, and its death.

import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedRights
import HeedStore
import Logging
import TestSupport

/// A process with a worker and a sequencer; all it knows is gone when it dies, but the database.
struct Node {
    /// For how long a job is kept from the other worker.
    static let leaseSeconds: Int64 = 30

    let name: UInt64
    private let place: Place
    private var life: UInt64 = 0
    private(set) var database: FaultyDatabase
    private(set) var engine: Engine
    private var worker: Worker
    private var sequencer: Sequencer
    /// Claimed and not done.
    private var jobs: [Job] = []

    /// Starts a process.
    init(_ name: UInt64, at place: Place) throws {
        self.name = name
        self.place = place
        database = FaultyDatabase(try place.open(name, life: 0))
        engine = Engine(database: database)
        worker = Node.worker(engine, place.wire, place.surroundings(name, life: 0))
        sequencer = Node.sequencer(engine, name, life: 0)
    }

    /// Dies, and starts again.
    mutating func crash() throws {
        life += 1
        jobs = []
        database = FaultyDatabase(try place.open(name, life: life))
        engine = Engine(database: database)
        worker = Node.worker(engine, place.wire, place.surroundings(name, life: life))
        sequencer = Node.sequencer(engine, name, life: life)
    }

    /// The kinds of work a process does.
    enum Work {
        case claim
        case handle
        case rescue
        case sequence
        case keepIndex
    }

    /// Does a piece of work; one job at most.
    mutating func work(_ work: Work) async throws {
        switch work {
        case .claim:
            for lane in [Job.Lane.optOut, .general] {
                let claim = ClaimJobs(lane: lane, limit: 2, leaseSeconds: Node.leaseSeconds)
                jobs += try await engine.perform(claim, as: .system("runner")).receipt
            }
        case .handle:
            guard let job = jobs.first else { return }
            jobs.removeFirst()
            try await worker.handle(job)
        case .rescue: _ = try await engine.perform(RescueJobs(), as: .system("rescuer"))
        case .sequence: _ = try await sequencer.step()
        case .keepIndex: try await engine.maintainIndex()
        }
    }

    /// True while it has jobs in its hands.
    var isBusy: Bool { !jobs.isEmpty }

    private static func worker(
        _ engine: Engine,
        _ wire: Wire,
        _ surroundings: Surroundings
    ) -> Worker {
        let telling = ConnectorTelling(
            engine: engine,
            gate: ConnectorGate(slots: 4, surroundings: surroundings),
            transport: wire,
            retryPolicy: RetryPolicy(),
            surroundings: surroundings
        )
        return Worker(
            telling,
            options: .init(concurrency: 1, leaseSeconds: Node.leaseSeconds),
            logger: Logger(label: "simulation")
        )
    }

    private static func sequencer(_ engine: Engine, _ name: UInt64, life: UInt64) -> Sequencer {
        Sequencer(
            engine: engine,
            origin: "heed.example/log",
            holder: Array(repeating: UInt8(truncatingIfNeeded: name * 100 + life), count: 16),
            batch: 5
        )
    }
}
