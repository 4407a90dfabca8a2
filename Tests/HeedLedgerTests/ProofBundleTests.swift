// Bundles of proofs: the files, golden text, and every byte that can change.

import Testing

@testable import HeedLedger

@Suite("Proof bundles")
struct ProofBundleTests {
    static let origin = "log.example/heed"
    static let signer = NoteSigner.sample(origin, 1)
    static let witness = NoteSigner.sample("witness.example/w1", 2, .cosignature)

    /// A bundle of some events of a small log, the last of them purged.
    static func bundle(of indexes: [Int] = [0, 3, 6], size: Int = 7) throws -> ProofBundle {
        let entries = (0..<size).map { Array(#"{"at":"now","id":"event-\#($0)","v":1}"#.utf8) }
        var writer = TileWriter()
        for entry in entries { writer.append(.leaf(entry)) }
        let head = try Checkpoint(origin: origin, size: size, root: writer.tree.root)
        var note = try SignedNote(text: head.text)
        try note.sign(with: signer)
        try note.add(witness.cosign(head, at: 1_767_225_600))
        var tiles: [Tile: [UInt8]] = [:]
        for content in writer.takeChanged() { tiles[content.tile] = content.data }
        let stored = tiles
        var reader = TileReader(size: size) { stored[$0] ?? [] }
        var events: [ProofBundle.Event] = []
        for index in indexes {
            let isPurged = index == size - 1
            events.append(
                ProofBundle.Event(
                    name: "event-\(index)",
                    content: isPurged ? .hash(.leaf(entries[index])) : .entry(entries[index]),
                    proof: TLogProof(
                        index: index,
                        path: try reader.inclusionProof(index: index).path,
                        checkpoint: note
                    )
                )
            )
        }
        return ProofBundle(checkpoint: note, verifier: signer.verifier, events: events)
    }

    private func check(
        _ files: [String: [UInt8]],
        policy: WitnessPolicy = .none
    ) -> ProofBundle.Report {
        ProofBundle.check(files, log: Self.signer.verifier, policy: policy)
    }

    private func faults(_ files: [String: [UInt8]]) -> [String] {
        check(files).findings.map { "\($0.fault.rawValue) \($0.path)" }
    }

    @Test func aBundleHasTheseFiles() throws {
        let files = try Self.bundle().files
        #expect(
            files.keys.sorted() == [
                "README.txt", "checkpoint", "events/event-0.json", "events/event-0.tlog-proof",
                "events/event-3.json", "events/event-3.tlog-proof", "events/event-6.hash",
                "events/event-6.tlog-proof", "verifier.txt",
            ]
        )
        #expect(files["verifier.txt"] == Array("\(Self.signer.verifier.text)\n".utf8))
        #expect(files["events/event-6.hash"]?.count == 45)
    }

    @Test func aGoodBundleIsGood() throws {
        let report = check(try Self.bundle().files)
        #expect(report.findings.isEmpty)
        #expect(report.head?.size == 7)
        #expect(report.entryCount == 2)
        #expect(report.hashCount == 1)
    }

    @Test(arguments: 1...9)
    func everySizeIsGood(_ size: Int) throws {
        let files = try Self.bundle(of: Array(0..<size), size: size).files
        #expect(check(files).findings.isEmpty)
    }

    /// Each bit of each byte of each file, one at a time: the file itself is named.
    @Test func noBitChangesUnseen() throws {
        let files = try Self.bundle().files
        for (path, bytes) in files {
            for position in bytes.indices {
                for bit in [UInt8(0x01), 0x20, 0x80] {
                    var spoiled = files
                    spoiled[path]?[position] ^= bit
                    let named = check(spoiled).findings.contains {
                        $0.path == path && $0.fault == .bad
                    }
                    #expect(named, "byte \(position) of \(path) by \(bit)")
                }
            }
        }
    }

    @Test func noByteIsAddedOrCutUnseen() throws {
        let files = try Self.bundle().files
        for (path, bytes) in files {
            let shapes = [
                bytes + [0x0a], bytes + [0x20], Array(bytes.dropLast()), [0x0a] + bytes,
                Array(bytes.dropFirst()), [], bytes + bytes,
            ]
            for shape in shapes {
                var spoiled = files
                spoiled[path] = shape
                #expect(check(spoiled).findings.contains { $0.path == path }, "\(path)")
            }
        }
    }

    @Test func whatIsMissingIsNamed() throws {
        let files = try Self.bundle().files
        for path in files.keys {
            var fewer = files
            fewer[path] = nil
            let missing = check(fewer).findings.filter { $0.fault == .missing }.map(\.path)
            // An entry or its hash may be the one that is missing; the entry is named.
            #expect(missing == [path.replacing(".hash", with: ".json")])
        }
    }

    @Test(arguments: [
        "x", "checkpoint2", "Checkpoint", "events/event-0", "events/.json", "events/.tlog-proof",
        "events/a/event-0.json", "event-0.json", "events/event-0.json~", "events/", "",
        "events/event-0.html",
    ])
    func whatDoesNotBelongIsNamed(_ path: String) throws {
        var files = try Self.bundle().files
        files[path] = [1]
        #expect(faults(files) == ["unexpected \(path)"])
    }

    @Test func filesThatChangedPlacesAreNamed() throws {
        let files = try Self.bundle().files
        var swapped = files
        for ending in [".json", ".tlog-proof"] {
            swapped["events/event-0\(ending)"] = files["events/event-3\(ending)"]
            swapped["events/event-3\(ending)"] = files["events/event-0\(ending)"]
        }
        #expect(faults(swapped) == ["bad events/event-0.json", "bad events/event-3.json"])
        swapped = files
        swapped["events/event-0.tlog-proof"] = files["events/event-3.tlog-proof"]
        #expect(
            faults(swapped) == [
                "bad events/event-0.json", "bad events/event-0.tlog-proof",
            ]
        )
    }

    /// The same entry cannot stand for two events.
    @Test func anIndexIsProvedOnce() throws {
        var files = try Self.bundle().files
        files["events/event-7.hash"] = files["events/event-6.hash"]
        files["events/event-7.tlog-proof"] = files["events/event-6.tlog-proof"]
        #expect(faults(files) == ["bad events/event-7.tlog-proof"])
        files = try Self.bundle().files
        files["events/event-0.hash"] = files["events/event-6.hash"]
        #expect(faults(files) == ["unexpected events/event-0.hash"])
    }

    @Test func aBundleWithoutEventsProvesNothing() throws {
        #expect(faults(try Self.bundle(of: []).files) == ["missing events/"])
        #expect(faults([:]).count == 4)
    }

    @Test func anotherKeyAcceptsNothing() throws {
        let other = NoteSigner.sample(Self.origin, 9).verifier
        let report = ProofBundle.check(try Self.bundle().files, log: other)
        #expect(report.head == nil)
        #expect(report.entryCount + report.hashCount == 0)
        let named = Set(report.findings.map(\.path))
        #expect(named.isSuperset(of: ["checkpoint", "verifier.txt", "events/event-0.tlog-proof"]))
    }

    /// A head of the same log, but of another day.
    @Test func allProofsLeadToTheOneHead() throws {
        var files = try Self.bundle().files
        let earlier = try Self.bundle(of: [0], size: 5).files
        files["events/event-0.tlog-proof"] = earlier["events/event-0.tlog-proof"]
        #expect(faults(files) == ["bad events/event-0.tlog-proof"])
        files = try Self.bundle().files
        files["checkpoint"] = earlier["checkpoint"]
        #expect(faults(files).contains("bad checkpoint"))
    }

    @Test func witnessesAreAskedFor() throws {
        let files = try Self.bundle().files
        let policy = try WitnessPolicy(witnesses: [Self.witness.verifier], quorum: 1)
        #expect(check(files, policy: policy).findings.isEmpty)
        let stranger = NoteSigner.sample("witness.example/w2", 3, .cosignature).verifier
        let strange = try WitnessPolicy(witnesses: [stranger], quorum: 1)
        let report = check(files, policy: strange)
        #expect(report.findings.contains { $0.path == "checkpoint" })
        #expect(report.head == nil)
    }

    /// A text in the middle of old bundles: if this fails, make a new file and keep the old.
    @Test func theReadmeIsForGood() {
        let hash = Hash.sha256(Array(ProofBundle.readme.utf8)).hex
        #expect(hash == "0d19dd79977a11e72ec7bd5009088cbe720d41430b39c80601aaea645d4ab071")
    }
}

extension NoteSigner {
    fileprivate static func sample(
        _ name: String,
        _ seed: UInt8,
        _ algorithm: NoteAlgorithm = .ed25519
    ) -> NoteSigner {
        let signer = try? NoteSigner(
            name: name,
            algorithm: algorithm,
            seed: Array(repeating: seed, count: 32)
        )
        guard let signer else { preconditionFailure("a seed has 32 bytes") }
        return signer
    }
}
