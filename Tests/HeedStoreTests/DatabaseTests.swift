// The promises of the seam: durable when answered, seen by every later read, on any session.

import Foundation
import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Database")
struct DatabaseTests {
    /// The files as they are right after the answer are what a power cut would leave.
    @Test(arguments: Backend.embedded)
    func anAnsweredWriteSurvivesACrash(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await withTemporaryFolder { folder in
                for number in 1...5 {
                    let address = try Sample.address(number)
                    try await installation.decide(address)
                    try await installation.optOut(address)
                    let left = folder.appending(path: "left-\(number)")
                    try FileManager.default.copyItem(at: installation.folder, to: left)
                    let recovered = try backend.open(
                        in: left,
                        masterKey: installation.masterKey,
                        surroundings: installation.surroundings
                    )
                    let changed = try await Contents.of(recovered)
                        .changed(since: installation.contents())
                    #expect(changed == [])
                }
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aReadSeesEveryEarlierAnswer(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let other = try installation.reopened()
            for number in 1...20 {
                let position = try await installation.record([
                    .contactAdded(Sample.contact(UInt64(number)), [])
                ])
                for database in [other, installation.database] {
                    let id = Sample.contact(UInt64(number)).id
                    #expect(try await database.read { try $0.contact(id) } != nil)
                    // On a server a transaction of others may hold this up, but not for ever.
                    while try await database.read({ try $0.position() }) < position {
                        #expect(backend != .sqlite)
                    }
                }
            }
        }
    }
}
