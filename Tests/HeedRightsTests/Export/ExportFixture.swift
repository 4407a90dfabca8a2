// Makes exports in tests and reads them as whoever gets them does.

import Foundation
import HeedConsent
import HeedEngine
import HeedLists
import HeedRights
import HeedServer
import HeedStore
import TestSupport
import Testing

/// An export, unpacked.
struct Unpacked: Sendable {
    let files: [String: String]
    /// The largest piece it came in.
    let largestPiece: Int
    let counts: [String: Int]

    /// `data.json`.
    func json() throws -> [String: Any] {
        let text = try #require(files["data.json"])
        let read = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require(read)
    }

    /// The rows of a category in `data.json`.
    func rows(_ category: String) throws -> [[String: Any]] {
        try #require(try json()[category] as? [[String: Any]])
    }

    /// All of it, to look for what must not be in it.
    var everything: String { files.values.joined(separator: "\n") }

    init(_ bytes: [UInt8], largestPiece: Int, counts: [String: Int]) throws {
        let archive = try ZipArchive(byteCount: bytes.count) { offset, count in
            Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
        }
        var files: [String: String] = [:]
        for entry in archive.entries {
            var text: [UInt8] = []
            let next = try archive.open(entry)
            while let piece = try next() { text += piece }
            files[entry.path] = String(decoding: text, as: UTF8.self)
        }
        self.files = files
        self.largestPiece = largestPiece
        self.counts = counts
    }
}

extension Installation {
    /// Begins an export by an auditor's key.
    func beginExport(
        _ subject: Subject,
        language: String? = nil
    ) async throws -> BegunExport {
        let exporter = PersonExporter(
            engine: engine,
            subject: subject,
            way: .init(actor: Actor(.apiKey, id: "k-9"), source: .api, language: language),
            terms: ExportTerms(
                languages: try PageLanguages(folder: nil, fallback: nil),
                controller: ["Shop <Ltd>", "privacy@shop.example"],
                recordDays: 1825,
                logDays: 2000
            )
        )
        return try await exporter.begin()
    }

    /// Makes an export.
    func export(_ subject: Subject, language: String? = nil) async throws -> Unpacked {
        var run = try await beginExport(subject, language: language).run()
        var bytes: [UInt8] = []
        var largest = 0
        while let piece = try await run.next() {
            bytes += piece
            largest = max(largest, piece.count)
        }
        try await settle()
        return try Unpacked(bytes, largestPiece: largest, counts: run.counts)
    }

    /// Makes an export of whoever has an address.
    func export(_ address: String, language: String? = nil) async throws -> Unpacked {
        try await export(.address(Address(email: address)), language: language)
    }

    /// The audit log's lines about exports.
    func exportLines() async throws -> [AuditEvent] {
        try await database.read { transaction in
            try transaction.events(after: 0, limit: 10_000)
                .filter { $0.kind.hasPrefix("contact.export") }
                .compactMap { AuditEvent(canonical: $0.body) }
        }
    }
}
