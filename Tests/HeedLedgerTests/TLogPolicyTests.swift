// Policy files: what the format allows, and for everything else the number of the line.

import HeedLedger
import Testing

@Suite struct TLogPolicyTests {
    private func key(_ number: UInt8, _ algorithm: NoteAlgorithm = .cosignature) throws -> String {
        try NoteSigner(
            name: "k\(number).example",
            algorithm: algorithm,
            seed: [UInt8](repeating: number, count: 32)
        ).verifier.text
    }

    private func policy(_ lines: String...) throws(LedgerError) -> TLogPolicy {
        try TLogPolicy(bytes: Array(lines.joined(separator: "\n").utf8))
    }

    @Test func theExampleOfTheFormat() throws {
        let policy = try policy(
            "# who we believe",
            "log \(key(99, .ed25519)) https://log.example/",
            "",
            "witness X1 \(key(1)) https://x1.example/w",
            "  witness\tX2  \(key(2))  ",
            "witness X3 \(key(3))",
            "group X-witnesses 2 X1 X2 X3",
            "\t# the others",
            "witness Y1 \(key(4))",
            "witness Y2 \(key(5))",
            "group Y-witnesses any Y1 Y2",
            "group X-and-Y all X-witnesses Y-witnesses",
            "quorum X-and-Y",
            ""
        )
        #expect(policy.logs.map(\.verifier.name) == ["k99.example"])
        #expect(policy.logs.map(\.url) == ["https://log.example/"])
        #expect(policy.witnesses.map(\.name) == ["X1", "X2", "X3", "Y1", "Y2"])
        #expect(policy.witnesses.map(\.url) == ["https://x1.example/w", nil, nil, nil, nil])
        #expect(policy.policy.quorum == 4)
        let keys = policy.witnesses.map(\.verifier.publicKey)
        #expect(policy.policy.rule.isSatisfied(by: [keys[0], keys[2], keys[4]]))
        #expect(!policy.policy.rule.isSatisfied(by: [keys[0], keys[1], keys[2]]))
    }

    @Test func withoutWitnesses() throws {
        let none = try policy("quorum none")
        #expect(none.witnesses.isEmpty)
        #expect(none.policy == WitnessPolicy.none)
        #expect(none.policy.quorum == 0)
        let asked = try policy("witness a \(key(1)) https://a.example", "quorum none")
        #expect(asked.witnesses.count == 1)
        #expect(asked.policy.quorum == 0)
        let one = try policy("witness a \(key(1))", "quorum a")
        #expect(one.policy.quorum == 1)
    }

    /// Names are bytes: K and the Kelvin sign, or two spellings of é, are different.
    @Test func namesAreComparedByteByByte() throws {
        let two = try policy(
            "witness K \(key(1))",
            "witness \u{212A} \(key(2))",
            "witness \u{e9} \(key(3))",
            "witness e\u{301} \(key(4))",
            "group g all K \u{212A} \u{e9} e\u{301}",
            "quorum g"
        )
        #expect(two.policy.quorum == 4)
    }

    @Test func everyFaultNamesItsLine() throws {
        let (a, b, log) = try (key(1), key(2), key(9, .ed25519))
        let named = "witness a \(a)"
        let faults: [(Int, [String])] = [
            (1, [""]), (2, [named, ""]), (1, ["wittness a \(a)", "quorum none"]),
            (1, ["witness a", "quorum none"]), (1, ["witness a \(a) u v", "quorum none"]),
            (1, ["witness a \(a)x", "quorum none"]), (1, ["witness a \(log)", "quorum none"]),
            (1, ["log \(a)", "quorum none"]), (1, ["log", "quorum none"]),
            (2, ["log \(log)", "log \(log)", "quorum none"]),
            (2, [named, "witness b \(a)", "quorum none"]),
            (2, [named, "witness a \(b)", "quorum none"]),
            (1, ["witness none \(a)", "quorum none"]),
            (2, [named, "group g 1", "quorum none"]),
            (2, [named, "group g 0 a", "quorum none"]),
            (2, [named, "group g 2 a", "quorum none"]),
            (2, [named, "group g 01 a", "quorum none"]),
            (2, [named, "group g some a", "quorum none"]),
            (2, [named, "group a 1 a", "quorum none"]),
            (2, [named, "group g any b", "quorum none"]),
            (2, [named, "group g any none", "quorum none"]),
            (2, [named, "group g all a a", "quorum none"]),
            (3, [named, "group g any a", "group h any a", "quorum none"]),
            (1, ["group g any a", named, "quorum g"]),
            (1, ["quorum a", named]), (1, ["quorum", named]), (2, ["quorum none", "quorum none"]),
            (1, ["quorum none none"]), (1, ["quorum none\r", ""]), (1, ["# \u{1}", "quorum none"]),
            (1, ["# \u{7f}", "quorum none"]),
        ]
        for (line, lines) in faults {
            let text = lines.joined(separator: "\n")
            let error = #expect(throws: LedgerError.self, "\(text)") {
                try TLogPolicy(bytes: Array(text.utf8))
            }
            #expect(error?.message.hasPrefix("line \(line): ") == true, "\(error?.message ?? "")")
        }
    }

    @Test func aFileHasALimit() {
        let long = [UInt8](repeating: UInt8(ascii: "#"), count: TLogPolicy.maximumByteCount + 1)
        #expect(refusal { _ = try TLogPolicy(bytes: long) } == .tooLarge)
    }
}
