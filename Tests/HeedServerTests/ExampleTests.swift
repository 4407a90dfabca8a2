// Every operation of the published description has examples, and they are what the server does.

import Foundation
import HTTPTypes
import HeedConnectors
import TestSupport
import Testing

@testable import HeedServer

@Suite("Examples of the published description")
struct ExampleTests {
    private static let file = OpenAPIFile.published

    /// What nothing here can make, and why.
    private static let notCalled: Set<String> = [
        // An archive that Mailchimp has made is in the tests of imports.
        "POST /v1/imports request application/zip"
    ]

    /// Each body of a request and of a good answer has an example; what has neither, such as HEAD,
    /// has nothing to show.
    @Test(arguments: [OpenAPIFile.published])
    func everyOperationHasExamples(_ file: OpenAPIFile) {
        #expect(ExampleTests.withoutExample(file).isEmpty)
        #expect(Set(file.bodies.map(\.operation)).count > 50)
        for (operation, _) in file.statuses where operation.method == "GET" {
            let shown = file.examples.contains {
                $0.operation == operation && (200..<300).contains($0.status ?? 0)
            }
            // A probe is answered by its status alone.
            #expect(shown || operation.path == "/v1/webhooks/{connector}", "\(operation)")
        }
    }

    private static func withoutExample(_ file: OpenAPIFile) -> [OpenAPIFile.Body] {
        file.bodies.filter { body in
            (200..<300).contains(body.status ?? 200) && !file.examples.contains { $0.body == body }
        }
    }

    @Test func aMissingExampleIsNamed() {
        let lines = [
            "paths:", "  /a:", "    get:", "      responses:", "        \"200\":",
            "          content:", "            text/csv:", "              schema: {}",
        ]
        let bare = OpenAPIFile(lines.joined(separator: "\n"))
        #expect(ExampleTests.withoutExample(bare).map(\.description) == ["GET /a 200 text/csv"])
        let shown = lines + ["              examples:", "                a:", "value: \"b\""]
        #expect(ExampleTests.withoutExample(OpenAPIFile(shown.joined(separator: "\n"))).isEmpty)
    }

    /// Each example of a request works, each operation answers, and an example of that answer is
    /// true.
    @Test(arguments: file.statuses.keys.filter { $0.method != "HEAD" }.sorted())
    func examplesAreTrue(_ operation: OpenAPIFile.Operation) async throws {
        let requests = ExampleTests.file.examples.filter {
            $0.operation == operation && $0.status == nil
                && !ExampleTests.notCalled.contains($0.body.description)
        }
        for request in requests.isEmpty ? [nil] : requests.map(Optional.some) {
            var count = 1
            var index = 0
            while index < count {
                let number = index
                count = try await ExampleStage.with { stage in
                    let calls = try await stage.calls(operation, request)
                    let reply = try await stage.send(calls[number])
                    #expect((200..<300).contains(reply.status), "\(operation): \(reply.body)")
                    try ExampleTests.expectExample(of: reply, to: operation)
                    return calls.count
                }
                index += 1
            }
        }
    }

    private static func expectExample(
        of reply: Reply,
        to operation: OpenAPIFile.Operation
    ) throws {
        if reply.bytes.isEmpty { return }
        let type = String(reply.headers[.contentType]?.prefix { $0 != ";" } ?? "")
        let shown = file.examples.filter {
            $0.operation == operation && $0.status == reply.status && $0.mediaType == type
        }
        #expect(!shown.isEmpty, "\(operation) answers \(reply.status) \(type)")
        let isTrue = try shown.contains { try ExampleMatch(reply, type).matches($0.json) }
        #expect(isTrue, "no example of \(operation) \(type) is like: \(reply.body.prefix(3000))")
    }
}

/// How an answer is held against an example of it.
private struct ExampleMatch {
    private let reply: Reply
    private let type: String

    init(_ reply: Reply, _ type: String) {
        self.reply = reply
        self.type = type
    }

    func matches(_ json: String) throws -> Bool {
        let example = try #require(JSON(json.utf8))
        guard case .text(let text) = example else {
            return members(example) == members(try value(reply.body))
        }
        switch type {
        case "application/zip":
            let names = Set(try reply.unpacked().keys)
            return text.split(separator: "\n").filter { $0 != "…" }.allSatisfy { line in
                names.contains { contains($0, String(line)) }
            }
        case "application/octet-stream":
            let beginning = Data(base64Encoded: text.replacing("…", with: "")) ?? Data()
            return text.hasSuffix("…")
                // The length of an entry comes first.
                ? reply.bytes.dropFirst(2).starts(with: beginning.dropFirst(2))
                : reply.bytes.count % beginning.count == 0
        case "application/x-ndjson":
            let lines = try text.split(separator: "\n").map { members(try value(String($0))) }
            return try reply.body.split(separator: "\n").allSatisfy { line in
                lines.contains(members(try value(String(line))))
            }
        default: return contains(reply.body, text)
        }
    }

    private func value(_ json: String) throws -> JSON {
        try #require(JSON(json.utf8))
    }

    /// Whether what stands between the dots is there in its order; ids, times and hashes differ.
    private func contains(_ text: String, _ example: String) -> Bool {
        func plain(_ text: String) -> String {
            text.replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "ID")
                .replacing(/\d{4}-\d\d-\d\dT[0-9:.]+Z/, with: "TIME")
                .replacing(/(?:[A-Za-z0-9+\/]{43}=\n)+/, with: "HASHES\n")
                .replacing(/(\n|\nindex )\d+\n/) { "\($0.1)NUMBER\n" }
        }
        var rest = plain(text)[...]
        for (index, part) in plain(example).split(separator: "…").enumerated() {
            guard let range = rest.firstRange(of: part),
                index > 0 || range.lowerBound == rest.startIndex
            else { return false }
            rest = rest[range.upperBound...]
        }
        return example.hasSuffix("…") || rest.isEmpty
    }

    /// The names of the members, also those of objects in it.
    private func members(_ value: JSON) -> Set<String> {
        func names(_ value: JSON, _ path: String) -> Set<String> {
            guard case .object(let members) = value else { return [] }
            return members.reduce(into: []) { all, member in
                // What somebody's history decides on differs from example to example.
                guard !ExampleMatch.varying.contains(member.key) else { return }
                all.insert(path + member.key)
                all.formUnion(names(member.value, path + member.key + "."))
            }
        }
        return names(value, "")
    }

    private static let varying: Set<String> = [
        "optOutStatus", "unsubscribe", "counts", "evidence", "verifiedAt", "findings",
    ]
}
