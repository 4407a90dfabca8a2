// Which witnesses have to have seen a checkpoint before it is believed.

/// A quorum over known witnesses.
///
/// A split view, two histories shown to two people, then needs so many witnesses to help.
public struct WitnessPolicy: Hashable, Sendable {
    /// The witnesses that are known.
    public let witnesses: [NoteVerifier]
    /// Which of them are enough.
    public let rule: Quorum

    /// No witness is asked for; the log's own signature is all there is.
    public static let none = WitnessPolicy(unchecked: [], .none)

    /// Makes a policy of so many of these witnesses.
    ///
    /// - Throws: `unsupportedKey` where a key does not cosign, `outOfRange` where the quorum cannot
    ///   be met. One public key is one witness, under however many names: the message that an
    ///   Ed25519 cosigner signs does not hold its name.
    public init(witnesses: [NoteVerifier], quorum: Int) throws(LedgerError) {
        var members: [Quorum] = []
        for witness in witnesses {
            let member = Quorum.witness(publicKey: witness.publicKey)
            if !members.contains(member) { members.append(member) }
        }
        guard 0...members.count ~= quorum else {
            throw LedgerError(.outOfRange, "a quorum of \(quorum) can never be met")
        }
        try self.init(witnesses: witnesses, rule: .group(threshold: quorum, members: members))
    }

    /// Makes a policy of a rule over these witnesses.
    ///
    /// - Throws: `unsupportedKey` where a key does not cosign, `outOfRange` where the rule counts
    ///   somebody twice or somebody else, or can never be met.
    public init(witnesses: [NoteVerifier], rule: Quorum) throws(LedgerError) {
        guard witnesses.allSatisfy({ $0.algorithm == .cosignature }) else {
            throw LedgerError(.unsupportedKey, "a witness key has signature type 4")
        }
        let keys = Set(witnesses.map(\.publicKey))
        let counted = rule.publicKeys
        guard counted.count == Set(counted).count, keys.isSuperset(of: counted),
            rule.isSatisfied(by: keys)
        else {
            throw LedgerError(.outOfRange, "the quorum counts somebody twice or can never be met")
        }
        self.init(unchecked: witnesses, rule)
    }

    private init(unchecked witnesses: [NoteVerifier], _ rule: Quorum) {
        self.witnesses = witnesses
        self.rule = rule
    }

    /// How many of the witnesses are enough, whichever they are; 0 where none are needed.
    ///
    /// For "k of these n" that is k. Where the rule wants some witnesses in particular it is more,
    /// and never less than the rule asks for.
    public var quorum: Int {
        guard let missing = rule.mostMissing else { return 0 }
        let uncounted = Set(witnesses.map(\.publicKey)).subtracting(rule.publicKeys)
        return missing + uncounted.count + 1
    }

    /// Checks that enough witnesses have cosigned, given the note's verified signatures.
    func check(_ verified: [NoteSignature]) throws(LedgerError) {
        let seen = Set(
            witnesses.filter { verified.contains(where: $0.matches) }.map(\.publicKey)
        )
        guard rule.isSatisfied(by: seen) else {
            throw LedgerError(
                .quorumMissing,
                "\(seen.count) of \(witnesses.count) witnesses have cosigned, which is not enough"
            )
        }
    }
}
