// Opt-outs acknowledged a second by 32 callers, against pgbench with one statement of its own.

import Foundation
import HeedConsent
import HeedEngine
import Synchronization

/// Measures opt-outs of people who were never opted out before, each answered only when durable.
///
/// The reference is what one opt-out costs at least: 32 clients of pgbench on the same server, each
/// transaction one prepared statement that upserts a state row by key, appends an audit row of 220
/// bytes and queues a job. It checks nothing and locks nobody. One opt-out of Heed loads the
/// person, and writes nine rows: four audit events, the opt-out, a consent record, a permission, a
/// block and a job.
struct PostgresIntakeBench {
    static let callers = 32
    private static let eachCaller = 100

    let server: Server

    func run() async throws -> Comparison {
        progress("preparing intake")
        let workbench = try await PostgresWorkbench(server, name: "intake")
        let count = PostgresIntakeBench.callers * PostgresIntakeBench.eachCaller
        try await workbench.bench.addPeople(7 * count)
        let reference = try SingleStatement(workbench)
        let engine = workbench.bench.engine
        let next = NextPerson()
        return try await .interleaved(
            Goal(
                name: "opt-outs acknowledged, PostgreSQL, 32 callers",
                reference: "pgbench, 32 clients, one statement of 3 rows",
                ratio: 0.5
            ),
            {
                try await rate(count) {
                    try await Workbench.callers(PostgresIntakeBench.callers) { _ in
                        for _ in 0..<PostgresIntakeBench.eachCaller {
                            try await PostgresIntakeBench.optOut(next.take(), engine)
                        }
                    }
                }
            },
            { try reference.rate(clients: PostgresIntakeBench.callers) }
        )
    }

    /// Opts a person out as the link in a mail does.
    static func optOut(_ person: Int, _ engine: Engine) async throws {
        let request = try RequestOptOut(
            subject: .address(Workbench.address(person)),
            extent: OptOut.Extent(Workbench.newsletter),
            source: .oneClick
        )
        let answer = try await engine.perform(request, as: .person)
        precondition(!answer.receipt.repeated)
    }
}

/// pgbench with its script.
struct SingleStatement {
    private let workbench: PostgresWorkbench
    private let script: URL

    init(_ workbench: PostgresWorkbench) throws {
        self.workbench = workbench
        try Session(workbench.server.connection(workbench.name, "postgres")).script(
            """
            CREATE TABLE public.states (
                person bytea, scope int, state int, version int, changed_at timestamptz,
                PRIMARY KEY (person, scope)
            );
            CREATE TABLE public.lines (place bigserial PRIMARY KEY, hash bytea, body bytea);
            CREATE TABLE public.tasks (
                id bigserial PRIMARY KEY, priority int, due timestamptz, done int, body bytea
            );
            CREATE INDEX ON public.tasks (priority, due, id) WHERE done = 0;
            """
        )
        // Goes with the server.
        script = URL(filePath: workbench.server.folder).appending(path: "intake.sql")
        try Data(
            """
            \\set person random(1, 2000000000)
            WITH state AS (INSERT INTO public.states VALUES (\
            decode(md5(:person::text), 'hex'), 1, 1, 1, now()) \
            ON CONFLICT (person, scope) DO UPDATE SET state = excluded.state, \
            version = states.version + 1, changed_at = excluded.changed_at), \
            line AS (INSERT INTO public.lines (hash, body) VALUES (\
            sha256(int4send(:person)), decode(repeat('6c', 220), 'hex'))) \
            INSERT INTO public.tasks (priority, due, done, body) \
            VALUES (0, now(), 0, decode(repeat('74', 60), 'hex'));

            """.utf8
        ).write(to: script)
    }

    /// Transactions a second, by pgbench's own count.
    func rate(clients: Int) throws -> Double {
        let process = Process()
        process.executableURL = URL(filePath: workbench.server.pgbench)
        process.arguments = [
            "-n", "-M", "prepared", "-f", script.path, "-c", String(clients), "-j", "1",
            // A count, not a time: its alarm is blocked in a process started from here.
            "-t", "250", "-h", workbench.server.folder, "-U", "postgres", workbench.name,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard let match = text.firstMatch(of: /tps = ([0-9.]+)/), let rate = Double(match.1) else {
            throw Server.Missing(description: "pgbench failed: \(text)")
        }
        return rate
    }
}
