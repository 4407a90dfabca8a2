// What a new "yes" must bring to lift the blocks that stand on an address.

/// The rule for coming back: imports and syncs never lift a no; the person's own
/// newer act lifts an opt-out or an erasure; only a confirmed double opt-in lifts a complaint.
///
/// An opt-out and a complaint are lifted by consent and by no other basis.
public enum GrantRule {
    /// A yes, as far as blocks are concerned.
    public struct Yes: Hashable, Sendable {
        /// How it arrived.
        public let source: Source
        /// On which basis.
        public let basis: ConsentRecord.Basis
        /// When it was given.
        public let time: Timestamp

        /// Takes all three.
        public init(_ source: Source, on basis: ConsentRecord.Basis, at time: Timestamp) {
            self.source = source
            self.basis = basis
            self.time = time
        }
    }

    /// The blocks that a grant lifts.
    ///
    /// Legal blocks, bounces and operators' blocks are left standing: consent says nothing about
    /// them.
    ///
    /// - Throws: `Refusal` when a block stands that this grant is not enough for.
    public static func lifted(
        from blocks: [Suppression],
        by yes: Yes,
        in scope: Scope
    ) throws(Refusal) -> [Suppression] {
        var lifted: [Suppression] = []
        for block in blocks where concerns(block, scope) {
            switch block.reason {
            case .legal, .hardBounce, .manual, .restriction: continue
            case .complaint:
                guard yes.source == .doubleOptIn else {
                    throw refusal(
                        "the person complained; only a confirmed double opt-in can lift that"
                    )
                }
                try requireConsent(yes.basis)
            case .erasure:
                guard yes.source.isOwnAct else {
                    throw refusal(
                        "the person had their data erased; only their own act can bring them back"
                    )
                }
            case .optOutGlobal, .optOut:
                guard yes.source.isOwnAct else {
                    throw refusal(
                        "the person opted out; only their own act (form, preference-centre or "
                            + "double-opt-in) can lift that"
                    )
                }
                try requireConsent(yes.basis)
            }
            guard yes.time > block.since else {
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

    /// Refuses a yes after a no on any other basis than the person's consent.
    ///
    /// An objection to direct marketing is final (GDPR Art. 21(3)), and an unsubscribe ends implied
    /// consent and soft opt-in (CASL 11, ePrivacy Art. 13(2)).
    static func requireConsent(_ basis: ConsentRecord.Basis) throws(Refusal) {
        guard basis == .consent else {
            throw Refusal(
                .optedOut,
                field: "basis",
                "the person said no; only their consent can lift that"
            )
        }
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
