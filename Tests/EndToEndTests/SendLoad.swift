// Clients of two nodes that opt people out and ask about them, whatever happens to the nodes.

import Foundation
import Synchronization
import TestSupport
import Testing

/// Seeded clients, and the record of what they were told.
final class SendLoad: Sendable {
    /// The scopes everybody agreed to.
    static let scopes = ["newsletter", "promotions"]
    private static let clients = 3
    private static let batch = 20

    let history = SendHistory()
    private let people: Int
    private let seed: UInt64
    private let nodes: Mutex<[Server]>
    private let orders: Mutex<[Order]>
    private let isOver = Atomic<Bool>(false)
    /// Lists that the filter answered; every other question is a check.
    private let filtered = Atomic<Int>(0)

    /// An opt-out that has not been acknowledged yet.
    private struct Order: Sendable {
        let person: Int
        let scope: String
    }

    /// Everybody leaves one scope or all of them, some two, in an order from the seed.
    init(people: Int, seed: UInt64, nodes: [Server]) {
        self.people = people
        self.seed = seed
        self.nodes = Mutex(nodes)
        var generator = SeededGenerator(seed: seed)
        let extents = SendLoad.scopes + ["global"]
        let first = (0..<people).shuffled(using: &generator).map { person in
            Order(person: person, scope: extents.randomElement(using: &generator) ?? "global")
        }
        let second = (0..<people / 4).map { Order(person: $0, scope: SendLoad.scopes[$0 % 2]) }
        orders = Mutex(first + second)
    }

    static func address(_ person: Int) -> String { "person\(person)@mail.example" }

    /// Another process took a node's place.
    func replace(_ node: Int, by server: Server) { nodes.withLock { $0[node] = server } }

    func node(_ node: Int) -> Server { nodes.withLock { $0[node] } }

    /// Runs clients of both nodes while `story` does what it likes to them, then lets them finish.
    func run(_ story: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2 * SendLoad.clients {
                group.addTask { await self.client(number) }
            }
            do {
                try await story()
            } catch {
                // Or the clients would go on for ever.
                isOver.store(true, ordering: .relaxed)
                throw error
            }
            isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
    }

    /// Waits until so many more opt-outs were acknowledged.
    func awaitAcknowledged(_ more: Int) async throws {
        let goal = history.count(.acknowledged) + more
        try await eventually("\(more) more acknowledged opt-outs") {
            history.count(.acknowledged) >= goal || orders.withLock { $0.isEmpty }
        }
    }

    /// True once everybody was told that their opt-out counts.
    var isDone: Bool { orders.withLock { $0.isEmpty } }

    private func client(_ number: Int) async {
        var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(number))
        while !isOver.load(ordering: .relaxed) {
            let server = node(number % 2)
            let order = orders.withLock { $0.popLast() }
            if let order {
                let isKnown = await optOut(order, server)
                if !isKnown { orders.withLock { $0.insert(order, at: 0) } }
            }
            let scope = SendLoad.scopes.randomElement(using: &generator) ?? "newsletter"
            let asked = (0..<SendLoad.batch).map { _ in
                Int.random(in: 0..<people, using: &generator)
            }
            let everybody = Array(Set(asked)) + [order?.person].compactMap(\.self)
            if Bool.random(using: &generator) {
                await ask(everybody, scope) { try await server.reasons($0, scope) }
            } else {
                let isAnswered = await ask(everybody, scope) {
                    try await server.filter($0, scope)
                }
                if isAnswered { filtered.wrappingAdd(1, ordering: .relaxed) }
            }
        }
    }

    /// False when it is not known whether it was done.
    private func optOut(_ order: Order, _ server: Server) async -> Bool {
        let began = history.begin()
        let reply = try? await server.optOut(SendLoad.address(order.person), order.scope)
        let isKnown = reply?.status == 202
        history.end(began, order.scope, [(order.person, isKnown ? .acknowledged : .unknown)])
        return isKnown
    }

    /// False where nothing came back.
    @discardableResult
    private func ask(
        _ asked: [Int],
        _ scope: String,
        by way: ([String]) async throws -> [String: String]
    ) async -> Bool {
        let began = history.begin()
        let answer = try? await way(asked.map(SendLoad.address))
        let reasons = answer ?? [:]
        history.end(
            began,
            scope,
            asked.map { person in
                switch reasons[SendLoad.address(person)] {
                case nil: (person, .unknown)
                case "allowed": (person, .allowed)
                default: (person, .refused)
                }
            }
        )
        return answer != nil
    }

    /// Fails for every "yes" after an acknowledged "no", and for every opt-out a node has lost.
    func expectNoneBroken(on servers: [Server]) async throws {
        let entries = history.entries
        let broken = SendHistory.broken(entries)
        #expect(broken.isEmpty, "seed \(seed): \(broken.prefix(3))")
        // It was a race, and not one that was refused altogether.
        #expect(history.count(.allowed) > people / 2)
        #expect(filtered.load(ordering: .relaxed) > 20)
        let acknowledged = SendHistory.acknowledged(entries)
        #expect(acknowledged.count > people / 4)
        for server in servers {
            for scope in SendLoad.scopes {
                let gone = acknowledged.keys.filter { person in
                    ["global", scope].contains { acknowledged[person]?[$0] != nil }
                }
                let reasons = try await server.reasons(gone.map(SendLoad.address), scope)
                let lost = gone.filter {
                    !["optOut", "globalOptOut"].contains(reasons[SendLoad.address($0)])
                }
                #expect(lost.isEmpty, "seed \(seed): \(scope): \(lost.prefix(3))")
            }
        }
    }
}
