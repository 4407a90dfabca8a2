// How many connections a server keeps at once: one more than it has descriptors for would stop all.

import HummingbirdCore
import Logging

/// Counts connections; whoever comes when there is no room waits in the system's queue.
struct ConnectionLimit: AvailableConnectionsDelegate {
    private let most: Int
    private let logger: Logger
    private var open = 0
    /// Said once until there is room again, or a flood would fill the log as well.
    private var isSaid = false

    init(_ most: Int, _ logger: Logger) {
        self.most = most
        self.logger = logger
    }

    mutating func connectionOpened() {
        open += 1
        guard open == most, !isSaid else { return }
        isSaid = true
        logger.warning(
            "no more connections are taken until some end",
            metadata: ["connections": "\(most)"]
        )
    }

    mutating func connectionClosed() {
        open -= 1
        if open < most - most / 10 { isSaid = false }
    }

    func isAcceptingNewConnections() -> Bool { open < most }
}
