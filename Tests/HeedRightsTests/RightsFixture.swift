// What tests look at of people's requests.

import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

extension Installation {
    func progress(_ id: RequestID) async throws -> RequestProgress.Answer {
        try await engine.ask(RequestProgress(id))
    }

    func status(_ id: RequestID) async throws -> RightsRequest.Status {
        try await progress(id).request.status
    }

    /// The newest receipt, read.
    func receipt(_ id: RequestID) async throws -> ReceiptBody {
        let progress = try await progress(id)
        let last = try #require(progress.receipts.last)
        return try ReceiptBody(reading: last.body)
    }

    /// How many events of a kind are about a request.
    func count(of kind: String, about id: RequestID) async throws -> Int {
        try await database.read { transaction in
            try transaction.events(after: 0, limit: 10_000).filter { event in
                event.kind == kind
                    && AuditEvent(canonical: event.body)?.subject == id.bytes
            }.count
        }
    }

    func addConnectors(_ names: String...) async throws {
        try await record(try names.map { .connectorAdded(try Sample.connector($0)) })
    }
}
