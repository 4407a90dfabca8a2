// An export of evidence in a transaction that is never committed: the line in the log, and every
// row that a bundle would have.

package import HeedConsent
package import HeedEngine
import HeedStore

/// What a bundle would have had in it.
///
/// Files and proofs need what is committed; `heed audit` checks proofs by themselves.
package struct EvidenceRehearsal: Sendable {
    /// How many rows of each kind, by the name in JSON.
    package private(set) var counts: [String: Int] = [:]
    /// The kinds of lines in the timeline.
    package private(set) var kinds: Set<String> = []
    /// The line that the export itself has left.
    package let line: AuditEvent?

    /// Begins an export and reads it to its end, as `EvidenceRun` does.
    ///
    /// - Throws: `Refusal` where there would be no export.
    package init(
        _ question: EvidenceQuestion,
        reason: String,
        on stage: Rehearsal,
        as actor: Actor
    ) throws {
        let order = try EvidenceOrder(question, actor: actor, source: .commandLine, reason: reason)
        let command = BeginEvidence(order)
        let begun = try stage.perform(command, as: order.actor).receipt
        let export = begun.export(command, .started)
        line = try stage.ask(FindExported(export: export, known: begun.reach))
        for section in begun.sections {
            var place: SectionPlace? = SectionPlace()
            while let next = place {
                let page = try stage.ask(
                    ReadSectionPage(section: section, begun: begun, place: next, limit: 500)
                )
                counts[section.name, default: 0] += page.rows.count
                kinds.formUnion(page.lines.map(\.kind))
                place = page.next
            }
        }
    }
}
