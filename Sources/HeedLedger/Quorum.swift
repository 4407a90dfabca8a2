// The rule by which witnesses together have seen a checkpoint (C2SP tlog-policy).

/// Which sets of cosignatures are enough.
///
/// A witness is known by its public key, and each stands at one place of the tree only, so that
/// nobody is counted twice.
public indirect enum Quorum: Hashable, Sendable {
    /// The witness with this public key has cosigned.
    case witness(publicKey: [UInt8])
    /// At least `threshold` of the members are satisfied; a threshold of 0 asks for nothing.
    case group(threshold: Int, members: [Quorum])

    /// Nobody has to cosign.
    public static let none = Quorum.group(threshold: 0, members: [])

    /// Whether cosignatures by these public keys are enough.
    public func isSatisfied(by publicKeys: Set<[UInt8]>) -> Bool {
        switch self {
        case .witness(let publicKey): publicKeys.contains(publicKey)
        case .group(let threshold, let members):
            members.count { $0.isSatisfied(by: publicKeys) } >= threshold
        }
    }

    /// The witnesses that are counted.
    var publicKeys: [[UInt8]] {
        switch self {
        case .witness(let publicKey): [publicKey]
        case .group(_, let members): members.flatMap(\.publicKeys)
        }
    }

    /// The most cosignatures that can be there without being enough; nil where none are needed.
    var mostMissing: Int? {
        switch self {
        case .witness: return 0
        case .group(let threshold, let members):
            guard threshold > 0 else { return nil }
            // The worst case satisfies as many members as it may, those first that add most, and
            // has the most useless cosignatures in all others.
            let open = members.compactMap { member in
                member.mostMissing.map { (missing: $0, gain: member.publicKeys.count - $0) }
            }
            let given = threshold - 1 - (members.count - open.count)
            guard given >= 0 else { return nil }
            let gains = open.map(\.gain).sorted(by: >).prefix(given)
            let free = members.filter { $0.mostMissing == nil }.map(\.publicKeys.count)
            return open.map(\.missing).reduce(0, +) + gains.reduce(0, +) + free.reduce(0, +)
        }
    }
}
