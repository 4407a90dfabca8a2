// A message's header is judged by the letter of RFC 8058, each rule with a message that breaks it.

import HeedDelivery
import Testing

@Suite("Message check")
struct MessageCheckTests {
    private static let list = "List-Unsubscribe: <https://u.example/u/v1.AbC>, <mailto:u@u.example>"
    private static let post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    private static let signature = """
        DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=k1;
         h=From:To:Subject:List-Unsubscribe:
          list-unsubscribe-post; b=AAAA
        """

    private func report(_ lines: String...) throws -> DoctorReport {
        let text = (lines + ["Subject: News", "", "Hello"]).joined(separator: "\n")
            .replacing("\n", with: "\r\n")
        return MessageCheck(try #require(MessageHeader(Array(text.utf8)))).report()
    }

    private func outcomes(_ report: DoctorReport) -> [String: DoctorFinding.Outcome] {
        Dictionary(report.checks.map { ($0.check, $0.outcome) }) { first, _ in first }
    }

    @Test func aGoodMessagePassesAndSaysWhatWasNotChecked() throws {
        let report = try report(
            MessageCheckTests.signature,
            MessageCheckTests.list,
            MessageCheckTests.post
        )
        #expect(report.passed)
        #expect(
            outcomes(report) == [
                "list-unsubscribe": .passed, "https-uri": .passed, "mailto-uri": .passed,
                "uri-spelling": .passed, "list-unsubscribe-post": .passed, "post-value": .passed,
                "dkim-covers": .passed, "dkim-valid": .notChecked,
            ]
        )
        let covers = report.checks.first { $0.check == "dkim-covers" }
        #expect(covers?.detail == "a signature of shop.example covers both fields")
    }

    private static let lists: [(String, String, DoctorFinding.Outcome)] = [
        ("", "list-unsubscribe", .failed),
        ("\(list)\n\(list)", "list-unsubscribe", .failed),
        ("List-Unsubscribe: https://u.example/u/v1.AbC", "https-uri", .failed),
        ("List-Unsubscribe: <mailto:u@u.example>", "https-uri", .failed),
        ("List-Unsubscribe: <https://a.example/1>, <https://a.example/2>", "https-uri", .failed),
        ("List-Unsubscribe: <https://a.example/1>, <http://a.example/2>", "http-uri", .failed),
        ("List-Unsubscribe: <https://a.example/1>", "mailto-uri", .warned),
        ("List-Unsubscribe: <https://a.example/u?e=ada@b.example>", "uri-spelling", .warned),
        ("List-Unsubscribe: <https://a.example/u?e=ada%40b.example>", "uri-spelling", .warned),
        ("List-Unsubscribe: <https://a.example/{token}>", "uri-spelling", .failed),
        (
            "List-Unsubscribe: <https://a.example/\(String(repeating: "a", count: 1000))>",
            "line-length", .failed
        ),
    ]

    @Test(arguments: lists)
    func theListFieldIsJudged(
        _ field: String,
        _ check: String,
        _ outcome: DoctorFinding.Outcome
    ) throws {
        let fields = field.isEmpty ? [] : [field]
        let text = (fields + [MessageCheckTests.post, MessageCheckTests.signature])
            .joined(separator: "\n")
        let report = try report(text)
        #expect(outcomes(report)[check] == outcome)
        #expect(report.passed == (outcome == .warned))
    }

    @Test(arguments: [
        (nil, "list-unsubscribe-post"), ("\(post)\n\(post)", "list-unsubscribe-post"),
        ("List-Unsubscribe-Post: list-unsubscribe=one-click", "post-value"),
        ("List-Unsubscribe-Post:  List-Unsubscribe=One-Click", "post-value"),
        ("List-Unsubscribe-Post:\n List-Unsubscribe=One-Click", "post-value"),
        ("List-Unsubscribe-Post: List-Unsubscribe=One-Click;", "post-value"),
    ])
    func thePostFieldIsOneFixedPair(_ field: String?, _ check: String) throws {
        let text =
            ([MessageCheckTests.list, MessageCheckTests.signature] + (field.map { [$0] } ?? []))
            .joined(separator: "\n")
        let report = try report(text)
        #expect(outcomes(report)[check] == .failed)
        #expect(!report.passed)
    }

    @Test func noSpaceAfterTheColonIsAsGood() throws {
        let report = try report(
            MessageCheckTests.signature,
            MessageCheckTests.list,
            "list-unsubscribe-post:List-Unsubscribe=One-Click"
        )
        #expect(report.passed)
    }

    @Test(arguments: [
        ("", "there is no DKIM signature"),
        (
            "DKIM-Signature: d=a.example; h=From:Subject",
            "list-unsubscribe and list-unsubscribe-post"
        ),
        ("DKIM-Signature: h=From:List-Unsubscribe", "covers list-unsubscribe-post in"),
        (
            // One signature has to cover both; two halves are none.
            "DKIM-Signature: h=List-Unsubscribe\nDKIM-Signature: h=List-Unsubscribe-Post",
            "no signature covers"
        ),
    ])
    func oneSignatureCoversBothFields(_ signature: String, _ words: String) throws {
        let text = ([MessageCheckTests.list, MessageCheckTests.post] + [signature])
            .filter { !$0.isEmpty }.joined(separator: "\n")
        let report = try report(text)
        let finding = report.checks.first { $0.check == "dkim-covers" }
        #expect(finding?.outcome == .failed)
        #expect(finding?.detail.contains(words) == true)
        #expect(!report.passed)
    }

    @Test func anOldAlgorithmIsAFault() throws {
        let old = MessageCheckTests.signature.replacing("rsa-sha256", with: "rsa-sha1")
        let report = try report(old, MessageCheckTests.list, MessageCheckTests.post)
        #expect(outcomes(report)["dkim-algorithm"] == .failed)
    }
}
