// The keys that addresses are found by: one after another, each over what the one before made.

import Crypto
import HeedConsent

/// How addresses become keyed hashes, as one snapshot of a database has it.
///
/// A lookup key is never taken away: the next one hashes what it made (standards 6.3), because the
/// hashes of people who were erased can be made from nothing else that is stored. While a key is
/// being added, hashes below `bound` are under it already and the others are not yet, so every
/// address has one hash at any moment, and a search needs no second try.
struct LookupChain: Sendable {
    /// Grows with every change of the rows below, so that who has read them knows if they are old.
    let epoch: Int64
    /// The number of the newest key; the first is 0.
    let generation: Int
    /// What has to be under the newest key is below it; nil when all is.
    let bound: KeyWords?
    /// Has taken the first key and the channel in already.
    private let first: PreparedHMAC
    /// The same for the keys after it.
    private let later: [PreparedHMAC]

    /// The last four bits of a hash say which key is the newest over it, so that a line of a
    /// journal says so too.
    private static let mark: UInt64 = 0xF
    /// The highest number the mark has room for.
    static let generationMaximum = Int(mark)

    init(
        first: SymmetricKey,
        later: [SymmetricKey] = [],
        epoch: Int64 = 0,
        bound: KeyWords? = nil
    ) {
        self.first = PreparedHMAC(
            key: first,
            prefix: Array("v1|\(Channel.email.rawValue)|".utf8)
        )
        self.later = later.map { PreparedHMAC(key: $0, prefix: Array("v1|over|".utf8)) }
        generation = later.count
        self.epoch = epoch
        self.bound = bound
    }

    /// The number of the newest key over a hash.
    static func generation(of hash: KeyWords) -> Int { Int(hash.low & mark) }

    /// The hash of an address, where the database has it now.
    func hash(_ text: String, channel: Channel) -> KeyWords {
        var text = text
        return text.withUTF8 { unsafe hash(UnsafeRawBufferPointer($0), channel: channel) }
    }

    /// The same of the bytes of the address.
    func hash(_ bytes: UnsafeRawBufferPointer, channel: Channel) -> KeyWords {
        let words =
            switch channel {
            case .email: unsafe first.words(over: bytes)
            }
        return lifted(LookupChain.hash(words, generation: 0))
    }

    /// Where the database has what was hashed under fewer keys; nil for a hash under a key that
    /// this chain does not have.
    func current(_ hash: KeyWords) -> KeyWords? {
        LookupChain.generation(of: hash) <= generation ? lifted(hash) : nil
    }

    /// The hash under the newest key of one that is under the key before.
    func next(_ hash: KeyWords) -> KeyWords {
        over(hash, LookupChain.generation(of: hash) + 1)
    }

    private func lifted(_ hash: KeyWords) -> KeyWords {
        var hash = hash
        for number in LookupChain.generation(of: hash)..<generation {
            if number + 1 == generation, let bound, hash >= bound { break }
            hash = over(hash, number + 1)
        }
        return hash
    }

    private func over(_ hash: KeyWords, _ number: Int) -> KeyWords {
        let bytes = (hash.high.bigEndian, hash.low.bigEndian)
        let words = unsafe withUnsafeBytes(of: bytes) { unsafe later[number - 1].words(over: $0) }
        return LookupChain.hash(words, generation: number)
    }

    private static func hash(_ words: (high: UInt64, low: UInt64), generation: Int) -> KeyWords {
        KeyWords(high: words.high, low: words.low & ~mark | UInt64(generation))
    }
}
