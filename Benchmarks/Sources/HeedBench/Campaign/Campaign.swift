// A campaign to everybody on a list, asked for in process.

import HeedConsent
import HeedEngine

/// Raw addresses in calls as large as they may be.
struct Campaign {
    let engine: Engine
    /// The recipients of each call.
    let calls: [[String]]

    /// Everybody once; person number `n` of the order is number `n * step` of the list.
    init(to list: BigList, step: Int = 1) async throws {
        engine = try await list.open()
        let size = MaySendMany.recipientsMaximum
        calls = stride(from: 0, to: list.people, by: size).map { start in
            (start..<min(list.people, start + size)).map {
                BigList.address($0 &* step % list.people)
            }
        }
    }

    /// Recipients a second, over all calls or the first few; each of them has to be allowed.
    func recipientsPerSecond(_ count: Int? = nil) async throws -> Double {
        let scope = try ScopeName(Workbench.newsletter)
        let calls = calls.prefix(count ?? calls.count)
        return try await rate(calls.reduce(0) { $0 + $1.count }) {
            for recipients in calls {
                let question = try MaySendMany(recipients: recipients, scope: scope)
                let answer = try await engine.ask(question)
                precondition(answer.verdicts.allSatisfy { $0.reason == .allowed })
            }
        }
    }
}
