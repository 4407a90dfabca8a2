// Parameters of a URL: read as what they are, each once, and none that nobody knows.

import HTTPTypes
import HeedConsent
import Hummingbird
import NIOCore
import Testing

@testable import HeedServer

@Suite("QueryFields")
struct QueryFieldsTests {
    private func fields(_ query: String) throws(Refusal) -> QueryFields {
        let head = HTTPRequest(
            method: .get,
            scheme: "http",
            authority: "a.example",
            path: "/x?\(query)"
        )
        return try QueryFields(Request(head: head, body: RequestBody(buffer: ByteBuffer())))
    }

    @Test func whatIsThereIsRead() throws {
        let text = "text=a%20b&number=7&by=week&from=2026-01-31&at=2026-01-31T09:30:00%2B02:00"
        var fields = try fields(text + "&id=019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b")
        #expect(fields.take("text") == "a b")
        #expect(try fields.number("number") == 7)
        #expect(try fields.word("by", as: ReportPeriod.self) == .week)
        #expect(try fields.time("from")?.text == "2026-01-31T00:00:00Z")
        #expect(try fields.time("at")?.text == "2026-01-31T07:30:00Z")
        #expect(try fields.id("id", of: Job.self)?.high == 0x019C_1316_DD42_7E5F)
        try fields.finish()
    }

    @Test(arguments: ["=a", "=a&=b", "limit=1&=", "%00=1"])
    func aParameterHasAName(_ query: String) throws {
        let refusal = #expect(throws: Refusal.self) { try fields(query).finish() }
        #expect(refusal?.field?.isEmpty == false)
    }

    /// As Python's requests, a browser's form and curl's `--data-urlencode` write them.
    @Test(arguments: [
        ("file+17%2F26", "file 17/26"), ("file%2017/26", "file 17/26"), ("1%2B1", "1+1"),
        ("Gr%C3%BC%C3%9Fe+%26+more", "Grüße & more"), ("a=b", "a=b"), ("100%", "100%"),
    ])
    func aPlusIsASpace(_ raw: String, _ text: String) throws {
        var fields = try fields("reason=\(raw)&c%61mpaign=\(raw)")
        #expect(fields.take("reason") == text)
        #expect(try fields.text("campaign") == text)
    }

    /// A time has no space, so whoever forgets to encode its `+` is understood.
    @Test(arguments: ["2026-01-31T09:30:00+02:00", "2026-01-31T09%3A30%3A00%2B02%3A00"])
    func aPlusInATimeIsOne(_ raw: String) throws {
        var fields = try fields("from=\(raw)")
        #expect(try fields.time("from")?.text == "2026-01-31T07:30:00Z")
    }

    @Test func whatIsMissingIsNil() throws {
        var fields = try fields("")
        #expect(fields.take("text") == nil)
        #expect(try fields.number("number") == nil)
        #expect(try fields.word("by", as: ReportPeriod.self) == nil)
        #expect(try fields.time("from") == nil)
        #expect(try fields.id("id", of: Job.self) == nil)
        try fields.finish()
    }

    @Test(arguments: ["number=x", "number=", "number=1.5"])
    func noNumber(_ query: String) throws {
        var fields = try fields(query)
        #expect(throws: Refusal.self) { try fields.number("number") }
    }

    @Test func whatComesTwiceIsRefused() {
        let refusal = #expect(throws: Refusal.self) { try fields("a=1&b=2&a=1") }
        #expect(refusal?.field == "a" && refusal?.code == .invalid)
    }

    @Test func whatNobodyAskedForIsRefused() throws {
        let fields = try fields("z=1&b=2")
        let refusal = #expect(throws: Refusal.self) { try fields.finish() }
        #expect(refusal?.field == "b" && refusal?.code == .unknownField)
    }
}
