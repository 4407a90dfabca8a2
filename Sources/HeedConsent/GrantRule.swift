// What a new "yes" must bring to lift the blocks that stand on an address.

/// The rule for coming back (SPEC B1, B4, B5): imports and syncs never lift a no; the person's own
/// newer act lifts an opt-out or an erasure; only a confirmed double opt-in lifts a complaint.
public enum GrantRule {
    /// The blocks that a grant lifts.
    ///
    /// Legal blocks, bounces and operators' blocks are left standing: consent says nothing about
    /// them.
    ///
    /// - Throws: `Refusal` when a block stands that this grant is not enough for.
    public static func lifted(
        from blocks: [Suppression],
        by source: Source,
        at time: Timestamp,
        in scope: Scope
    ) throws(Refusal) -> [Suppression] {
        var lifted: [Suppression] = []
        for block in blocks where concerns(block, scope) {
            switch block.reason {
            case .legal, .hardBounce, .manual: continue
            case .complaint:
                guard source == .doubleOptIn else {
                    throw refusal(
                        "the person complained; only a confirmed double opt-in can lift that"
                    )
                }
            case .erasure:
                guard source.isOwnAct else {
                    throw refusal(
                        "the person had their data erased; only their own act can bring them back"
                    )
                }
            case .optOutGlobal, .optOut:
                guard source.isOwnAct else {
                    throw refusal(
                        "the person opted out; only their own act (form, preference-centre or "
                            + "double-opt-in) can lift that"
                    )
                }
            }
            guard time > block.since else {
                throw Refusal(
                    .optedOut,
                    field: "givenAt",
                    "the person said no later than this consent was given"
                )
            }
            lifted.append(block)
        }
        return lifted
    }

    private static func concerns(_ block: Suppression, _ scope: Scope) -> Bool {
        switch block.reason {
        case .optOutGlobal: scope.kind == .campaign
        case .optOut: block.scope == scope.name
        default: true
        }
    }

    private static func refusal(_ message: String) -> Refusal {
        Refusal(.optedOut, field: "source", message)
    }
}
