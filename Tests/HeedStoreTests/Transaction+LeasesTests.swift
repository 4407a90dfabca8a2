// Leases: one holder at a time, renewed by itself, taken over when it ended.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Leases")
struct LeasesTests {
    private func take(_ installation: Installation, _ number: UInt8) async throws -> Bool {
        try await installation.database.write { transaction in
            let holder = [UInt8](repeating: number, count: 16)
            return try transaction.takeLease("work", holder: holder, seconds: 5)
        }
    }

    @Test(arguments: Backend.allCases)
    func oneHolderAtATime(_ backend: Backend) async throws {
        try await backend.withDatabase { installation throws in
            #expect(try await take(installation, 1))
            #expect(try await !take(installation, 2))
            installation.clock.advance(seconds: 4)
            #expect(try await take(installation, 1))
            installation.clock.advance(seconds: 4)
            #expect(try await !take(installation, 2))
            installation.clock.advance(seconds: 1)
            #expect(try await take(installation, 2))
            #expect(try await !take(installation, 1))
        }
    }

    @Test(arguments: Backend.allCases)
    func whatIsGivenBackIsFree(_ backend: Backend) async throws {
        try await backend.withDatabase { installation throws in
            #expect(try await take(installation, 1))
            let drop: @Sendable (UInt8) async throws -> Void = { number in
                try await installation.database.write { transaction in
                    let holder = [UInt8](repeating: number, count: 16)
                    try transaction.dropLease("work", holder: holder)
                }
            }
            try await drop(2)
            #expect(try await !take(installation, 2))
            try await drop(1)
            #expect(try await take(installation, 2))
        }
    }

    @Test(arguments: Backend.allCases)
    func whatIsDoneIsNotDueForAWhile(_ backend: Backend) async throws {
        try await backend.withDatabase { installation throws in
            #expect(try await take(installation, 1))
            try await installation.database.write { transaction in
                try transaction.postponeLease("work", seconds: 100)
            }
            installation.clock.advance(seconds: 99)
            #expect(try await !take(installation, 1))
            installation.clock.advance(seconds: 1)
            #expect(try await take(installation, 1))
        }
    }
}
