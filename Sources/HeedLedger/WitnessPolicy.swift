// How many of which witnesses have to have seen a checkpoint before it is believed.

/// A quorum: at least `quorum` of these witnesses must have cosigned.
///
/// A split view, two histories shown to two people, then needs that many witnesses to help.
public struct WitnessPolicy: Hashable, Sendable {
    /// The witnesses that count.
    public let witnesses: [NoteVerifier]
    /// How many of them are enough.
    public let quorum: Int

    /// No witness is asked for; the log's own signature is all there is.
    public static let none = WitnessPolicy(unchecked: [], 0)

    /// Makes a policy.
    ///
    /// - Throws: `unsupportedKey` where a key does not cosign, `outOfRange` where the quorum cannot
    ///   be met. One public key is one witness, under however many names: the message that an
    ///   Ed25519 cosigner signs does not hold its name.
    public init(witnesses: [NoteVerifier], quorum: Int) throws(LedgerError) {
        guard witnesses.allSatisfy({ $0.algorithm == .cosignature }) else {
            throw LedgerError(.unsupportedKey, "a witness key has signature type 4")
        }
        guard 0...Set(witnesses.map(\.publicKey)).count ~= quorum else {
            throw LedgerError(.outOfRange, "a quorum of \(quorum) can never be met")
        }
        self.init(unchecked: witnesses, quorum)
    }

    private init(unchecked witnesses: [NoteVerifier], _ quorum: Int) {
        self.witnesses = witnesses
        self.quorum = quorum
    }

    /// Checks that enough witnesses have cosigned, given the note's verified signatures.
    func check(_ verified: [NoteSignature]) throws(LedgerError) {
        let seen = Set(
            witnesses.filter { verified.contains(where: $0.matches) }.map(\.publicKey)
        )
        guard seen.count >= quorum else {
            throw LedgerError(.quorumMissing, "\(seen.count) of \(quorum) witnesses have cosigned")
        }
    }
}
