// What may happen in a step of a simulated history, and how often.

/// A thing that happens.
enum Act {
    case grant
    case deny
    case withdraw
    case stop
    case stopEverything
    case report
    case importList
    case erase
    case askAgain
    case claim
    case handle
    case rescue
    case sequence
    case keepIndex
    case wait
    case turnBack
    case leap
    case crash
    case purge

    private static let weights: [(Act, Int)] = [
        (.grant, 14), (.deny, 2), (.withdraw, 3), (.stop, 9), (.stopEverything, 4), (.report, 5),
        (.importList, 4), (.erase, 4), (.askAgain, 6), (.claim, 14), (.handle, 22), (.rescue, 4),
        (.sequence, 12), (.keepIndex, 4), (.wait, 8), (.turnBack, 3), (.leap, 2), (.crash, 4),
        (.purge, 3),
    ]
    private static let all = weights.flatMap { Array(repeating: $0.0, count: $0.1) }

    /// One of them.
    static func random(using dice: inout some RandomNumberGenerator) -> Act {
        all[Int.random(in: 0..<all.count, using: &dice)]
    }
}
