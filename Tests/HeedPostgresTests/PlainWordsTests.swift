// No file of a server holds a plain address: not a table, not an index, not the write-ahead log.

import Foundation
import HeedPostgres
import HeedStore
import TestSupport
import Testing

@Suite("Plain words on a server")
struct PlainWordsTests {
    /// The twin of `SealingTests`, on a server of its own whose whole folder is read.
    @Test func noFileHoldsAPlainWord() async throws {
        let cluster = try await PostgresCluster.own(["fsync=off"])
        do {
            try await search(cluster)
        } catch {
            try await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }

    private func search(_ cluster: PostgresCluster) async throws {
        let harness = Harness(cluster: cluster, name: try cluster.takeDatabase())
        let database = try harness.open()
        let folder = URL(filePath: cluster.folder)
        let installation = try Installation(
            .postgres,
            opened: database,
            in: folder,
            seed: 1,
            clock: harness.clock
        )
        try await installation.addSamples()
        try await installation.sayPlainWords()
        // A statement that fails is in the server's log, with what it was about.
        try? cluster.run("SELECT 'a word for the log' / 0", in: harness.name)
        try cluster.run("CHECKPOINT")
        #expect(try PlainWords.found(PlainWords.secret, below: folder) == [])
        // The search itself works: tables, and the server's own log.
        let open = PlainWords.open + ["a word for the log"]
        #expect(try PlainWords.found(open, below: folder) == open)
        database.close()
    }
}
