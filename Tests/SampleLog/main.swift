// Writes a sample log into a directory: what a server would serve, for outside verifiers to check.

import Foundation
import HeedLedger

guard let directory = CommandLine.arguments.dropFirst().first else {
    FileHandle.standardError.write(Data("usage: SampleLog DIRECTORY [SIZE]\n".utf8))
    exit(2)
}
let finalSize = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 70_000
let origin = "log.example/heed"

func write(_ bytes: [UInt8], to path: String) throws {
    let file = URL(filePath: directory).appending(path: path)
    try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
    )
    try Data(bytes).write(to: file)
}

func entry(_ number: Int) -> [UInt8] {
    Array("{\"event\":\(number),\"kind\":\"optOutRequested\"}".utf8)
}

/// Signs as the log, and as a witness that Go's note package does not know and has to ignore.
func sign(_ checkpoint: Checkpoint, _ log: NoteSigner, _ witness: NoteSigner) throws -> SignedNote {
    var note = try SignedNote(text: checkpoint.text)
    try note.sign(with: log)
    try note.add(witness.cosign(checkpoint, at: 1_679_315_147))
    return note
}

let log = try NoteSigner(name: origin, seed: Array(1...32))
let witness = try NoteSigner(
    name: "witness.example/w1",
    algorithm: .cosignature,
    seed: Array(33...64)
)
try write(Array(log.verifier.text.utf8), to: "vkey")

var writer = TileWriter()
var tiles: [Tile: [UInt8]] = [:]
var heads: [Checkpoint] = []
let steps = [1, 2, 3, 7, 255, 256, 257, 300, 511, 512, 65_535, 65_536, 65_537]
for size in steps.filter({ $0 < finalSize }) + [finalSize] {
    let old = writer.tree.size
    for number in old..<size { writer.append(.leaf(entry(number))) }
    for content in writer.takeChanged() {
        tiles[content.tile] = content.data
        try write(content.data, to: content.tile.path)
    }
    for tile in try Tile.changed(from: old, to: size) where tile.level == 0 {
        let first = tile.index * Tile.fullWidth
        let bundle = try EntryBundle.encode((first..<first + tile.width).map(entry))
        try write(bundle, to: TilePath.entries(tile).text)
    }
    let head = try Checkpoint(origin: origin, size: size, root: writer.tree.root)
    let note = try sign(head, log, witness)
    try write(note.bytes, to: "checkpoints/\(size)")
    heads.append(head)
}

let stored = tiles
var reader = TileReader(size: finalSize) { (tile) throws(LedgerError) in
    guard let data = stored[tile] else { throw LedgerError(.unavailable, tile.path) }
    return data
}
let last = try Checkpoint(origin: origin, size: finalSize, root: writer.tree.root)
let note = try sign(last, log, witness)
try write(note.bytes, to: "checkpoint")
for index in Array(stride(from: 0, to: finalSize, by: max(1, finalSize / 50))) + [finalSize - 1] {
    let proof = try reader.inclusionProof(index: index)
    let file = TLogProof(index: index, path: proof.path, checkpoint: note)
    try write(file.bytes, to: "proofs/\(index).tlog-proof")
}
for head in heads {
    let proof = try reader.consistencyProof(from: head.size)
    let request = try WitnessRequest(oldSize: head.size, path: proof.path, checkpoint: note)
    try write(request.bytes, to: "requests/\(head.size)")
}
