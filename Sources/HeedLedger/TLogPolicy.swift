// The file that says which logs, witnesses and quorum are believed (C2SP tlog-policy).

/// A trust policy, read from its text form.
///
/// A line is `log <vkey> [url]`, `witness <name> <vkey> [url]`, `group <name> <k|any|all> <name>…`
/// or `quorum <name|none>`, or a comment. A name is used after the line that defines it, and in one
/// group only.
public struct TLogPolicy: Hashable, Sendable {
    /// A log that is believed.
    public struct Log: Hashable, Sendable {
        /// Its key; the key's name is the origin.
        public let verifier: NoteVerifier
        /// Where it can be reached.
        public let url: String?
    }

    /// A witness.
    public struct Witness: Hashable, Sendable {
        /// What the file calls it.
        public let name: String
        /// Its key.
        public let verifier: NoteVerifier
        /// The prefix it takes submissions under.
        public let url: String?
    }

    /// The longest file accepted.
    public static let maximumByteCount = 1 << 20

    /// The logs; empty where it is known from elsewhere which one is meant.
    public let logs: [Log]
    /// The witnesses, also those the quorum does not count.
    public let witnesses: [Witness]
    /// Which witnesses are enough.
    public let policy: WitnessPolicy

    /// Reads a file.
    ///
    /// - Throws: `malformed`, `unsupportedKey` or `tooLarge`; the message names the line.
    public init(bytes: some Collection<UInt8>) throws(LedgerError) {
        guard bytes.count <= Self.maximumByteCount else {
            throw LedgerError(.tooLarge, "a policy has at most \(Self.maximumByteCount) bytes")
        }
        var reader = PolicyReader()
        let lines = Array(bytes).split(
            separator: UInt8(ascii: "\n"),
            omittingEmptySubsequences: false
        )
        for (index, line) in lines.enumerated() {
            do throws(LedgerError) {
                try reader.read(line)
            } catch {
                throw LedgerError(error.code, "line \(index + 1): \(error.message)")
            }
        }
        guard let quorum = reader.quorum else {
            throw LedgerError(.malformed, "line \(lines.count): there is no quorum line")
        }
        logs = reader.logs
        witnesses = reader.witnesses
        policy = try WitnessPolicy(witnesses: witnesses.map(\.verifier), rule: quorum)
    }
}

/// What has been read so far; names are bytes, as the format has them.
private struct PolicyReader {
    typealias Word = ArraySlice<UInt8>

    private(set) var logs: [TLogPolicy.Log] = []
    private(set) var witnesses: [TLogPolicy.Witness] = []
    private(set) var quorum: Quorum?
    private var names: [[UInt8]: Quorum] = [:]
    private var members: Set<[UInt8]> = []

    mutating func read(_ line: Word) throws(LedgerError) {
        guard line.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7f }) else {
            throw LedgerError(.malformed, "a policy holds no control character but tab and newline")
        }
        let words = line.split { $0 == 0x09 || $0 == 0x20 }
        guard let kind = words.first, kind.first != UInt8(ascii: "#") else { return }
        let rest = Array(words.dropFirst())
        switch Self.text(kind) {
        case "log": try addLog(rest)
        case "witness": try addWitness(rest)
        case "group": try addGroup(rest)
        case "quorum": try setQuorum(rest)
        default:
            throw LedgerError(.malformed, "a line starts with log, witness, group or quorum")
        }
    }

    private mutating func addLog(_ words: [Word]) throws(LedgerError) {
        guard 1...2 ~= words.count else {
            throw LedgerError(.malformed, "expected: log <vkey> [<url>]")
        }
        let key = try Self.key(words[0], .ed25519, "a log key has signature type 1")
        guard !logs.contains(where: { $0.verifier.publicKey == key.publicKey }) else {
            throw LedgerError(.malformed, "this log key is there already")
        }
        logs.append(.init(verifier: key, url: words.count == 2 ? Self.text(words[1]) : nil))
    }

    private mutating func addWitness(_ words: [Word]) throws(LedgerError) {
        guard 2...3 ~= words.count else {
            throw LedgerError(.malformed, "expected: witness <name> <vkey> [<url>]")
        }
        let key = try Self.key(words[1], .cosignature, "a witness key has signature type 4")
        guard !witnesses.contains(where: { $0.verifier.publicKey == key.publicKey }) else {
            throw LedgerError(.malformed, "this witness key is there already")
        }
        try define(words[0], as: .witness(publicKey: key.publicKey))
        let url = words.count == 3 ? Self.text(words[2]) : nil
        witnesses.append(.init(name: Self.text(words[0]), verifier: key, url: url))
    }

    private mutating func addGroup(_ words: [Word]) throws(LedgerError) {
        guard words.count >= 3 else {
            throw LedgerError(.malformed, "expected: group <name> <k|any|all> <name>...")
        }
        var rules: [Quorum] = []
        for word in words[2...] {
            rules.append(try rule(named: word))
            guard members.insert(Array(word)).inserted else {
                throw LedgerError(.malformed, "'\(Self.text(word))' is in a group already")
            }
        }
        let threshold: Int
        switch Self.text(words[1]) {
        case "any": threshold = 1
        case "all": threshold = rules.count
        default: threshold = (try? words[1].decimal()) ?? 0
        }
        guard 1...rules.count ~= threshold else {
            throw LedgerError(
                .malformed,
                "a threshold is any, all or a number from 1 to \(rules.count)"
            )
        }
        try define(words[0], as: .group(threshold: threshold, members: rules))
    }

    private mutating func setQuorum(_ words: [Word]) throws(LedgerError) {
        guard words.count == 1 else {
            throw LedgerError(.malformed, "expected: quorum <name> or quorum none")
        }
        guard quorum == nil else {
            throw LedgerError(.malformed, "there is one quorum line only")
        }
        quorum = words[0].elementsEqual("none".utf8) ? Quorum.none : try rule(named: words[0])
    }

    private mutating func define(_ name: Word, as rule: Quorum) throws(LedgerError) {
        guard names[Array(name)] == nil, !name.elementsEqual("none".utf8) else {
            throw LedgerError(.malformed, "the name '\(Self.text(name))' is taken")
        }
        names[Array(name)] = rule
    }

    private func rule(named name: Word) throws(LedgerError) -> Quorum {
        guard let rule = names[Array(name)] else {
            throw LedgerError(.malformed, "no line before this defines '\(Self.text(name))'")
        }
        return rule
    }

    private static func key(
        _ word: Word,
        _ algorithm: NoteAlgorithm,
        _ otherwise: String
    ) throws(LedgerError) -> NoteVerifier {
        let key = try NoteVerifier(text: word.text())
        guard key.algorithm == algorithm else { throw LedgerError(.unsupportedKey, otherwise) }
        return key
    }

    private static func text(_ word: Word) -> String { String(decoding: word, as: UTF8.self) }
}
