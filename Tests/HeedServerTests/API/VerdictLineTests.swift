// A verdict's line is byte for byte what the encoder of all other answers makes of it.

import Foundation
import HeedConsent
import HeedEngine
import TestSupport
import Testing

@testable import HeedLists
@testable import HeedServer

@Suite("VerdictLine")
struct VerdictLineTests {
    private func lines(_ verdict: MaySendMany.Verdict, _ row: Recipient) throws -> [String] {
        let answer = VerdictAnswer(verdict, of: row, publicURL: "https://news.example/a b")
        var bytes: [UInt8] = []
        answer.append(to: &bytes)
        let encoded = try JSONEncoder.answering().encode(answer)
        return [String(decoding: bytes, as: UTF8.self), String(decoding: encoded, as: UTF8.self)]
    }

    /// Verdicts of every reason, with and without links, from a guard that was really asked.
    @Test func itIsWhatTheEncoderMakes() async throws {
        try await Backend.sqlite.withEngine { installation in
            for number in 1...4 { try await installation.decide(Sample.address(number)) }
            try await installation.optOut(Sample.address(2))
            let awkward = (0..<0x30).map { "a\(Character(Unicode.Scalar($0) ?? " "))b" }
            let recipients =
                try (1...6).map { try Sample.address($0).delivery } + awkward
                + ["", "\"", "\\", "/", "ä@mail.example", "\u{2028}\u{7F}\u{FFFD}😀", "a\r\nb"]
            var reasons: Set<SendDecision.Reason> = []
            for withLinks in [true, false] {
                let question = try MaySendMany(
                    recipients: recipients,
                    scope: Sample.newsletter,
                    withLinks: withLinks
                )
                let verdicts = try await installation.engine.ask(question).verdicts
                #expect(verdicts.count == recipients.count)
                for (number, verdict) in verdicts.enumerated() {
                    reasons.insert(verdict.reason)
                    for problem in [nil, "the line is not JSON: \"x\""] {
                        let row = Recipient(
                            line: number,
                            address: recipients[number],
                            problem: problem
                        )
                        let both = try lines(verdict, row)
                        #expect(both[0] == both[1])
                    }
                }
                #expect(verdicts.contains { $0.links != nil } == withLinks)
            }
            #expect(reasons.count >= 3, "\(reasons)")
        }
    }
}
