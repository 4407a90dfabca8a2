// Tests that a server makes room for clients, and knows for how many.

import Foundation
import Testing

@testable import HeedCLI

@Suite("Open files")
struct OpenFilesTests {
    @Test func theLimitIsWhatTheSystemAllows() {
        let room = OpenFiles.makeRoom()
        var limit = rlimit()
        let code = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(code == 0 && limit.rlim_cur == min(limit.rlim_max, 1 << 17))
        #expect(room > 0 && room < Int(limit.rlim_cur))
    }
}
