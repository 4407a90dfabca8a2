// The five checks of what people may ask for: erasure, its receipt, their data, and true counts.

import Crypto
import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore

extension Check {
    static let rights: [Check] = [
        Check(
            "data-subject-rights.gdpr-deletion-path",
            .high,
            "An erasure has a deadline, waits for holds and systems, and is finished",
            remedy: "`heed request list` shows open requests by deadline; verify, carry out or "
                + "refuse those that are past theirs",
            look: lookAtErasure
        ),
        Check(
            "data-subject-rights.deletion-cascade",
            .high,
            "The inventory has every table and column about people, and erasure does what it says",
            remedy: "list the table or column in PersonalData with its treatment, or drop what "
                + "another program put into Heed's schema",
            look: lookAtCascade
        ),
        Check(
            "data-subject-rights.deletion-receipt",
            .low,
            "An erasure leaves a receipt that outlives the person and cannot be changed",
            remedy: "restore the triggers and rights of receipts from the migrations; compare "
                + "receipts with `heed request receipt ID`",
            look: lookAtReceipt
        ),
        Check(
            "data-subject-rights.ccpa-export",
            .low,
            "One call hands out everything about a person, and nothing about anybody else",
            remedy: "a sealed address that does not open was changed or is from another "
                + "installation: go back to a backup for that person",
            look: lookAtExport
        ),
        Check(
            "data-subject-rights.analytics-integrity",
            .low,
            "An erasure leaves counts and rates as they were, and nobody can change them",
            remedy: "restore the trigger events_keep from the migrations",
            look: lookAtCounts
        ),
    ]

    private static let lookAtErasure: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            try sandbox.grant(sandbox.campaign)
            let contact = try sandbox.contact()
            let request = try sandbox.requestErasure()
            let hold = try sandbox.perform(
                PlaceHold(.person(.contact(contact)), reason: "rehearsal of an audit")
            ).receipt
            try sandbox.start(request.id)
            let held = try sandbox.transaction.request(request.id)?.status
            try sandbox.perform(LiftHold(hold))
            try sandbox.start(request.id)
            let refused = AttemptOutcome.failed("503", retryAt: sandbox.now.adding(seconds: 60))
            try sandbox.answer(request.id, refused)
            let isEarly = try sandbox.finishErasure(request.id)
            let kept = try sandbox.transaction.deliveryAddresses(of: contact, on: .email)
            let blocked = try sandbox.check(sandbox.campaign).reason
            try sandbox.answer(request.id, .confirmed("200 OK"))
            try sandbox.finishErasure(request.id)
            let ended = try sandbox.transaction.request(request.id)?.status
            found.expect(
                request.deadlineAt > request.requestedAt && held == .held && !isEarly
                    && kept.count == 1 && blocked == .erased && ended == .completed,
                "an erasure in a rehearsal had its deadline (\(request.regime)), waited for a "
                    + "hold, kept the address while a system refused, and was then completed",
                else: "an erasure in a rehearsal: under a hold \(held?.rawValue ?? "gone"), while "
                    + "a system refused \(isEarly ? "finished" : "waiting") with "
                    + "\(kept.count) of 1 address kept and the guard saying \(blocked), in "
                    + "the end \(ended?.rawValue ?? "gone")"
            )
        }
        found.add(walk)
        let open = try await context.engine.ask(Watching(context.terms.rules)).situation
        if let past = open.requestsPast {
            found.fault(
                "\(counted(past.count, "open request")) past the legal deadline, first "
                    + "\(past.first.text) (\(past.kind.rawValue)) at \(past.deadlineAt.text)"
            )
        } else {
            found.note("no open request of the installation is past its legal deadline")
        }
    }

    private static let lookAtCascade: Look = { context, found in
        let (people, others) = (context.terms.people, context.terms.others)
        let schema = try await context.read { transaction, found in
            let live = try transaction.liveColumns()
            found.add(compare(live, people: people, others: others))
            let made = MigratedSchema.of(transaction.engine).columns
            for column in live where made[column.table]?.contains(column.name) == false {
                found.fault(
                    "\(column.table).\(column.name) is in no migration, so the inventory does not "
                        + "know what it holds"
                )
            }
            let listed = Set(
                people.flatMap { table in
                    table.columns.map { LiveColumn(table: table.name, name: $0.name) }
                }
            )
            for column in try transaction.columnsAboutPeople() where !listed.contains(column) {
                found.fault("\(column.table).\(column.name) refers to people and is not listed")
            }
        }
        found.add(schema)
        let walk = try await context.rehearse { sandbox, found in
            let record = try sandbox.grant(sandbox.campaign)
            let contact = try sandbox.contact()
            _ = try sandbox.erase()
            // A transaction keeps the keys it has made; the next one has to look for them.
            let transaction = sandbox.later(by: 1).transaction
            let left = try transaction.personalRows(of: contact)
            let gone = people.filter { table in
                !table.columns.isEmpty && table.columns.allSatisfy { $0.treatment == .delete }
            }
            let remaining = gone.map(\.name).filter { left[$0] != nil }
            let evidence = try transaction.evidence(of: record, contact: contact)
            let isReadable = try !transaction.isErased(contact) || evidence != nil
            let reason = try sandbox.check(sandbox.campaign).reason
            let back = try sandbox.refusal(
                of: AddContact(
                    addresses: [sandbox.person],
                    externalID: nil,
                    locale: nil,
                    region: nil
                )
            )
            found.expect(
                remaining.isEmpty && !isReadable && reason == .erased && back?.code == .optedOut,
                "after an erasure in a rehearsal \(gone.map(\.name).joined(separator: ", ")) had "
                    + "nothing of the person, what was sealed did not open, the guard said erased, "
                    + "and adding the address again was refused",
                else: "after an erasure in a rehearsal rows were left in "
                    + "[\(remaining.joined(separator: ", "))], evidence was "
                    + "\(isReadable ? "readable" : "gone"), the guard said \(reason), and the "
                    + "address could\(back == nil ? "" : " not") be added again"
            )
        }
        found.add(walk)
    }

    /// Holds the live schema against the inventory, table by table and column by column.
    private static func compare(
        _ live: [LiveColumn],
        people: [PersonalData.Table],
        others: [PersonalData.Table]
    ) -> Inspection {
        var found = Inspection()
        let tables = Set(live.map(\.table))
        let listed = Set((people + others).map(\.name))
        for table in tables.subtracting(listed).sorted() {
            found.fault("the table \(table) is not in the inventory")
        }
        for table in listed.subtracting(tables).sorted() {
            found.fault("the inventory lists a table \(table) that is not there")
        }
        let columns = Set(live)
        for table in people where tables.contains(table.name) {
            for column in table.columns
            where !columns.contains(LiveColumn(table: table.name, name: column.name)) {
                found.fault("the inventory lists a column \(table.name).\(column.name), not there")
            }
        }
        found.note(
            "\(tables.count) tables with \(live.count) columns of the live schema held against an "
                + "inventory of \(listed.count) tables, \(people.count) of them about people"
        )
        return found
    }

    private static let lookAtReceipt: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            try sandbox.grant(sandbox.campaign)
            let request = try sandbox.erase()
            let transaction = sandbox.transaction
            let receipts = try transaction.receipts(of: request)
            let token = try transaction.token(of: request) ?? []
            let line = try transaction.receiptEvents(of: request).last
                .flatMap { try transaction.body(of: $0) }
                .flatMap { AuditEvent(canonical: $0) }
            let body = receipts.last?.body ?? []
            let text = try? JSONDecoder().decode(ReceiptBody.self, from: Data(body))
            found.expect(
                text?.id == request.text && text?.outcome == "completed"
                    && text?.systems.isEmpty == false && text?.tables.isEmpty == false,
                "an erasure in a rehearsal left a receipt with \(text?.systems.count ?? 0) systems "
                    + "and \(text?.tables.count ?? 0) tables, after the person was gone",
                else: "an erasure in a rehearsal left no receipt with its systems and tables"
            )
            found.expect(
                token.count == 16 && line?.detailsHash == Array(SHA256.hash(data: body)),
                "a token of 16 bytes opens it, and the audit log has its hash",
                else: "its token has \(token.count) bytes, or the audit log has not its hash"
            )
            try found.tryForbidden(.receipts, in: transaction)
            try found.expectGuards(
                against: ["UPDATE", "DELETE", "TRUNCATE"],
                on: ["receipts"],
                in: transaction
            )
            try found.expectTriggers(.receipts, in: transaction)
        }
        found.add(walk)
    }

    /// People whose sealed data is opened, at most; the newest.
    static let peopleMaximum: Int64 = 100

    private static let lookAtExport: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            try sandbox.grant(sandbox.campaign)
            try sandbox.grant(sandbox.campaign, of: sandbox.neighbour)
            _ = try sandbox.stop(.scope(sandbox.second))
            let later = sandbox.later(by: 60)
            let begin = BeginPersonExport(subject: .address(sandbox.person), source: .commandLine)
            let begun = try later.perform(begin).receipt
            let span = PersonalSpan(contact: begun.contact, through: begun.at)
            let text = try later.everything(about: span)
            let export = PersonExport(
                id: begun.id,
                contact: begun.contact,
                source: .commandLine,
                stage: .finished
            )
            try later.perform(EndPersonExport(export: export))
            let wanted = [sandbox.person.delivery, "203.0.113.254", "browser of \(sandbox.name)"]
            let lacking = wanted.filter { !text.contains($0) }
            let foreign = text.contains(sandbox.neighbour.delivery)
            let kinds = try later.timeline().map(\.kind)
            found.expect(
                lacking.isEmpty && !foreign,
                "an export in a rehearsal had the person's address, IP and browser in "
                    + "\(PersonalCategory.all.count) categories, and nothing of their neighbour's",
                else: "an export in a rehearsal lacks \(lacking.count) of \(wanted.count) things"
                    + (foreign ? ", and has somebody else's address" : "")
            )
            found.expect(
                kinds.contains("contact.export-started") && kinds.contains("contact.exported"),
                "the audit log had its beginning and its end",
                else: "the audit log has no beginning and end of it"
            )
        }
        found.add(walk)
        let sample = try await context.read { transaction, found in
            var opened = 0
            for contact in try transaction.newestPeople(limit: peopleMaximum) {
                do {
                    opened += try transaction.deliveryAddresses(of: contact, on: .email).count
                } catch let error as StoreError where error.code == .wrongKey {
                    // Keys are the business of evidence-export.
                    continue
                } catch {
                    found.fault("an address of \(contact.text) does not open")
                }
            }
            found.note("sealed addresses of the newest people that opened: \(opened)")
        }
        found.add(sample)
    }

    private static let lookAtCounts: Look = { context, found in
        let walk = try await context.rehearse { sandbox, found in
            try sandbox.grant(sandbox.campaign)
            try sandbox.grant(sandbox.campaign, of: sandbox.neighbour)
            let later = sandbox.later(by: 60)
            let contact = try later.contact()
            try later.report([.sent, .delivered, .opened, .clicked])
            let before = try later.statistics()
            _ = try later.erase()
            let after = try later.statistics()
            let left = try later.transaction.personalRows(of: contact)["events"] ?? 0
            found.expect(
                before == after && before[.sent].unique == 2 && left == 0,
                "messages to two people counted the same before and after one was erased "
                    + "(\(after[.sent].total) sent, \(after[.clicked].total) clicked), and no row "
                    + "leads to them",
                else: "an erasure changed counts from \(before[.sent].total) sent and "
                    + "\(before[.clicked].total) clicked to \(after[.sent].total) and "
                    + "\(after[.clicked].total), and left \(counted(Int(left), "row")) about them"
            )
            try found.tryForbidden(.activities, in: later.transaction)
            try found.expectGuards(against: ["UPDATE"], on: ["events"], in: later.transaction)
            try found.expectTriggers(.counts, in: later.transaction)
        }
        found.add(walk)
    }
}
