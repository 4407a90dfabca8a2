// An explanation in words: why the guard answers as it does, what is behind it, and what would
// change it.

import HeedConsent
import HeedEngine
import HeedStore

/// An explanation in words.
enum Explanation {
    /// One line a fact.
    static func lines(_ history: History.Answer) -> [String] {
        var lines: [String] = []
        if let contact = history.contact {
            lines.append("Contact \(contact.id.text)\(contact.region.map { ", \($0)" } ?? "")")
        } else {
            let isErased = history.blocks.contains { $0.reason == .erasure }
            lines.append(
                isErased
                    ? "Whoever had this address was erased; a block is what remains."
                    : "Nobody by this address is known."
            )
        }
        for state in history.scopes {
            let may = state.decision.allowed ? "may be written to" : "may NOT be written to"
            lines.append(
                "\(state.scope.name) (\(state.scope.kind.rawValue)): \(may). "
                    + why(state, in: history)
            )
            for (index, remedy) in remedies(state.obstacles).enumerated() {
                lines.append("  \(index == 0 ? "To change that" : "And also"): \(remedy)")
            }
        }
        for block in history.blocks {
            let place = block.scope.map { "in \($0)" } ?? "everywhere it applies"
            lines.append(
                "Block: \(block.reason.rawValue), \(place), since \(block.since.text), "
                    + "by \(block.source)"
            )
        }
        if !history.consents.isEmpty { lines.append("Consent records:") }
        for consent in history.consents {
            let policy = consent.policyVersion.map { ", policy \($0)" } ?? ""
            lines.append(
                "  \(consent.givenAt.text)  \(consent.decision.rawValue) \(consent.scope), "
                    + "basis \(consent.basis), source \(consent.source)\(policy), "
                    + "record \(consent.id.text)"
            )
        }
        if !history.sends.isEmpty { lines.append("Sends that were decided on, the newest first:") }
        for send in history.sends {
            let campaign = send.campaign.map { ", campaign \($0)" } ?? ""
            let record = send.record.map { " by record \($0.text)" } ?? ""
            let verdict =
                send.reason == .allowed ? "allowed" : "refused (\(send.reason.rawValue))"
            lines.append(
                "  \(send.decidedAt.text)  \(send.scope)\(campaign): \(verdict) as of position "
                    + "\(send.position)\(record)"
            )
        }
        if !history.timeline.isEmpty { lines.append("Timeline from the audit log:") }
        for entry in history.timeline {
            let facts = entry.facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let words = AuditEvent.words(for: entry.kind).map { "\($0) (\(entry.kind))" }
            let details = ([words ?? entry.kind] + (entry.scope.map { [$0] } ?? []) + facts)
                .joined(separator: "  ")
            lines.append("  #\(entry.position)  \(entry.at.text)  \(details)")
        }
        return lines
    }

    /// Why the guard answers so in a scope.
    static func why(_ state: History.ScopeState, in history: History.Answer) -> String {
        let time: Timestamp?
        switch state.decision.reason {
        case .expired: time = state.permission.expiresAt
        case .globalOptOut:
            time = history.blocks.first { $0.reason == .optOutGlobal }?.since
        default: time = state.permission.decidedAt
        }
        return listed(state, in: history) ?? why(state.decision.reason, decidedAt: time)
    }

    /// A yes that only a list tells of, whose time may be that of the import.
    private static func listed(
        _ state: History.ScopeState,
        in history: History.Answer
    ) -> String? {
        let consent = history.consents.first { $0.id == state.permission.record }
        guard state.decision.allowed, let consent,
            consent.source == Source.batchImport.text
        else { return nil }
        return "An imported list says yes as of \(consent.givenAt.text), and nothing speaks "
            + "against it."
    }

    /// A reason in words.
    static func why(_ reason: SendDecision.Reason, decidedAt: Timestamp?) -> String {
        let since = decidedAt.map { " on \($0.text)" } ?? ""
        switch reason {
        case .allowed: return "They said yes\(since), and nothing speaks against it."
        case .unknownContact: return "Nothing was ever recorded; no record is no consent."
        case .legalBlock: return "A legal block stands."
        case .erased: return "Their data was erased; the block is what remains."
        case .complaint:
            return "They reported a message as spam; only a confirmed double opt-in lifts that."
        case .hardBounce: return "The address does not exist: a message bounced for good."
        case .manualBlock: return "An operator blocked the address."
        case .restricted:
            return "Processing of their data is restricted: they asked for it, or a legal hold "
                + "keeps their erasure waiting."
        case .globalOptOut:
            return "They opted out of all campaigns\(since). Only their own newer act lifts that."
        case .optOut: return "They opted out of this\(since). Only their own newer act lifts that."
        case .noConsent: return "They never agreed to this scope."
        case .unconfirmed: return "They were asked to confirm and have not."
        case .denied: return "They said no when asked\(since)."
        case .withdrawn: return "They withdrew consent\(since)."
        case .expired: return "Their consent has run out\(since)."
        case .policyOutdated:
            return "They agreed to a version of the policy that is no longer enough."
        }
    }

    /// What a yes ends, the hardest to come by first: one that is enough for the first of them is
    /// enough for all.
    private static let endedByYes: [SendDecision.Reason] = [
        .complaint, .erased, .globalOptOut, .optOut, .denied, .withdrawn, .unconfirmed,
        .policyOutdated, .expired, .noConsent, .unknownContact,
    ]

    /// What would have to happen before a message may go; nothing where one may.
    ///
    /// All of it has to, in any order.
    static func remedies(_ obstacles: [SendDecision.Reason]) -> [String] {
        let yes = endedByYes.first { obstacles.contains($0) }
        var remedies: [String] = []
        for obstacle in obstacles where obstacle == yes || !endedByYes.contains(obstacle) {
            if let remedy = remedy(obstacle), !remedies.contains(remedy) { remedies.append(remedy) }
        }
        return remedies
    }

    /// What takes one obstacle away.
    private static func remedy(_ reason: SendDecision.Reason) -> String? {
        switch reason {
        case .allowed: nil
        case .legalBlock, .manualBlock:
            "nothing that the person does, and no command, lifts this block."
        case .erased:
            "they come back by themselves, at a form or with a double opt-in; a list or a sync "
                + "never brings them back."
        case .complaint:
            "they confirm a double opt-in that they began themselves; nothing less is enough."
        case .hardBounce:
            "they name another address; `heed request add --kind rectification` replaces this one."
        case .restricted:
            "their request for restriction ends; an erasure that waits for a hold goes on instead "
                + "when the hold is lifted."
        case .globalOptOut, .optOut, .denied, .withdrawn:
            "they say a newer yes themselves: a form, the preference page, or a double opt-in. "
                + "A list, a sync or an older yes is not enough."
        case .unconfirmed:
            "they follow the link in the message that asked; `heed consent ask` sends a new one."
        case .unknownContact, .noConsent:
            "they say yes, at a form or when `heed consent ask` asks them; or a yes that is on "
                + "record elsewhere comes in by `heed import` or `heed consent grant`."
        case .expired: "they say yes again; `heed consent ask` asks them."
        case .policyOutdated:
            "they agree to the newest version of the policy; `heed consent ask` asks them."
        }
    }
}
