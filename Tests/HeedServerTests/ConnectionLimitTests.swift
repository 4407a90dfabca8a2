// Tests that a server takes so many connections and no more, and says so once.

import Logging
import Testing

@testable import HeedServer

@Suite("Connection limit")
struct ConnectionLimitTests {
    @Test func thereIsRoomAgainWhenOneEnds() {
        var limit = ConnectionLimit(2, Logger(label: "test"))
        #expect(limit.isAcceptingNewConnections())
        limit.connectionOpened()
        #expect(limit.isAcceptingNewConnections())
        limit.connectionOpened()
        #expect(!limit.isAcceptingNewConnections())
        limit.connectionClosed()
        #expect(limit.isAcceptingNewConnections())
    }
}
