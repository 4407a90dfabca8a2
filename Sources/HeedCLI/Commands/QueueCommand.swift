// `heed queue`: what there is to do, and what an operator may do about it.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedServer

/// The queue.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "The work that is to be done: look at it, try it again, give it up.",
        subcommands: [List.self, Retry.self, Bury.self, Drop.self]
    )

    /// Reads a job's id.
    fileprivate static func job(_ text: String) throws(Refusal) -> JobID {
        guard let id = JobID(text: text) else {
            throw Refusal(.invalid, field: "id", "this is not the id of a job")
        }
        return id
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count jobs by lane and connector, and list them; no address is shown."
        )
        @OptionGroup var global: GlobalOptions
        @Option(help: "Only jobs in this state: ready, leased, buried.") var state: String?
        @Option(help: "Only jobs of this lane: opt-out, general, mail.") var lane: String?
        @Option(help: "Only jobs that tell this connector.") var connector: String?
        @Option(help: "At most so many jobs, from 1 to 200.") var limit = 50
        @Option(help: "Only jobs after the one with this id.") var after: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let question = try ListJobs(
                ListJobs.Filter(state: state, lane: lane, connector: connector),
                after: after.map { text throws(Refusal) in
                    guard let id = JobID(text: text) else {
                        throw Refusal(.invalid, field: "after", "this is not the id of a job")
                    }
                    return id
                },
                limit: limit
            )
            let installation = try Installation(await global.settings(), opening: .existing)
            let overview = try await installation.engine.ask(QueueOverview())
            let page = try await installation.engine.ask(question)
            if json {
                try Terminal.print(json: QueueAnswer(overview, page: page))
            } else {
                List.print(overview)
                List.print(page)
            }
            try installation.close()
        }

        private static func print(_ overview: QueueOverview.Overview) {
            Terminal.print(
                table: overview.lanes.map { lane in
                    let counts = ListJobs.states.map { String(lane.counts[$0] ?? 0) }
                    return [lane.name] + counts + [lane.oldest?.dueSince.text ?? "-"]
                },
                headings: ["LANE", "READY", "LEASED", "BURIED", "OLDEST DUE SINCE"]
            )
            guard !overview.connectors.isEmpty else { return }
            Swift.print("")
            Terminal.print(
                table: overview.connectors.map {
                    [$0.name, String($0.pending), String($0.buried)]
                },
                headings: ["CONNECTOR", "PENDING", "BURIED"]
            )
        }

        private static func print(_ page: ListJobs.Page) {
            guard !page.jobs.isEmpty else { return }
            Swift.print("")
            Terminal.print(
                table: page.jobs.map { job in
                    [
                        job.id.text, job.state, job.kind, job.connector ?? "-",
                        String(job.attempts), job.runAt.text, job.answer ?? "-",
                    ]
                },
                headings: ["JOB", "STATE", "KIND", "CONNECTOR", "ATTEMPTS", "NEXT", "ANSWER"]
            )
            if let next = page.next {
                Terminal.note("there are more: --after \(next.text)")
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a job again at once, from its first attempt on; also a buried one."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id, as `heed queue list` prints it.") var id: String?
        @Flag(help: "Every buried job, instead of one.") var buried = false
        @Option(help: "Every buried job that tells this connector.") var connector: String?

        func run() async throws {
            guard (id == nil) == (buried || connector != nil) else {
                throw CommandError("name one of: the id of a job, --buried, --connector")
            }
            let id = try id.map(QueueCommand.job)
            let installation = try Installation(await global.settings(), opening: .existing)
            let engine = installation.engine
            if let id {
                _ = try await engine.perform(RetryJob(id), as: Installation.actor)
                print("job \(id.text) is tried again")
            } else {
                let count = try await retryBuried(engine)
                print("\(counted(count, "buried job")) \(count == 1 ? "is" : "are") tried again")
            }
            try await noteThoseAtRest(engine)
            try installation.close()
        }

        /// What is redriven for a connector that is disabled goes on waiting.
        private func noteThoseAtRest(_ engine: Engine) async throws {
            let names = try await engine.ask(ListConnectors()).filter { $0.disabledAt != nil }
                .map(\.name).filter { connector == nil || connector == $0 }
            guard !names.isEmpty else { return }
            let list = names.joined(separator: ", ")
            Terminal.note("disabled and told nothing until `heed connector enable`: \(list)")
        }

        /// One transaction a job, so that a worker has to wait for none of them.
        private func retryBuried(_ engine: Engine) async throws -> Int {
            var count = 0
            var after: JobID?
            repeat {
                let page = try await engine.ask(
                    ListJobs(
                        ListJobs.Filter(state: "buried", connector: connector),
                        after: after,
                        limit: ListJobs.pageMaximum
                    )
                )
                for job in page.jobs {
                    do {
                        _ = try await engine.perform(RetryJob(job.id), as: Installation.actor)
                        count += 1
                    } catch let refusal as Refusal where refusal.code == .notFound {
                        // It was confirmed late, meanwhile.
                    }
                }
                after = page.next
            } while after != nil
            return count
        }
    }

    struct Bury: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give up telling a connector; the opt-out itself stays in force."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's id, as `heed queue list` prints it.") var id: String

        func run() async throws {
            let id = try QueueCommand.job(id)
            let installation = try Installation(await global.settings(), opening: .existing)
            let isNew = try await installation.engine.perform(BuryJob(id), as: Installation.actor)
                .receipt
            print("job \(id.text) \(isNew ? "is buried" : "was buried before")")
            try installation.close()
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Be done with a message to a person that was given up: it is never sent."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's id, as `heed queue list` prints it.") var id: String

        func run() async throws {
            let id = try QueueCommand.job(id)
            let installation = try Installation(await global.settings(), opening: .existing)
            _ = try await installation.engine.perform(DropJob(id), as: Installation.actor)
            print("job \(id.text) is dropped")
            try installation.close()
        }
    }
}
