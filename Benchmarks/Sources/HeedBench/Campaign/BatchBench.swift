// A million raw addresses in process, against the fastest that other engines do with the hashes.

import CRawEngines
import Foundation

/// Measures a campaign of as many recipients as there are people, in calls of 10,000.
///
/// The references are given 16-byte keys: Redis has a set of them and is asked for a thousand a
/// command; PostgreSQL copies them into a temporary table and joins it against a table of as many.
/// The third is a campaign manager's query shape, which pages through subscribers with a cursor
/// (and also returns their rows).
struct BatchBench {
    let folder: URL
    let list: BigList
    let server: Server

    func run() async throws -> [Comparison] {
        // In an order that no cache foresees.
        let campaign = try await Campaign(to: list, step: 7919)
        let all = { try await campaign.recipientsPerSecond() }
        var results = try await others(all)
        results.append(
            try await .interleaved(
                Goal(
                    name: "\(list.people) raw addresses in process, by recipient",
                    reference: "a tenth of them",
                    ratio: 10.0 / 12
                ),
                all,
                { try await campaign.recipientsPerSecond(campaign.calls.count / 10) }
            )
        )
        precondition(campaign.engine.index.figures.passed == 0)
        return results
    }

    /// Against each of the other engines.
    private func others(_ measure: () async throws -> Double) async throws -> [Comparison] {
        let redis = try Redis(folder: folder, members: list.people)
        defer { redis.stop() }
        let join = try AntiJoin(server, rows: list.people)
        let pages = try SubscriberPages(server, subscribers: list.people)
        let references: [(name: String, goal: Double, rate: () throws -> Double)] = [
            (
                "Redis SMISMEMBER, 1,000 a command, given the hashes", 1.5,
                { try redis.rate(list.people) }
            ),
            ("PostgreSQL, COPY and anti-join, given the hashes", 1.5, { try join.rate() }),
            ("PostgreSQL, pages of 1,000 subscribers by cursor", 5, { try pages.rate() }),
        ]
        var results: [Comparison] = []
        for reference in references {
            let goal = Goal(
                name: "\(list.people) raw addresses in process",
                reference: reference.name,
                ratio: reference.goal
            )
            results.append(
                try await .interleaved(goal, measure, { try reference.rate() })
            )
        }
        return results
    }
}

/// A Redis server that keeps nothing on the disk.
private final class Redis {
    private let process = Process()
    private let socket: String
    private let members: Int

    init(folder: URL, members: Int) throws {
        self.members = members
        // A socket's path is short.
        socket = "/tmp/heed-bench-\(ProcessInfo.processInfo.processIdentifier).redis"
        process.executableURL = URL(filePath: "/usr/bin/redis-server")
        process.arguments = [
            "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir",
            folder.path,
        ]
        process.standardOutput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw Server.Missing(description: "redis-server; run scripts/setup.sh bench")
        }
        while !FileManager.default.fileExists(atPath: socket), process.isRunning { usleep(1000) }
        guard raw_redis_fill(socket, members) == 0 else {
            throw Server.Missing(description: "redis-server takes no members")
        }
    }

    func rate(_ asked: Int) throws -> Double {
        let rate = raw_redis_rate(socket, asked, members)
        guard rate > 0 else { throw Server.Missing(description: "redis-server does not answer") }
        return rate
    }

    func stop() {
        // Other signals are blocked in a process that is started from here.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

/// Keys copied in and joined against a table.
private final class AntiJoin {
    private let session: Session
    private let rows: Int
    private let copy: [UInt8]

    init(_ server: Server, rows: Int) throws {
        self.rows = rows
        try Session(server.connection("postgres", "postgres")).script("CREATE DATABASE joins")
        session = try Session(server.connection("joins", "postgres"))
        try session.script("CREATE TABLE blocked (key bytea)")
        try session.copy("COPY blocked FROM STDIN BINARY", AntiJoin.rows(0..<rows))
        try session.script("ALTER TABLE blocked ADD PRIMARY KEY (key)")
        try session.script("VACUUM ANALYZE blocked")
        try session.script("SET work_mem = '256MB'; CREATE TEMP TABLE asked (key bytea)")
        // A tenth of them is blocked.
        copy = AntiJoin.rows(rows - rows / 10..<2 * rows - rows / 10)
    }

    func rate() throws -> Double {
        try session.script("TRUNCATE asked")
        let start = ContinuousClock.now
        try session.copy("COPY asked FROM STDIN BINARY", copy)
        let left = try session.column(
            "SELECT int8send(count(*)) FROM asked WHERE NOT EXISTS "
                + "(SELECT 1 FROM blocked WHERE blocked.key = asked.key)"
        )
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        precondition(left.count == 1)
        return Double(rows) / seconds
    }

    /// PostgreSQL's binary format: a head, then for each row one field of 16 bytes, then an end.
    private static func rows(_ numbers: Range<Int>) -> [UInt8] {
        var bytes =
            Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
        bytes.reserveCapacity(bytes.count + numbers.count * 22 + 2)
        for number in numbers {
            bytes += [0, 1, 0, 0, 0, 16]
            var key = [UInt8](repeating: 0, count: 16)
            raw_key(UInt64(number), &key)
            bytes += key
        }
        return bytes + [0xFF, 0xFF]
    }
}

/// Pages through subscribers of a list with a cursor, as a campaign manager's query does.
private final class SubscriberPages {
    private let session: Session
    private let subscribers: Int

    init(_ server: Server, subscribers: Int) throws {
        self.subscribers = subscribers
        try Session(server.connection("postgres", "postgres")).script("CREATE DATABASE pages")
        session = try Session(server.connection("pages", "postgres"))
        try session.script(
            """
            CREATE TABLE subscribers (
                id serial PRIMARY KEY, uuid uuid NOT NULL UNIQUE, email text NOT NULL UNIQUE,
                name text, attributes jsonb NOT NULL DEFAULT '{}', status text NOT NULL
            );
            INSERT INTO subscribers (uuid, email, name, attributes, status)
                SELECT md5(g::text)::uuid, 'user' || g || '@example' || (g % 1000) || '.com',
                    'User ' || g, '{"city": "Vienna", "plan": "x"}',
                    CASE WHEN g % 100 = 7 THEN 'blocked' ELSE 'enabled' END
                FROM generate_series(1, \(subscribers)) g;
            CREATE TABLE memberships (
                subscriber_id int REFERENCES subscribers (id), list_id int, status text NOT NULL,
                PRIMARY KEY (subscriber_id, list_id)
            );
            INSERT INTO memberships SELECT g, 1,
                CASE WHEN g % 10 = 3 THEN 'unsubscribed' ELSE 'unconfirmed' END
                FROM generate_series(1, \(subscribers)) g;
            CREATE INDEX ON memberships (list_id);
            CREATE INDEX ON memberships (status);
            CREATE TABLE campaigns (id int PRIMARY KEY, last_id int, max_id int, sent int);
            INSERT INTO campaigns VALUES (1, 0, \(subscribers), 0);
            """
        )
        for table in ["subscribers", "memberships"] {
            try session.script("VACUUM ANALYZE \(table)")
        }
    }

    /// Sendable rows a second, over so many pages.
    func rate() throws -> Double {
        try session.script("UPDATE campaigns SET last_id = 0, sent = 0")
        var rows = 0
        let start = ContinuousClock.now
        for _ in 0..<200 {
            let page = try session.count(
                """
                WITH c AS (SELECT last_id, max_id FROM campaigns WHERE id = 1),
                s AS (SELECT DISTINCT ON (subscriber_id) subscriber_id FROM memberships
                    WHERE list_id = ANY (ARRAY[1]) AND status <> 'unsubscribed'
                    AND subscriber_id > (SELECT last_id FROM c)
                    AND subscriber_id <= (SELECT max_id FROM c)
                    ORDER BY subscriber_id LIMIT 1000),
                r AS (SELECT x.* FROM s JOIN subscribers x
                    ON x.id = s.subscriber_id AND x.status <> 'blocked'),
                u AS (UPDATE campaigns SET last_id = (SELECT max(id) FROM r),
                    sent = sent + (SELECT count(*) FROM r)
                    WHERE (SELECT count(*) FROM r) > 0 AND id = 1)
                SELECT id, uuid, email, name, attributes FROM r
                """
            )
            guard page > 0 else { break }
            rows += page
        }
        return Double(rows) / ((ContinuousClock.now - start) / .seconds(1))
    }
}
