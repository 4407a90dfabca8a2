// From starting the program after a kill to its first right answer.

import CRawEngines
import Foundation
import HeedStore

/// Measures starts after `kill -9`.
///
/// The reference opens a SQLite file with as many 16-byte keys, reads them all and builds a hash
/// table of eight bytes each, in C. Heed's first answers come from SQL, while it reads its index.
struct ColdStartBench {
    let folder: URL
    let list: BigList

    func run() async throws -> Comparison {
        let path = folder.appending(path: "raw-start.sqlite").path
        guard let raw = raw_lookup_make(path, list.people) else {
            throw StoreError(.unavailable, "the reference cannot make its file")
        }
        raw_lookup_close(raw)
        // The lists were written just now; their way to the disk would be measured as well.
        sync()
        return try await .interleaved(
            Goal(
                name: "starts to a first right answer after kill -9, \(list.people) contacts",
                reference: "all keys read and put into a table, in C",
                ratio: 0.2
            ),
            {
                let start = ContinuousClock.now
                let service = try Service(on: list)
                let body = #"{"scope":"newsletter","recipients":["\#(BigList.address(7))"]}"#
                let request = service.request(
                    "POST",
                    "/v1/sends/check",
                    type: "application/json",
                    body: body
                )
                _ = try Requests([request]).rate(to: service.port, connections: 1)
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                service.kill()
                return 1 / seconds
            },
            { 1 / raw_lookup_cold_start(path) }
        )
    }
}
