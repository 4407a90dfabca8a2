// Lists of a bundle's files: how they are written, and that the log has to vouch for them.

import Crypto
import Testing

@testable import HeedLedger

@Suite("Lists of a bundle's files")
struct ProofBundleManifestTests {
    private static let signer = ProofBundleTests.signer

    /// A bundle with a list, bound by the second of two events.
    private func files(
        kind: String = "evidence.exported",
        listing extra: [String: [UInt8]] = [:],
        omitting omitted: Set<String> = []
    ) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [
            "evidence.json": Array("{}".utf8), "evidence.html": Array("<p>".utf8),
            "README.txt": Array(ProofBundle.Manifest.readme.utf8),
            "verifier.txt": Array("\(Self.signer.verifier.text)\n".utf8),
        ]
        let event = Array(#"{"id":"event-0","v":1}"#.utf8)
        files["events/event-0.json"] = event
        files.merge(extra) { $1 }
        var manifest = ProofBundle.Manifest()
        for (path, bytes) in files where !omitted.contains(path) {
            manifest.add(path, sha256: Array(SHA256.hash(data: bytes)))
        }
        files["manifest.txt"] = manifest.bytes
        let hash = Hex.encode(Array(SHA256.hash(data: manifest.bytes)))
        let binding = Array(#"{"details":"\#(hash)","id":"event-1","kind":"\#(kind)"}"#.utf8)
        var writer = TileWriter()
        for entry in [event, binding] { writer.append(.leaf(entry)) }
        let head = try Checkpoint(origin: ProofBundleTests.origin, size: 2, root: writer.tree.root)
        var note = try SignedNote(text: head.text)
        try note.sign(with: Self.signer)
        var tiles: [Tile: [UInt8]] = [:]
        for content in writer.takeChanged() { tiles[content.tile] = content.data }
        let stored = tiles
        var reader = TileReader(size: 2) { stored[$0] ?? [] }
        let events = try [event, binding].enumerated().map { index, entry in
            ProofBundle.Event(
                name: "event-\(index)",
                content: .entry(entry),
                proof: TLogProof(
                    index: index,
                    path: try reader.inclusionProof(index: index).path,
                    checkpoint: note
                )
            )
        }
        let bundle = ProofBundle(checkpoint: note, verifier: Self.signer.verifier, events: events)
        return bundle.files.merging(files) { $1 }
    }

    private func faults(_ files: [String: [UInt8]]) -> [String] {
        ProofBundle.check(files, log: Self.signer.verifier).findings
            .map { "\($0.fault.rawValue) \($0.path)" }
    }

    @Test func aListIsWrittenAsSha256sumReadsIt() throws {
        var manifest = ProofBundle.Manifest()
        manifest.add("b", sha256: [UInt8](repeating: 0xAB, count: 32))
        manifest.add("a c", sha256: [UInt8](repeating: 1, count: 32))
        let text = String(decoding: manifest.bytes, as: UTF8.self)
        let (one, other) = (String(repeating: "01", count: 32), String(repeating: "ab", count: 32))
        #expect(text == "\(one)  a c\n\(other)  b\n")
        #expect(ProofBundle.Manifest(manifest.bytes)?.hashes == manifest.hashes)
    }

    @Test(arguments: ["x", "00  a\n", "\n", "a  b"])
    func anotherFormIsNoList(_ text: String) {
        #expect(ProofBundle.Manifest(Array(text.utf8)) == nil)
    }

    @Test func aGoodBundleIsGood() throws {
        let report = ProofBundle.check(try files(), log: Self.signer.verifier)
        #expect(report.findings == [])
        #expect(report.listedCount == 5)
        #expect(report.entryCount == 2)
    }

    @Test func noBitChangesUnseen() throws {
        let files = try files()
        for (path, bytes) in files {
            for position in bytes.indices {
                var spoiled = files
                spoiled[path]?[position] ^= 1
                let named = faults(spoiled).contains { $0.hasSuffix(" \(path)") }
                #expect(named, "byte \(position) of \(path)")
            }
        }
    }

    @Test func aListThatNoEventHasIsWorthNothing() throws {
        #expect(faults(try files(kind: "evidence.export-started")) == ["bad manifest.txt"])
        var changed = try files()
        var manifest = try #require(ProofBundle.Manifest(changed["manifest.txt"] ?? []))
        changed["evidence.json"] = Array("[]".utf8)
        manifest.add("evidence.json", sha256: Array(SHA256.hash(data: Array("[]".utf8))))
        changed["manifest.txt"] = manifest.bytes
        #expect(faults(changed) == ["bad manifest.txt"])
    }

    @Test func filesAreWhatTheListSays() throws {
        var missing = try files()
        missing["evidence.html"] = nil
        #expect(faults(missing) == ["missing evidence.html"])
        var more = try files()
        more["notes.txt"] = [1]
        #expect(faults(more) == ["unexpected notes.txt"])
        #expect(faults(try files(listing: ["notes.txt": [1]])) == [])
        var none = try files()
        none["manifest.txt"] = nil
        #expect(faults(none).contains("unexpected evidence.json"))
        #expect(faults(none).contains("missing manifest.txt"))
    }

    /// An event of somebody else has a good proof too, and does not belong into this bundle.
    @Test func anEventThatTheListDoesNotHaveIsNamed() throws {
        let path = "events/event-0"
        #expect(
            faults(try files(omitting: [path + ".json"]))
                == ["unexpected \(path).json", "unexpected \(path).tlog-proof"]
        )
    }

    @Test func evidenceMayBeLong() {
        #expect(ProofBundle.bytesMaximum(of: "evidence.html") == 256 << 20)
        #expect(ProofBundle.bytesMaximum(of: "events/a.json") == ProofBundle.fileBytesMaximum)
    }
}
