// Claims: work is one worker's until it is done or its lease runs out.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("ClaimJobs")
struct ClaimJobsTests {
    @Test(arguments: Backend.allCases)
    func aLeaseIsOneWorkersUntilItRunsOut(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.optOut(Sample.address())
            let first = try await installation.claimOptOuts()
            #expect(first.count == 1)
            #expect(try await installation.claimOptOuts().isEmpty)
            installation.clock.advance(seconds: 29)
            #expect(try await installation.rescue() == 0)
            installation.clock.advance(seconds: 1)
            #expect(try await installation.claimOptOuts().isEmpty)
            #expect(try await installation.rescue() == 1)
            #expect(try await installation.rescue() == 0)
            let second = try await installation.claimOptOuts()
            #expect(second.map(\.id) == first.map(\.id))
            #expect(second.map(\.attempts) == [1])
        }
    }

    @Test(arguments: Backend.allCases)
    func twoClaimersNeverGetTheSameJob(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for number in 0..<60 { try await installation.optOut(Sample.address(number)) }
            let other = Engine(database: try installation.reopened())
            let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for number in 0..<20 {
                    let engine = number.isMultiple(of: 2) ? installation.engine : other
                    group.addTask {
                        let command = ClaimJobs(lane: .optOut, limit: 4, leaseSeconds: 30)
                        let jobs = try await engine.perform(command, as: .system("worker")).receipt
                        return jobs.map(\.id)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 60)
            #expect(Set(claimed).count == 60)
        }
    }
}
