// A bundle is at its place whole, or not at all, and never over another one.

import Foundation
import HeedConsent
import TestSupport
import Testing

@testable import HeedCLI

@Suite("BundleWriter")
struct BundleWriterTests {
    private func names(_ folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func begun(_ place: URL) throws -> BundleWriter {
        var writer = try BundleWriter(place.path)
        try writer.begin("events/1.json")
        try writer.add(Array("{}".utf8))
        return writer
    }

    @Test func itAppearsWhenItIsWhole() async throws {
        try await withTemporaryFolder { folder async throws in
            let place = folder.appending(path: "case")
            var writer = try begun(place)
            #expect(try names(folder).allSatisfy { $0.hasPrefix("case.partial-") })
            try writer.finish()
            #expect(try names(folder) == ["case"])
            let file = place.appending(path: "events/1.json")
            #expect(try Data(contentsOf: file) == Data("{}".utf8))
            let mode = try FileManager.default.attributesOfItem(atPath: place.path)
            #expect((mode[.posixPermissions] as? NSNumber)?.intValue == 0o700)
        }
    }

    @Test func whatBreaksOffLeavesNothing() async throws {
        try await withTemporaryFolder { folder async throws in
            var writer = try begun(folder.appending(path: "case"))
            writer.discard()
            #expect(try names(folder) == [])
        }
    }

    /// Two at once must not mix two people's files.
    @Test func ofTwoForOnePlaceTheSecondFails() async throws {
        try await withTemporaryFolder { folder async throws in
            let place = folder.appending(path: "case")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
            var first = try begun(place)
            var second = try begun(place)
            try first.finish()
            let refusal = #expect(throws: Refusal.self) { try second.finish() }
            #expect(refusal?.code == .conflict && refusal?.field == "output")
            second.discard()
            #expect(try names(folder) == ["case"])
        }
    }
}
