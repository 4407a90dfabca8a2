// A running `heed serve`, and the requests tests make to it.

import Foundation

/// A server process that listens.
final class Server: Sendable {
    let program: Program
    let port: Int
    private let key: String

    /// Waits until the program says where it listens.
    init(_ program: Program, keyPath: String) async throws {
        self.program = program
        try await eventually("heed serve listens: \(program.errors)") {
            if let code = program.exitCode {
                throw Failure("heed serve ended with \(code): \(program.errors)")
            }
            return Server.url(in: program.errors) != nil
        }
        port = Server.url(in: program.errors)?.port ?? 0
        key = String(
            decoding: FileManager.default.contents(atPath: keyPath) ?? Data(),
            as: UTF8.self
        )
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func url(in errors: String) -> URL? {
        let start = "Heed is listening on "
        // Only whole lines: the program may be in the middle of writing.
        let lines = errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.first { $0.hasPrefix(start) }.flatMap {
            URL(string: String($0.dropFirst(start.count)))
        }
    }

    /// A status with its body.
    struct Reply: Sendable {
        let status: Int
        let text: String

        var json: JSON { get throws { try JSON(text) } }
    }

    func get(_ path: String, key other: String? = nil) async throws -> Reply {
        try await send("GET", path, "", nil, key: other)
    }

    /// Posts JSON with the admin key, or with another.
    func post(_ path: String, _ json: String, key other: String? = nil) async throws -> Reply {
        try await send("POST", path, json, "application/json", key: other)
    }

    /// Posts a list as it is.
    func upload(_ path: String, _ list: String) async throws -> Reply {
        try await send("POST", path, list, "text/csv")
    }

    /// Does what a mail program does when its reader presses "unsubscribe" (RFC 8058 §3.2).
    func pressOneClick(_ token: String) async throws -> Reply {
        let form = "application/x-www-form-urlencoded"
        return try await send("POST", "/u/\(token)", "List-Unsubscribe=One-Click", form)
    }

    /// Does what a browser does when somebody presses a button of a public page.
    func press(_ path: String, _ form: String) async throws -> Reply {
        try await send("POST", path, form, "application/x-www-form-urlencoded")
    }

    private func send(
        _ method: String,
        _ path: String,
        _ body: String,
        _ contentType: String?,
        key other: String? = nil
    ) async throws -> Reply {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        head += "Authorization: Bearer \(other ?? key)\r\nContent-Length: \(body.utf8.count)\r\n"
        if let contentType { head += "Content-Type: \(contentType)\r\n" }
        let request = Array((head + "\r\n" + body).utf8)
        let reply = try await blocking { [port] in
            let socket = try Socket()
            try socket.connect(to: port)
            try socket.write(request)
            return try Message(from: socket)
        }
        let words = reply.start.split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else {
            throw Failure("not a status line: \(reply.start)")
        }
        return Reply(status: status, text: reply.text)
    }

    /// Opts an address out; the scope may be `global`.
    func optOut(_ address: String, _ scope: String) async throws -> Reply {
        try await post(
            "/v1/opt-outs",
            #"{"address":"\#(address)","scope":"\#(scope)","source":"api"}"#
        )
    }

    /// Records consent, for a test that needs somebody to be allowed.
    func grant(_ address: String, _ scope: String) async throws {
        let reply = try await post(
            "/v1/consents",
            #"{"address":"\#(address)","scope":"\#(scope)","decision":"granted","#
                + #""policyVersion":"2026-01","basis":"consent","source":"form"}"#
        )
        guard reply.status == 201 else { throw Failure("no consent: \(reply.text)") }
    }

    /// The guard's answer about one address.
    func check(_ address: String, _ scope: String) async throws -> JSON {
        let body = #"{"scope":"\#(scope)","address":"\#(address)","links":true}"#
        return try await post("/v1/sends/check", body).json
    }

    /// The guard's reasons for many addresses, each with the status of the opt-out behind it.
    func reasons(_ addresses: [String], _ scope: String) async throws -> [String: String] {
        let list = addresses.map { "\"\($0)\"" }.joined(separator: ",")
        let reply = try await post(
            "/v1/sends/check",
            #"{"scope":"\#(scope)","recipients":[\#(list)]}"#
        )
        var reasons: [String: String] = [:]
        for decision in try reply.json["decisions"].list {
            reasons[decision["recipient"].string ?? ""] = decision["reason"].string
        }
        return reasons
    }

    /// The same by `POST /v1/sends/filter`, a line each.
    func filter(_ addresses: [String], _ scope: String) async throws -> [String: String] {
        let list = addresses.map { $0 + "\n" }.joined()
        let reply = try await send(
            "POST",
            "/v1/sends/filter?scope=\(scope)",
            list,
            "text/plain"
        )
        guard reply.status == 200 else { throw Failure("no answer: \(reply.text)") }
        var reasons: [String: String] = [:]
        for line in reply.text.split(whereSeparator: \.isNewline) where line.hasPrefix("{") {
            let decision = try JSON(String(line))
            if let recipient = decision["recipient"].string {
                reasons[recipient] = decision["reason"].string
            }
        }
        return reasons
    }

    /// The token of a one-click link for somebody who may be written to.
    func token(_ address: String, _ scope: String) async throws -> String {
        let answer = try await check(address, scope)
        guard let url = answer["unsubscribe"]["url"].string, let slash = url.lastIndex(of: "/")
        else { throw Failure("there is no unsubscribe link for \(address): \(answer)") }
        return String(url[url.index(after: slash)...])
    }

    /// Ends it as an operator does, and says how it ended.
    func stop() async throws -> Int32 {
        program.send(SIGTERM)
        return try await program.end(withinSeconds: 120)
    }

    /// Ends it as a power cut does.
    func cut() async throws {
        program.send(SIGKILL)
        _ = try await program.end()
    }
}
