// Uploads: nobody else may read them, one works on each, and nothing of them stays.

import Foundation
import HeedConsent
import HeedEngine
import HeedLists
import HeedStore
import Synchronization
import TestSupport
import Testing

@testable import HeedExchange

/// A folder of uploads for one test.
struct SpoolFixture {
    let path = FileManager.default.temporaryDirectory
        .appending(path: "heed-spool-\(UUID().uuidString)").path

    var spool: ImportSpool { ImportSpool(path: path, bytesMaximum: 1 << 20) }

    var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Takes a list as the server does, up to its answer.
    func upload(
        _ text: String,
        to installation: Installation,
        isDryRun: Bool = false,
        engine: Engine? = nil
    ) async throws -> ImportID {
        let engine = engine ?? installation.engine
        let upload = try spool.receive(for: await engine.ask(NewImport()))
        defer { upload.release() }
        try upload.append(Array(text.utf8))
        let order = ImportOrder(
            .sample,
            name: "list.csv",
            isDryRun: isDryRun,
            actor: Actor(.apiKey, id: "k-1")
        )
        try upload.close(order)
        _ = try await engine.perform(
            upload.opening(order, engine: engine),
            as: order.actor,
            once: nil
        )
        return upload.id
    }
}

@Suite("Uploads")
struct ImportSpoolTests {
    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func anUploadLeavesRoomForOptOuts() throws {
        let fixture = SpoolFixture()
        defer { fixture.remove() }
        let free = Mutex(ImportSpool.bytesFreeMinimum)
        let spool = ImportSpool(path: fixture.path, bytesMaximum: 64 << 20) { _ in
            free.withLock { $0 }
        }
        let upload = try spool.receive(for: ImportID(high: 1, low: 1))
        let part = [UInt8](repeating: 10, count: 9 << 20)
        try upload.append(part)
        free.withLock { $0 -= 1 }
        let refusal = try #require(throws: Refusal.self) { try upload.append(part) }
        #expect(refusal.code == .notStored && refusal.field == "body")
        #expect(refusal.message.contains("importFolder"))
        #expect(throws: Refusal.self) { try spool.receive(for: ImportID(high: 1, low: 2)) }
        #expect(fixture.files.count == 1, "nothing is begun without room: \(fixture.files)")
    }

    @Test func whoeverCannotBeAskedForRoomIsTakenToHaveSome() throws {
        let fixture = SpoolFixture()
        defer { fixture.remove() }
        #expect(ImportSpool.bytesFree(at: fixture.path + "/none") == nil)
        #expect(try #require(ImportSpool.bytesFree(at: "/")) > 0)
        let spool = ImportSpool(path: fixture.path, bytesMaximum: 1 << 20) { _ in nil }
        try spool.receive(for: ImportID(high: 1, low: 1)).append([1])
    }

    @Test func onlyTheirOwnerMayReadThem() throws {
        let fixture = SpoolFixture()
        defer { fixture.remove() }
        let id = ImportID(high: 1, low: 1)
        let upload = try fixture.spool.receive(for: id)
        try upload.append(Array("email\nada@mail.example\n".utf8))
        try upload.close(
            ImportOrder(.sample, name: "a", isDryRun: false, actor: Sample.actor)
        )
        #expect(try mode(fixture.path) == 0o700)
        #expect(fixture.files == ["\(id.text).json", "\(id.text).list"])
        for file in fixture.files { #expect(try mode("\(fixture.path)/\(file)") == 0o600) }
    }

    @Test func oneWorksOnEach() throws {
        let fixture = SpoolFixture()
        defer { fixture.remove() }
        let id = ImportID(high: 1, low: 1)
        let upload = try fixture.spool.receive(for: id)
        // Whoever receives it works on it too.
        #expect(fixture.spool.take(id) == nil)
        upload.release()
        let first = try #require(fixture.spool.take(id))
        #expect(first.order == nil)
        #expect(fixture.spool.take(id) == nil)
        withExtendedLifetime(first) {}
    }

    @Test func aTooLargeListIsRefusedByItsLimit() throws {
        let fixture = SpoolFixture()
        defer { fixture.remove() }
        let upload = try fixture.spool.receive(for: ImportID(high: 1, low: 1))
        #expect {
            for _ in 0..<17 { try upload.append([UInt8](repeating: 0x61, count: 65_536)) }
        } throws: {
            let refusal = $0 as? Refusal
            return refusal?.code == .tooLarge && refusal?.message.contains("1048576") == true
        }
    }

    @Test func notMoreWaitThanStated() throws {
        let fixture = SpoolFixture()
        defer { fixture.remove() }
        for number in 0..<ImportSpool.waitingMaximum {
            try fixture.spool.receive(for: ImportID(high: 1, low: UInt64(number))).release()
        }
        #expect {
            _ = try fixture.spool.receive(for: ImportID(high: 2, low: 0))
        } throws: {
            ($0 as? Refusal)?.code == .busy
        }
        fixture.spool.remove(ImportID(high: 1, low: 0))
        _ = try fixture.spool.receive(for: ImportID(high: 2, low: 0))
    }
}
