// The five checks of how an opt-out is taken and carried out.

import HeedConsent
import HeedEngine
import HeedStore

extension Check {
    static let optOuts: [Check] = [
        Check(
            "opt-out-processing.async-processing",
            .high,
            "An opt-out is one short transaction; telling others is left to the queue",
            remedy: "find out who removed work from the queue; `heed reconcile` tells systems what "
                + "they missed, and a new opt-out of the same people queues nothing twice",
            look: lookAtWork
        ),
        Check(
            "opt-out-processing.regulatory-window",
            .critical,
            "Every opt-out carries its deadline, and none waits longer than the threshold",
            remedy: "does a worker run (`heed serve`)? `heed queue list` shows what waits; set "
                + "alertAfterSeconds to hours, not days",
            look: lookAtWindow
        ),
        Check(
            "opt-out-processing.global-unsubscribe",
            .high,
            "A global opt-out stops every campaign, those of tomorrow too, and nothing else",
            remedy: "look for triggers or programs that change suppressions, and run `heed verify`",
            look: lookAtGlobal
        ),
        Check(
            "opt-out-processing.fail-safe-block",
            .high,
            "An acknowledged opt-out is on disk and refused from that moment, pending or not",
            remedy: "look for triggers or programs that change permissions or suppressions; on "
                + "PostgreSQL set fsync and synchronous_commit on",
            look: lookAtBlock
        ),
        Check(
            "opt-out-processing.backlog-respect",
            .medium,
            "Opt-outs never wait behind other work, and an answer is old after five minutes",
            remedy: "make the index jobs_ready again as the migrations have it",
            look: lookAtBacklog
        ),
    ]

    private static let lookAtWork: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            try sandbox.grant(sandbox.campaign)
            let (optOut, jobs) = try sandbox.stop(.scope(sandbox.campaign))
            let targets = try sandbox.transaction.targets(of: optOut.id)
            let connectors = try sandbox.transaction.connectorNames()
            let untold = targets.filter {
                $0.state == .pending && $0.attempts == 0 && $0.answer == nil
            }
            found.expect(
                optOut.status == .pending && untold.count == connectors.count
                    && targets.count == connectors.count,
                "an opt-out in a rehearsal was answered as pending, with none of "
                    + "\(counted(connectors.count, "connector")) told",
                else: "an opt-out came back \(optOut.status), with \(untold.count) of "
                    + "\(counted(connectors.count, "connector")) still to be told"
            )
            found.expect(
                jobs.count == 1,
                "its work is one job in the queue",
                else: "its work is \(counted(jobs.count, "job")) in the queue"
            )
        }
        found.add(walk)
        let orphans = try await context.read { transaction, found in
            let lost = try transaction.optOutsWithoutWork(limit: 100)
            found.expect(
                lost.isEmpty,
                "every open opt-out of the installation has its work in the queue",
                else: "\(counted(lost.count, "open opt-out")) without work in the queue, first "
                    + "\(lost.first?.text ?? "")"
            )
        }
        found.add(orphans)
    }

    /// Half of the shortest legal window, 48 hours.
    private static let thresholdMaximum: Int64 = 86_400

    private static let lookAtWindow: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            let (asked, _) = try sandbox.stop(.scope(sandbox.campaign))
            let later = sandbox.later(by: 90)
            try later.finish(asked.id)
            let done = try later.transaction.optOut(asked.id)
            let regime = Regime.forRegion(nil, channel: .email)
            found.expect(
                asked.deadlineAt == regime.deadline(from: asked.requestedAt)
                    && asked.regime == regime.name && done?.processedAt == later.now
                    && done?.processingMilliseconds == 90_000,
                "an opt-out in a rehearsal carried its deadline (\(asked.regime)) and, done 90 "
                    + "seconds later, 90000 ms",
                else: "an opt-out in a rehearsal has deadline \(asked.deadlineAt.text) by "
                    + "\(asked.regime), and took \(done?.processingMilliseconds ?? -1) ms"
            )
        }
        found.add(walk)
        let rules = context.terms.rules
        found.expect(
            rules.oldJobSeconds <= thresholdMaximum,
            "a job is old after \(rules.oldJobSeconds) seconds",
            else: "a job is old only after \(rules.oldJobSeconds) seconds, more than half of the "
                + "shortest legal window"
        )
        let watched = try await context.engine.ask(Watching(rules)).situation
        let alerts = rules.alerts(in: watched)
        let waiting = alerts.filter { $0.kind == .oldJob || $0.kind == .deadlinePast }
        for alert in waiting { found.fault(alert.detail) }
        if waiting.isEmpty {
            found.note(
                "no job is older than that and no open opt-out is past its deadline"
                    + (watched.oldestJobs.isEmpty ? "; nothing waits" : "")
            )
        }
        let nearSeconds = rules.deadlineSeconds
        let windows = try await context.engine.ask(Windows(by: .month, nearSeconds: nearSeconds))
        let done = windows.windows.reduce(0) { $0 + $1.completed }
        let slowest = windows.windows.compactMap(\.quantiles).map(\.max).max()
        let p99 = windows.windows.compactMap(\.quantiles).map(\.p99).max()
        found.note(
            "\(counted(Int(done), "opt-out")) completed in a year"
                + (p99.map { ", p99 of the slowest month \($0) ms" } ?? "")
                + (slowest.map { ", longest \($0) ms" } ?? "")
        )
    }

    private static let lookAtGlobal: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            for scope in [sandbox.campaign, sandbox.second, sandbox.receipts] {
                try sandbox.grant(scope)
            }
            _ = try sandbox.stop(.scope(sandbox.second))
            _ = try sandbox.stop(.global)
            let tomorrow = ScopeName(stored: sandbox.name + "-tomorrow")
            let later = sandbox.later(by: 60)
            try later.perform(
                AddScope(Scope(name: tomorrow, channel: .email, kind: .campaign))
            )
            let campaigns = try later.transaction.scopes().filter { $0.kind == .campaign }
            let open = try campaigns.filter {
                try later.check($0.name).reason != .globalOptOut
                    || later.checkMany($0.name)?.reason != .globalOptOut
            }
            found.expect(
                open.isEmpty,
                "after a global opt-out \(counted(campaigns.count, "campaign scope")), one of them "
                    + "added later, refused with globalOptOut, in front of a scope's own opt-out",
                else: "after a global opt-out the guard does not say so in: "
                    + open.map(\.name.text).joined(separator: ", ")
            )
            let receipts = try later.check(sandbox.receipts).reason
            found.expect(
                receipts == .allowed,
                "a transactional scope went on",
                else: "a global opt-out stopped a transactional scope (\(receipts))"
            )
            let records = try later.transaction.consents(of: sandbox.contact(), limit: 5000)
            let withdrawn = Set(records.filter { $0.decision == .withdrawn }.map(\.scope))
            let lacking = campaigns.map(\.name.text).filter {
                $0 != tomorrow.text && !withdrawn.contains($0)
            }
            found.require(
                lacking.isEmpty && withdrawn.contains(OptOut.Extent.global.name),
                else: "a global opt-out wrote withdrawals for "
                    + withdrawn.sorted().joined(separator: ", ") + " only"
            )
        }
        found.add(walk)
    }

    private static let lookAtBlock: Look = { context, found in
        let durability = context.terms.durability
        let walk = try await context.rehearse { sandbox, found in
            try sandbox.grant(sandbox.campaign)
            try sandbox.grant(sandbox.second)
            let before = try sandbox.check(sandbox.campaign).reason
            let (optOut, jobs) = try sandbox.stop(.scope(sandbox.campaign))
            let pending = try sandbox.check(sandbox.campaign)
            let many = try sandbox.checkMany(sandbox.campaign)
            found.expect(
                before == .allowed && pending.reason == .optOut
                    && pending.optOutStatus == .pending && many?.reason == .optOut
                    && many?.optOutStatus == .pending,
                "allowed before an opt-out, refused as pending right after it, one by one and in "
                    + "a batch",
                else: "the guard said \(before) before an opt-out and \(pending.reason) "
                    + "(\(pending.optOutStatus?.rawValue ?? "no status")) right after it"
            )
            let kinds = Set(try sandbox.timeline().map(\.kind))
            let keys = sandbox.transaction.vault.lookupKeys(for: sandbox.person)
            // The permission refuses as well, until a newer yes; the block itself has to be there.
            let isBlocked = try sandbox.transaction.suppressions(at: keys).contains {
                $0.optOut == optOut.id
            }
            var isQueued = false
            for case .add(let job) in jobs {
                isQueued = try sandbox.transaction.job(job.id) != nil
            }
            found.expect(
                isBlocked && kinds.isSuperset(of: ["optout.requested", "optout.enqueued"])
                    && isQueued,
                "its block, its audit events and its job were in one transaction",
                else: isBlocked
                    ? "an opt-out was written without its audit events or its job"
                    : "an opt-out left no block at the address"
            )
            let later = sandbox.later(by: 60)
            try later.finish(optOut.id)
            let done = try later.check(sandbox.campaign)
            let other = try later.check(sandbox.second).reason
            found.expect(
                done.reason == .optOut && done.optOutStatus == .completed && other == .allowed,
                "refused as completed once every system had confirmed; another scope went on",
                else: "once every system had confirmed the guard said \(done.reason) there and "
                    + "\(other) in another scope"
            )
            let settings = try sandbox.transaction.durability()
            for (name, wanted) in durability.sorted(by: { $0.key < $1.key }) {
                guard let value = settings[name] else { continue }
                found.expect(
                    wanted.contains(value.lowercased()),
                    "\(name) is \(value)",
                    else: "\(name) is \(value): what was answered may be lost with the power"
                )
            }
        }
        found.add(walk)
    }

    /// Other work that an opt-out is put behind, in jobs.
    private static let flood = 500

    private static let lookAtBacklog: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            let transaction = sandbox.transaction
            try sandbox.grant(sandbox.campaign)
            let request = try sandbox.requestErasure()
            let other = (0..<flood).map { _ in
                JobChange.add(
                    Job(
                        id: transaction.newID(),
                        kind: .rights(.clean(request.id)),
                        lane: .general,
                        priority: 9,
                        runAt: sandbox.now
                    )
                )
            }
            _ = try transaction.record(Decision((), jobs: other), by: Sandbox.actor)
            let later = sandbox.later(by: 1)
            let (_, jobs) = try later.stop(.scope(sandbox.campaign))
            let due = try later.transaction.dueJobs(in: .optOut, for: nil, limit: 1000)
            let isAmong = jobs.contains { change in
                if case .add(let job) = change { due.contains { $0.id == job.id } } else { false }
            }
            found.expect(
                due.allSatisfy { $0.lane == .optOut } && (isAmong || due.count == 1000),
                "behind \(flood) jobs of other work an opt-out was handed out at once: its lane "
                    + "holds opt-outs only",
                else: "an opt-out is not handed out in front of \(flood) jobs of other work"
            )
            let answer = try later.check(sandbox.receipts)
            let seconds = answer.validUntil.milliseconds(since: later.now) / 1000
            found.expect(
                (1...300).contains(seconds),
                "an answer of the guard says that it is valid for \(seconds) seconds",
                else: "an answer of the guard is valid for \(seconds) seconds, more than 300"
            )
        }
        found.add(walk)
        let plan = try await context.read { transaction, found in
            let steps = try transaction.claimPlan()
            let reading = PlanReading(transaction.engine, steps)
            found.expect(
                reading.scans.isEmpty && steps.contains { $0.contains("jobs_ready") },
                "the next opt-out is found by the index jobs_ready, without sorting",
                else: "the next opt-out is looked for among all work: "
                    + steps.joined(separator: "; ")
            )
            try found.expectIndexes(.queue, in: transaction)
        }
        found.add(plan)
    }
}
