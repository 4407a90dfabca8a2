// Following a served log: growth is accepted, everything else is refused, and little is fetched.

import Synchronization
import Testing

@testable import HeedLedger

@Suite("Served logs")
struct ServedLogTests {
    private static let origin = "log.example/heed"
    private let signer: NoteSigner

    init() throws { signer = try NoteSigner(name: Self.origin, seed: Array(1...32)) }

    private func leaf(_ number: Int) -> Hash { .leaf(Array("entry \(number)".utf8)) }

    private func head(_ size: Int) throws -> Checkpoint {
        let root = Tree.root(of: (0..<size).map(leaf))
        return try Checkpoint(origin: Self.origin, size: size, root: root)
    }

    /// The files of a log.
    private func files(_ size: Int) throws -> [String: [UInt8]] {
        var writer = TileWriter()
        for number in 0..<size { writer.append(leaf(number)) }
        var files: [String: [UInt8]] = [:]
        for content in writer.takeChanged() { files[content.tile.path] = content.data }
        var note = try SignedNote(text: head(size).text)
        try note.sign(with: signer)
        files["checkpoint"] = note.bytes
        return files
    }

    private func log(
        _ files: [String: [UInt8]],
        policy: WitnessPolicy = .none,
        key: NoteVerifier? = nil
    ) -> ServedLog {
        ServedLog(log: key ?? signer.verifier, policy: policy) { path in
            guard let bytes = files[path] else { throw LedgerError(.unavailable, path) }
            return bytes
        }
    }

    @Test(arguments: [0, 1, 2, 255, 256, 257, 600, 601])
    func growthIsAccepted(_ old: Int) async throws {
        let log = log(try files(601))
        #expect(try await log.head(extending: head(old)).size == 601)
    }

    @Test func everyOtherHistoryIsRefused() async throws {
        let log = log(try files(601))
        for size in [1, 256, 600, 601, 602, 10_000] {
            let other = try Checkpoint(origin: Self.origin, size: size, root: .sha256([1]))
            await #expect(throws: LedgerError.self) { try await log.head(extending: other) }
        }
    }

    @Test func everySpoiledFileIsRefused() async throws {
        let good = try files(601)
        let asked = Mutex<Set<String>>([])
        let recorder = ServedLog(log: signer.verifier) { path in
            _ = asked.withLock { $0.insert(path) }
            return good[path] ?? []
        }
        let kept = try head(300)
        _ = try await recorder.head(extending: kept)
        let paths = asked.withLock { $0 }
        #expect(paths.count < good.count)
        for path in paths {
            for shape in [Array(repeating: UInt8(0), count: good[path]?.count ?? 0), []] {
                var spoiled = good
                spoiled[path] = shape
                let log = log(spoiled)
                await #expect(throws: LedgerError.self) { try await log.head(extending: kept) }
            }
        }
    }

    @Test func keyAndWitnessesAreAskedFor() async throws {
        let files = try files(7)
        let other = try NoteSigner(name: Self.origin, seed: Array(2...33)).verifier
        let stranger = log(files, key: other)
        await #expect(throws: LedgerError.self) { try await stranger.head() }
        let witness = try NoteSigner(name: "w", algorithm: .cosignature, seed: Array(1...32))
        let policy = try WitnessPolicy(witnesses: [witness.verifier], quorum: 1)
        let strict = log(files, policy: policy)
        let error = await #expect(throws: LedgerError.self) { try await strict.head() }
        #expect(error?.code == .quorumMissing)
    }
}
