// The erasure of one person with 1,000 events among a million others against ten thousand others.

import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore

/// Measures whole erasures: from the verified request to the receipt and the cleaned files.
///
/// The events of those who are erased lie among everybody else's, as they would after a year of
/// campaigns: each of the others has one, and each batch has some of both.
struct ErasureBench {
    /// One that warms up and five that are measured.
    private static let erased = 6
    private static let eventsEach = 1000
    private static let actor = Actor.system("bench")

    /// The engine's name as it is printed.
    let engineName: String
    /// How many others there are; multiples of a thousand.
    let others: (few: Int, many: Int)
    /// Makes an installation by its name.
    let open: (String) async throws -> Workbench
    /// Done when everybody is there.
    let settle: (String) throws -> Void

    /// On SQLite files in a folder.
    init(folder: URL) throws {
        engineName = "SQLite"
        others = try ErasureBench.sizes()
        open = { try await Workbench(folder: folder, name: "\($0).sqlite") }
        settle = { _ in }
    }

    /// On a PostgreSQL server.
    init(server: Server) throws {
        engineName = "PostgreSQL"
        others = try ErasureBench.sizes()
        open = { try await PostgresWorkbench(server, name: $0).bench }
        // What autovacuum does in life; without it a plan is made for empty tables.
        settle = { try Session(server.connection($0, "postgres")).script("VACUUM ANALYZE") }
    }

    /// `HEED_BENCH_ERASURE=2000,50000` is for a look; the goal is about the default.
    private static func sizes() throws -> (few: Int, many: Int) {
        guard let text = ProcessInfo.processInfo.environment["HEED_BENCH_ERASURE"] else {
            return (10_000, 1_000_000)
        }
        let numbers = text.split(separator: ",").compactMap { Int($0) }
        guard numbers.count == 2, numbers.allSatisfy({ $0 >= 1000 && $0 % 1000 == 0 }) else {
            throw BadSizes()
        }
        return (numbers[0], numbers[1])
    }

    private struct BadSizes: Error, CustomStringConvertible {
        let description = "HEED_BENCH_ERASURE has to be two multiples of 1000, such as 2000,50000"
    }

    func run() async throws -> Comparison {
        let small = try await Population(self, others: others.few)
        let large = try await Population(self, others: others.many)
        return try await Comparison.interleaved(
            Goal(
                name: "\(engineName): erasure of a person with 1,000 events, among \(others.many)",
                reference: "the same among \(others.few)",
                // Twice the time at most.
                ratio: 0.5
            ),
            { try await large.eraseNext() },
            { try await small.eraseNext() }
        )
    }

    /// People, a few of whom are to be erased.
    private struct Population {
        let bench: Workbench
        let next: NextPerson

        init(_ bench: ErasureBench, others: Int) async throws {
            let name = "erasure_\(others)"
            self.bench = try await bench.open(name)
            next = NextPerson()
            try await self.bench.addPeople(ErasureBench.erased + others)
            try await addEvents(amongOthers: others)
            try bench.settle(name)
            progress("erasure, \(bench.engineName): \(others) others are there")
        }

        private func addEvents(amongOthers others: Int) async throws {
            let each = others / ErasureBench.eventsEach
            for round in 0..<ErasureBench.eventsEach {
                let first = ErasureBench.erased + round * each
                let people = Array(0..<ErasureBench.erased) + Array(first..<first + each)
                let reports = try people.map { person in
                    try report(of: person, round)
                }
                _ = try await bench.engine.take(reports, as: ErasureBench.actor)
            }
        }

        private func report(of person: Int, _ round: Int) throws -> ActivityReport {
            let details = try ActivityDetails(
                message: "message-\(round)",
                ip: "192.0.2.\(person % 250)",
                userAgent: "Mozilla/5.0 (X11; Linux x86_64)"
            )
            let activity = try Activity(
                .opened,
                at: Workbench.surroundings.now(),
                campaign: "campaign-\(round / 10)",
                scope: ScopeName(Workbench.newsletter),
                details: details
            )
            return try ActivityReport(
                id: "\(person)-\(round)",
                subject: .address(Workbench.address(person)),
                activity: activity
            )
        }

        /// Erases one more person; answers with erasures a second.
        func eraseNext() async throws -> Double {
            let subject = Subject.address(try Workbench.address(next.take()))
            let means = try Source("bench")
            return try await rate(1) {
                let request = ReceiveRequest(
                    .erasure,
                    of: subject,
                    source: means,
                    verifiedBy: means,
                    keepsBlock: true
                )
                let received = try await bench.engine.perform(request, as: ErasureBench.actor)
                while try await doSteps() {}
                let id = received.receipt.request.id
                let progress = try await bench.engine.ask(RequestProgress(id))
                precondition(progress.request.status == .completed)
            }
        }

        /// Does the steps that are due; false when there is none.
        private func doSteps() async throws -> Bool {
            let engine = bench.engine
            let claim = ClaimJobs(lane: .general, limit: 10, leaseSeconds: 60)
            let jobs = try await engine.perform(claim, as: ErasureBench.actor).receipt
            for job in jobs {
                guard case .rights(let work) = job.kind else { continue }
                switch work {
                case .start(let id):
                    let start = StartErasure(id, job: job.id)
                    _ = try await engine.perform(start, as: ErasureBench.actor)
                case .finish(let id):
                    let finish = FinishErasure(id, job: job.id)
                    _ = try await engine.perform(finish, as: ErasureBench.actor)
                case .clean:
                    try await engine.cleanStorage()
                    let end = FinishCleaning(job: job.id)
                    _ = try await engine.perform(end, as: ErasureBench.actor)
                case .tell: preconditionFailure("there is no connector here")
                }
            }
            return !jobs.isEmpty
        }
    }
}
