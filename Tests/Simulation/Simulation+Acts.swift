// What people, lists, other systems and time do in a simulated history.

import HeedConsent
import HeedEngine
import HeedExchange
import HeedLists
import HeedRights
import HeedStore
import TestSupport

extension Simulation {
    private static let scopes = Sample.scopes.map(\.name)
    private static let campaigns: Set<ScopeName> = [Sample.newsletter, Sample.promotions]

    /// Has one thing happen in a process.
    mutating func perform(_ act: Act, on number: Int) async throws {
        let person = roll(0..<Place.people)
        let scope = Simulation.scopes[roll(0..<Simulation.scopes.count)]
        switch act {
        case .grant: try await grant(person, scope, number)
        case .deny: try await decide(person, .denied, scope, number)
        case .withdraw: try await decide(person, .withdrawn, scope, number)
        case .stop: try await stop(person, .scope(scope), [scope], number)
        case .stopEverything: try await stop(person, .global, Simulation.campaigns, number)
        case .report: try await report(person, scope, number)
        case .importList: try await importList(number)
        case .erase: try await erase(person, number)
        case .askAgain: try await askAgain(number)
        case .claim: try await nodes[number].work(.claim)
        case .handle: try await nodes[number].work(.handle)
        case .rescue: try await nodes[number].work(.rescue)
        case .sequence: try await nodes[number].work(.sequence)
        case .keepIndex: try await nodes[number].work(.keepIndex)
        case .wait: place.clock.advance(seconds: Int64(roll(1..<5000)))
        // Less than has passed since the newest record of any list.
        case .turnBack: place.clock.advance(seconds: -Int64(roll(1..<3600)))
        case .leap:
            guard leaps < Place.leapsMaximum else { return }
            leaps += 1
            place.clock.advance(seconds: 1200 * 86_400)
        case .crash: try nodes[number].crash()
        case .purge:
            let retention = try Retention(
                auditLogDays: Retention.daysMinimum,
                consentRecordDays: Retention.daysMinimum
            )
            let purger = Purger(engine: nodes[number].engine, retention: retention)
            _ = try await purger.run(dryRun: false, as: .system("purger"))
        }
    }

    private mutating func grant(_ person: Int, _ scope: ScopeName, _ number: Int) async throws {
        let ends: Int64? = roll(0..<4) == 0 ? Int64(roll(1..<8000)) : nil
        let command = try RecordConsent(
            subject: .address(place.addresses[person]),
            scope: scope,
            decision: .granted,
            basis: .consent,
            source: .form,
            policyVersion: Sample.version,
            expiresAt: ends.map { place.clock.now.adding(seconds: $0) }
        )
        do {
            _ = try await nodes[number].engine.perform(command, as: Sample.actor)
        } catch let refusal as Refusal {
            // Nothing is stored, so what was promised stays promised.
            throw refusal
        } catch {
            // It may have come through without an answer: their own act may be in force.
            promises.release(person, scope)
            throw error
        }
        promises.release(person, scope)
    }

    private mutating func decide(
        _ person: Int,
        _ decision: ConsentRecord.Decision,
        _ scope: ScopeName,
        _ number: Int
    ) async throws {
        let command = try RecordConsent(
            subject: .address(place.addresses[person]),
            scope: scope,
            decision: decision,
            basis: .consent,
            source: .form,
            policyVersion: Sample.version
        )
        _ = try await nodes[number].engine.perform(command, as: Sample.actor)
        promises.forbid(person, [scope])
    }

    private mutating func stop(
        _ person: Int,
        _ extent: OptOut.Extent,
        _ scopes: Set<ScopeName>,
        _ number: Int
    ) async throws {
        let command = try RequestOptOut(
            subject: .address(place.addresses[person]),
            extent: extent,
            source: .oneClick
        )
        let key = RepeatKey(
            key: "stop-\(next())",
            caller: "sender",
            operation: "opt-out",
            body: Array("\(person) \(extent)".utf8)
        )
        promises.stops.append(
            Promises.Stop(key: key, command: command, person: person, scopes: scopes)
        )
        do {
            try await ask(promises.stops.count - 1, number)
        } catch let error as StoreError {
            sabotage?.acknowledge(error, &promises, person, scopes)
            throw error
        }
    }

    /// Sends a request that was sent before; its answer may have been lost.
    private mutating func askAgain(_ number: Int) async throws {
        guard !promises.stops.isEmpty else { return }
        let newest = promises.stops.count
        try await ask(roll(max(0, newest - 5)..<newest), number)
    }

    private mutating func ask(_ index: Int, _ number: Int) async throws {
        let stop = promises.stops[index]
        let performed = try await nodes[number].engine.perform(
            stop.command,
            as: .person,
            once: stop.key
        )
        let receipt = Promises.Receipt(performed)
        guard let first = stop.receipt else {
            promises.stops[index].receipt = receipt
            if stop.isNewest { promises.forbid(stop.person, stop.scopes) }
            return
        }
        guard first == receipt else {
            throw Violation(.answersRepeat, "first \(first), then \(receipt)")
        }
    }

    private mutating func report(_ person: Int, _ scope: ScopeName, _ number: Int) async throws {
        let kind = ProviderReport.Kind.allCases[roll(0..<3)]
        let report = ProviderReport(
            kind,
            place.addresses[person],
            extent: .scope(scope),
            at: place.clock.now.adding(seconds: -Int64(roll(0..<900)))
        )
        let connector = Place.connectors[roll(0..<2)]
        let command = TakeReport(connector: connector, report: report)
        let taken = try await nodes[number].engine.perform(command, as: .system("webhook")).receipt
        if kind != .bounced, taken.isNews { promises.forbid(person, [scope]) }
    }

    /// An old list that claims a yes for everybody but one, who left.
    private mutating func importList(_ number: Int) async throws {
        let leaver = roll(0..<Place.people)
        var text = "email,status,consented_at\n"
        for (person, address) in place.addresses.enumerated() where person != leaver {
            guard roll(0..<2) == 0 else { continue }
            text += "\(address.delivery),subscribed,2019-01-01T10:00:00Z\n"
        }
        text += "\(place.addresses[leaver].delivery),unsubscribed,\n"
        let bytes = Array(text.utf8)
        let importer = Importer(
            ImportRequest(scope: Sample.newsletter, policyVersion: Sample.version),
            engine: nodes[number].engine,
            mode: .write,
            actor: Sample.actor
        )
        let source = ImportSource(name: "list-\(next()).csv", byteCount: bytes.count) {
            var rest: [UInt8]? = bytes
            return {
                defer { rest = nil }
                return rest
            }
        }
        _ = try await importer.run([source]) { _ in }
        promises.forbid(leaver, [Sample.newsletter])
    }

    private mutating func erase(_ person: Int, _ number: Int) async throws {
        let keys = try await observer.sealedKey(of: place.addresses[person])
        let command = ReceiveRequest(
            .erasure,
            of: .address(place.addresses[person]),
            source: .form,
            verifiedBy: .form
        )
        let taken = try await nodes[number].engine.perform(command, as: .person).receipt
        promises.forbid(person, Set(Simulation.scopes))
        guard let keys else { return }
        promises.erasures.append(
            Promises.Erasure(request: taken.request.id, contact: keys.contact, sealedKey: keys.key)
        )
    }
}
