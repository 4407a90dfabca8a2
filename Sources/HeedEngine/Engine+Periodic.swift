// Work that is done once in a while by one process of all, such as the monthly purge.

import HeedStore

extension Engine {
    /// True when the work is due and this process has it now.
    ///
    /// A process that dies while at it loses it after `seconds`.
    package func beginPeriodic(
        _ name: String,
        holder: [UInt8],
        seconds: Int64
    ) async throws -> Bool {
        try await database.write { transaction in
            try transaction.takeLease(name, holder: holder, seconds: seconds)
        }
    }

    /// Gives the work back, so that another process need not wait for its end.
    package func endPeriodic(_ name: String, holder: [UInt8]) async throws {
        try await database.write { transaction in try transaction.dropLease(name, holder: holder) }
    }

    /// Says that the work is done, and not due again for `seconds`, not even to this process.
    package func finishPeriodic(_ name: String, seconds: Int64) async throws {
        try await database.write { transaction in
            try transaction.postponeLease(name, seconds: seconds)
        }
    }
}
