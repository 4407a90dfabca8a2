// One history from a seed: two processes on one database, people who act, and whatever can fail.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport

/// Plays a history, and holds every invariant against it after every step.
struct Simulation {
    let place: Place
    /// Looks, and is never in the way of a fault.
    let observer: Observer
    var nodes: [Node]
    var promises = Promises()
    var dice: SeededGenerator
    /// What has happened, a line a step.
    private(set) var trace: [String] = []
    /// The mistake that is made on purpose.
    let sabotage: Sabotage?
    /// How often years have passed at once.
    var leaps = 0
    /// A number for what must not come twice: keys, reports, files.
    var count = 0

    /// Begins a history.
    init(at place: Place, sabotage: Invariant? = nil) throws {
        self.place = place
        observer = Observer(database: try place.open(9, life: 0), place: place)
        nodes = [try Node(0, at: place), try Node(1, at: place)]
        dice = SeededGenerator(seed: place.seed)
        self.sabotage = sabotage.map { Sabotage($0) }
    }

    /// Plays so many steps, and then until all work is done.
    ///
    /// - Throws: `Violation` with the first invariant that does not hold.
    mutating func run(steps: Int) async throws {
        for step in 0..<steps {
            place.clock.advance(microseconds: Int64.random(in: 1...2_000_000, using: &dice))
            try await take(step)
            try await sabotage?.strike(self, asking: nodes[step % nodes.count].engine)
            try await observer.look(&promises, nodes[step % nodes.count].engine)
        }
        try await finish()
    }

    private mutating func take(_ step: Int) async throws {
        let number = Int.random(in: 0..<nodes.count, using: &dice)
        let act = Act.random(using: &dice)
        let fault = randomFault()
        if fault != .none { nodes[number].database.plan([fault]) }
        trace.append("\(step) node \(number) \(act) \(fault)")
        do {
            try await perform(act, on: number)
        } catch is Refusal {
            trace[trace.count - 1] += " refused"
        } catch let error as StoreError where error.message == "as planned" {
            trace[trace.count - 1] += " failed"
            // It dies of the fault, or goes on with it.
            if Bool.random(using: &dice) { try nodes[number].crash() }
        }
    }

    /// A write in three has a fault: in the middle, before its commit, or after it.
    private mutating func randomFault() -> FaultyDatabase.Fault {
        switch Int.random(in: 0..<12, using: &dice) {
        case 0: .beforeCommit
        case 1, 2: .afterCommit
        case 3: .atStatement(Int.random(in: 0..<30, using: &dice))
        default: .none
        }
    }

    /// Lets everything heal and all work be done, and looks at the end.
    private mutating func finish() async throws {
        place.wire.heal()
        for number in nodes.indices { try nodes[number].crash() }
        var rounds = 0
        while try await observer.openJobs() > 0 {
            rounds += 1
            guard rounds < 100 else {
                throw Violation(.workGoesOn, "there is work that does not end")
            }
            // Longer than the longest wait between attempts.
            place.clock.advance(seconds: 50_000)
            for number in nodes.indices {
                try await nodes[number].work(.rescue)
                try await nodes[number].work(.claim)
                while nodes[number].isBusy { try await nodes[number].work(.handle) }
            }
            try await sabotage?.strike(self, asking: nodes[0].engine)
            try await observer.look(&promises, nodes[0].engine)
        }
        while try await observer.unsequenced() > 0 {
            place.clock.advance(seconds: Sequencer.leaseSeconds + 1)
            try await nodes[rounds % nodes.count].work(.sequence)
            try await observer.look(&promises, nodes[1].engine)
        }
        try await observer.lookAtTheEnd(promises)
    }

    /// The trace, to be shown with a violation.
    func story(last lines: Int) -> String { trace.suffix(lines).joined(separator: "\n") }

    mutating func roll(_ range: Range<Int>) -> Int { Int.random(in: range, using: &dice) }

    mutating func next() -> Int {
        count += 1
        return count
    }
}
