// Compares who is blocked here with who is blocked at a connector, and fixes what differs.

import HeedConnectors
package import HeedConsent
package import HeedEngine
package import HeedStore

/// Compares two lists, and concludes nothing from half of one.
///
/// Who is missing there is told again through the queue, and who is missing here is recorded; both
/// may be repeated. Addresses are in the clear one page at a time: for the second direction the
/// list is read once more.
package struct Reconciler: Sendable {
    /// Whether differences are only counted.
    package enum Mode: Hashable, Sendable {
        /// Count them.
        case reporting
        /// Put them right on both sides.
        case fixing
    }

    /// What came of it.
    package struct Report: Sendable {
        /// The counts, as they stand in the audit log.
        package let reconciliation: Reconciliation
        /// The first of the people who are missing there.
        package let people: [ContactID]
        /// Keyed hashes of the first addresses that are missing here.
        package let keys: [AddressKey]
    }

    /// At most so many people and hashes are named in a report; all are counted.
    package static let namedMaximum = 1000
    /// Blocks read in one transaction.
    static let blocksPerPage = 1000

    private let engine: Engine
    private let gate: ConnectorGate
    private let transport: any Transport
    private let surroundings: Surroundings
    private let pause: @Sendable (Int64) async throws -> Void

    /// Takes the door, the wire, what may be asked of whom, and how to wait so many seconds.
    package init(
        engine: Engine,
        gate: ConnectorGate,
        transport: any Transport,
        surroundings: Surroundings,
        pause: @escaping @Sendable (Int64) async throws -> Void = { seconds in
            try await Task.sleep(for: .seconds(seconds))
        }
    ) {
        self.engine = engine
        self.gate = gate
        self.transport = transport
        self.surroundings = surroundings
        self.pause = pause
    }

    /// Compares with one connector and writes the counts into the audit log.
    ///
    /// - Parameters:
    ///   - settings: The connector's.
    ///   - mode: Whether differences are fixed.
    ///   - actor: Who asked.
    ///   - page: Called after every page of either list.
    /// - Returns: What came of it; a list that broke off is an outcome, too.
    /// - Throws: a `Refusal` for unusable settings, and what the database throws.
    package func run(
        _ settings: ConnectorSettings,
        _ mode: Mode,
        as actor: Actor,
        page: @escaping () async throws -> Void = {}
    ) async throws -> Report {
        let connector = try settings.connector()
        var run = Run(connector: connector, mode: mode, startedAt: surroundings.now())
        let outcome = try await compare(&run, as: actor, page: page)
        let reconciliation = Reconciliation(
            connector: settings.name,
            subject: Reconciliation.subject(of: settings.name),
            isFixing: mode == .fixing,
            outcome: outcome,
            counts: run.counts
        )
        _ = try await engine.perform(RecordReconciliation(reconciliation), as: actor)
        return Report(reconciliation: reconciliation, people: run.people, keys: run.keys)
    }

    private func compare(
        _ run: inout Run,
        as actor: Actor,
        page: () async throws -> Void
    ) async throws -> Reconciliation.Outcome {
        do {
            run.listed = ListedAddresses()
            let failure = try await read(&run, page: page) { run, finding, entry in
                try run.note(finding, entry)
            }
            if let failure {
                run.forgetFindings()
                return .brokenOff(failure.text)
            }
        } catch let refusal as Refusal where refusal.code == .noListing {
            run.listed = nil
        }
        try await compareHere(&run, as: actor, page: page)
        guard run.listed != nil else { return .counted }
        guard run.mode == .fixing, run.counts[.missingHere, default: 0] > 0 else {
            return .compared
        }
        let failure = try await read(&run, page: page) { run, finding, entry in
            try await record(finding, entry, in: &run, as: actor)
        }
        return failure.map { .brokenOff($0.text) } ?? .compared
    }

    // MARK: - The list there

    /// Reads the list there to its end; the answer that broke it off, if one did.
    private func read(
        _ run: inout Run,
        page: () async throws -> Void,
        each: (inout Run, MissingHere.Finding, ReadableEntry) async throws -> Void
    ) async throws -> ConnectorAnswer? {
        let wire = ListingWire(
            connector: run.connector,
            transport: transport,
            gate: gate,
            surroundings: surroundings,
            pause: pause
        )
        let first = try run.connector.list(at: surroundings.now())
        let isFirstReading = run.isFirstReading
        run.isFirstReading = false
        do {
            return try await first.walk(now: surroundings.now, carry: wire.carry) { entries in
                let readable = entries.compactMap(ReadableEntry.init)
                if isFirstReading { run.count(entries, readable: readable.count) }
                let lines = readable.map { MissingHere.Line($0.address, extents: $0.entry.extents) }
                for start in stride(from: 0, to: lines.count, by: Reconciler.blocksPerPage) {
                    let end = min(lines.count, start + Reconciler.blocksPerPage)
                    let findings = try await engine.ask(MissingHere(Array(lines[start..<end])))
                    for (finding, entry) in zip(findings, readable[start..<end]) {
                        try await each(&run, finding, entry)
                    }
                }
                try await page()
            }
        } catch let error as TransportError {
            return .retry(after: nil, error.code.name)
        }
    }

    private func record(
        _ finding: MissingHere.Finding,
        _ entry: ReadableEntry,
        in run: inout Run,
        as actor: Actor
    ) async throws {
        let name = run.connector.name
        for extent in finding.missing {
            let report = ProviderReport(
                entry.entry.kind == .bounced ? .bounced : .unsubscribed,
                entry.address,
                extent: extent,
                at: surroundings.now()
            )
            _ = try await engine.perform(TakeReport(connector: name, report: report), as: actor)
            // An address that came up since the first reading is recorded, but was no difference;
            // one that is listed twice was one.
            if run.missing.remove(Run.Missing(key: finding.key, extent: extent)) != nil {
                run.counts[.recorded, default: 0] += 1
            }
        }
    }

    // MARK: - The blocks here

    private func compareHere(
        _ run: inout Run,
        as actor: Actor,
        page: () async throws -> Void
    ) async throws {
        var place: BlockedHere.Place?
        repeat {
            let found = try await engine.ask(
                BlockedHere(
                    for: run.connector.name,
                    after: place,
                    limit: Reconciler.blocksPerPage
                )
            )
            for block in found.blocks {
                guard let optOut = run.missingThere(block), run.mode == .fixing else { continue }
                if !run.told.contains(optOut) {
                    let tell = TellAgain(
                        optOut,
                        to: run.connector.name,
                        missingAt: run.startedAt
                    )
                    guard try await engine.perform(tell, as: actor).receipt else { continue }
                    run.told.insert(optOut)
                }
                run.counts[.told, default: 0] += 1
            }
            try await page()
            place = found.next
        } while place != nil
    }
}

/// An entry whose address can be read.
struct ReadableEntry {
    let address: Address
    let entry: ListedEntry

    init?(_ entry: ListedEntry) {
        guard let address = try? Address(email: entry.address) else { return nil }
        self.address = address
        self.entry = entry
    }
}

/// What one comparison has found so far.
private struct Run {
    struct Missing: Hashable {
        let key: AddressKey
        let extent: OptOut.Extent
    }

    let connector: any Connector
    let mode: Reconciler.Mode
    let startedAt: Timestamp
    var isFirstReading = true
    /// Nil when the other system cannot be asked.
    var listed: ListedAddresses?
    var counts: [Reconciliation.Count: Int] = [:]
    var people: [ContactID] = []
    var keys: [AddressKey] = []
    var missing: Set<Missing> = []
    var told: Set<OptOutID> = []
    private var named: Set<ContactID> = []
    private var signs: [String: OptOutSign?] = [:]

    init(connector: any Connector, mode: Reconciler.Mode, startedAt: Timestamp) {
        self.connector = connector
        self.mode = mode
        self.startedAt = startedAt
    }

    mutating func count(_ entries: [ListedEntry], readable: Int) {
        counts[.there, default: 0] += entries.count
        counts[.unreadable, default: 0] += entries.count - readable
        counts[.unmappedThere, default: 0] += entries.reduce(0) { $0 + $1.unmapped }
    }

    /// Half a list proves nothing; only its length is kept.
    mutating func forgetFindings() {
        counts = counts.filter { $0.key == .there }
        keys = []
    }

    /// Notes a line of the first reading.
    mutating func note(_ finding: MissingHere.Finding, _ entry: ReadableEntry) throws(Refusal) {
        try listed?.add(finding.key, at: entry.entry.places)
        counts[.unmappedThere, default: 0] += finding.unknownScopes
        for extent in finding.missing
        where missing.insert(Missing(key: finding.key, extent: extent)).inserted {
            counts[.missingHere, default: 0] += 1
            if keys.count < Reconciler.namedMaximum { keys.append(finding.key) }
        }
    }

    /// Counts a block here; its opt-out when the other system does not have it and can be told.
    mutating func missingThere(_ block: BlockedHere.Block) -> OptOutID? {
        if listed != nil {
            guard let sign = sign(of: block.extent) else {
                counts[.unmappedHere, default: 0] += 1
                return nil
            }
            // Not sent through this system: there is nothing to be found there.
            guard !sign.places.isEmpty else { return nil }
            counts[.here, default: 0] += 1
            if listed?.show(sign, for: block.key) ?? false { return nil }
        } else {
            counts[.here, default: 0] += 1
            if case .confirmed = block.told { return nil }
        }
        // A bounce is put on an address that belongs to nobody; that is not one that was erased.
        if block.optOut == nil, block.reason != .erasure {
            counts[.withoutOptOut, default: 0] += 1
            return nil
        }
        guard let contact = block.contact, let optOut = block.optOut else {
            counts[.withoutAddress, default: 0] += 1
            return nil
        }
        switch block.told {
        case .underway:
            counts[.underway, default: 0] += 1
            return nil
        // It was told while its list was being read.
        case .confirmed(let at) where at.map { $0 > startedAt } ?? false:
            counts[.underway, default: 0] += 1
            return nil
        case .confirmed, .buried, .never: break
        }
        counts[.missingThere, default: 0] += 1
        if people.count < Reconciler.namedMaximum, named.insert(contact).inserted {
            people.append(contact)
        }
        return optOut
    }

    private mutating func sign(of extent: OptOut.Extent) -> OptOutSign? {
        if let known = signs[extent.name] { return known }
        let sign = connector.sign(of: extent.name)
        signs[extent.name] = .some(sign)
        return sign
    }
}
