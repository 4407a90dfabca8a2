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
    private static let few = 10_000
    private static let many = 1_000_000
    /// One that warms up and five that are measured.
    private static let erased = 6
    private static let eventsEach = 1000
    private static let actor = Actor.system("bench")

    let folder: URL

    func run() async throws -> Comparison {
        let small = try await Population(folder, others: ErasureBench.few)
        let large = try await Population(folder, others: ErasureBench.many)
        return try await Comparison.interleaved(
            Goal(
                name: "erasure of a person with 1,000 events, among 1,000,000",
                reference: "the same among 10,000",
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

        init(_ folder: URL, others: Int) async throws {
            bench = try await Workbench(folder: folder, name: "erasure-\(others).sqlite")
            next = NextPerson()
            try await bench.addPeople(ErasureBench.erased + others)
            try await addEvents(amongOthers: others)
            progress("erasure: \(others) others are there")
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
