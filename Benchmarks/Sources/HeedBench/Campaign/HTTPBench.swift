// The server on loopback: a campaign through the filter, single checks, and one-click opt-outs.

import CRawEngines
import Foundation
import HeedConsent
import HeedEngine
import HeedStore

/// Measures `heed serve` from outside, by a load generator of one thread on the same machine.
struct HTTPBench {
    private static let connections = 32
    private static let requests = 10_000

    let list: BigList

    func run() async throws -> [Comparison] {
        let service = try Service(on: list)
        // The first answer comes from SQL while the index is read.
        _ = try stream(service, lines: list.people)
        while try stream(service, lines: 100_000) > 2 { usleep(100_000) }
        return [
            try await campaign(service), try await checks(service),
            try await endless(service),
        ]
    }

    /// Seconds for a stream of so many lines.
    private func stream(_ service: Service, lines: Int) throws -> Double {
        let head = """
            POST /v1/sends/filter?scope=\(Workbench.newsletter) HTTP/1.1\r
            Host: 127.0.0.1\r
            Authorization: Bearer \(service.key)\r
            Content-Type: text/plain\r
            Transfer-Encoding: chunked\r
            \r

            """
        var result = raw_stream_result()
        guard raw_http_stream(Int32(service.port), head, lines, &result) == 0 else {
            throw StoreError(.unavailable, "the stream broke")
        }
        let last = withUnsafeBytes(of: result.last) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        // The last line has the counts.
        guard result.lines == lines + 1, last.contains("\"allowed\":\(min(lines, list.people))")
        else {
            throw StoreError(.corrupt, "\(result.lines) lines for \(lines), the last: \(last)")
        }
        return result.seconds
    }

    private func campaign(_ service: Service) async throws -> Comparison {
        let campaign = try await Campaign(to: list)
        return try await .interleaved(
            Goal(
                name: "\(list.people) addresses through POST /v1/sends/filter, a line each",
                reference: "the same in process",
                ratio: 0.25
            ),
            { Double(list.people) / (try stream(service, lines: list.people)) },
            { try await campaign.recipientsPerSecond() }
        )
    }

    private func checks(_ service: Service) async throws -> Comparison {
        let checks = Requests(
            (0..<HTTPBench.requests).map { number in
                let address = BigList.address(number &* 7919 % list.people)
                let body = #"{"scope":"newsletter","address":"\#(address)"}"#
                return service.request(
                    "POST",
                    "/v1/sends/check",
                    type: "application/json",
                    body: body
                )
            }
        )
        let nothing = Requests(
            (0..<HTTPBench.requests).map { _ in service.request("GET", "/healthz") }
        )
        let connections = HTTPBench.connections
        return try await .interleaved(
            Goal(
                name: "checks over HTTP, \(connections) connections kept alive",
                reference: "the same server's empty route",
                ratio: 0.5
            ),
            { try checks.rate(to: service.port, connections: connections) },
            { try nothing.rate(to: service.port, connections: connections) }
        )
    }

    /// `BENCH_LONG` sets how many times as many lines as there are people; 100 takes minutes.
    private func endless(_ service: Service) async throws -> Comparison {
        let times = ProcessInfo.processInfo.environment["BENCH_LONG"].flatMap { Int($0) } ?? 10
        let before = try service.peakMemory()
        let once = try stream(service, lines: list.people)
        let lines = list.people * times
        let long = try stream(service, lines: lines)
        let again = try stream(service, lines: list.people)
        let more = try service.peakMemory() - before
        progress("\(lines) lines: \(long) s, \(more >> 20) MB more at most")
        guard more <= 64 << 20 else {
            throw StoreError(.full, "\(lines) lines took \(more >> 20) MB more, over 64 MB")
        }
        let rates = [Double(list.people) / once, Double(list.people) / again]
        return Comparison(
            name: "\(lines) addresses in one stream, \(more >> 20) MB more",
            reference: "\(list.people) in one stream",
            rates: [Double(lines) / long],
            referenceRates: [median(rates)],
            goal: 100.0 / 120
        )
    }
}

/// Measures one-click opt-outs over HTTP against one statement of three rows.
struct OneClickBench {
    private static let connections = 256
    private static let clicks = 5120

    let list: BigList
    let server: Server

    func run() async throws -> Comparison {
        let engine = try await list.open()
        let workbench = try await PostgresWorkbench(server, name: "clicks")
        let reference = try SingleStatement(workbench)
        let service = try Service(on: list)
        let scope = try ScopeName(Workbench.newsletter)
        let next = NextPerson()
        func requests() async throws -> Requests {
            let first = next.take(OneClickBench.clicks)
            let recipients = (first..<first + OneClickBench.clicks).map { BigList.address($0) }
            let question = try MaySendMany(recipients: recipients, scope: scope, withLinks: true)
            let links = try await engine.ask(question).verdicts.compactMap(\.links)
            precondition(links.count == OneClickBench.clicks)
            return Requests(
                links.map {
                    service.request(
                        "POST",
                        "/u/\($0.unsubscribe)",
                        type: "application/x-www-form-urlencoded",
                        body: "List-Unsubscribe=One-Click"
                    )
                }
            )
        }
        return try await .interleaved(
            Goal(
                name: "one-click opt-outs over HTTP, \(OneClickBench.connections) connections",
                reference: "pgbench, 32 clients, one statement of 3 rows",
                ratio: 0.4
            ),
            {
                try await requests().rate(
                    to: service.port,
                    connections: OneClickBench.connections
                )
            },
            { try reference.rate(clients: 32) }
        )
    }
}
