// Tests which bodies come too slowly, and that such a connection ends.

import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import HeedServer

@Suite("Arrival limit")
struct ArrivalLimitTests {
    @Test(arguments: [
        (Int64(0), Int64(60), false), (1, 61, true), (6099, 61, true), (6100, 61, false),
        (1 << 30, 3600, false), (3600, 3600, true),
    ])
    func aBodyIsAsFastAsItsSizeNeeds(_ bytes: Int64, _ seconds: Int64, _ isTooSlow: Bool) {
        #expect(ArrivalLimit.isTooSlow(bytes: bytes, seconds: seconds) == isTooSlow)
    }

    @Test func whatComesInTimePasses() throws {
        let channel = EmbeddedChannel(handler: ArrivalLimit())
        let head = HTTPRequest(method: .post, scheme: "http", authority: "a.example", path: "/")
        try channel.writeInbound(HTTPRequestPart.head(head))
        try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
        try channel.writeInbound(HTTPRequestPart.end(nil))
        for part in [HTTPRequestPart.head(head), .body(ByteBuffer(string: "x")), .end(nil)] {
            #expect(try channel.readInbound(as: HTTPRequestPart.self) == part)
        }
        #expect(try channel.finish().isClean)
    }
}
