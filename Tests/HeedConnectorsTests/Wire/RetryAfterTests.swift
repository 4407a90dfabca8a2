// Retry-After as a table: both forms, all three dates, and everything that is neither.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Retry-After")
struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 §5.6.7.
    private let example = Timestamp(seconds: 784_111_777)

    @Test(
        arguments: [
            ("0", 0), ("1", 1), ("120", 120), (" 120\t", 120), ("007", 7),
            ("86400", 86_400), ("86401", 86_400), ("99999999999999999999999", 86_400),
            ("", nil), (" ", nil), ("-1", nil), ("+1", nil), ("1.5", nil), ("1 2", nil),
            ("soon", nil),
            ("１２", nil),
        ] as [(String, Int64?)]
    )
    func seconds(_ value: String, _ expected: Int64?) {
        #expect(RetryAfter.seconds(value, date: nil) == expected)
        #expect(RetryAfter.seconds(value, date: example) == expected)
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
            ("Sun Nov  6 08:49:37 1994", 0),
            ("Sun, 06 Nov 1994 08:51:37 GMT", 120),
            ("Sunday, 06-Nov-94 08:51:37 GMT", 120),
            ("Sun Nov  6 08:51:37 1994", 120),
            ("Mon, 07 Nov 1994 08:49:37 GMT", 86_400),
            ("Mon, 07 Nov 1994 08:49:38 GMT", 86_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
            ("Friday, 06-Nov-26 08:49:37 GMT", 86_400),
            ("Sun, 06 Nov 1994 08:49:36 GMT", 0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:60 GMT", 23),
            ("Sun, 31 Nov 1994 08:49:37 GMT", nil),
            ("Sun, 06 nov 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 24:00:00 GMT", nil),
            ("Sun, 06 Nov 1994 08:60:00 GMT", nil),
            ("Sun, 06 Nov 1994 08:49 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:37 CET", nil),
            ("Sun, 06 Nov 94 08:49:37 GMT", nil),
            ("Sunday, 06-Nov-1994 08:49:37 GMT", nil),
            ("1994-11-06T08:49:37Z", nil),
        ] as [(String, Int64?)]
    )
    func dates(_ value: String, _ expected: Int64?) {
        #expect(RetryAfter.seconds(value, date: example) == expected)
    }

    @Test func aDateIsMeasuredAgainstTheResponsesOwnDate() {
        let asked = ("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT")
        let dated = OutboundResponse(
            status: 503,
            headers: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), asked]
        )
        #expect(RetryAfter.seconds(in: dated) == 120)
        let undated = OutboundResponse(status: 503, headers: [asked])
        #expect(RetryAfter.seconds(in: undated) == nil)
        let misdated = OutboundResponse(status: 503, headers: [("Date", "today"), asked])
        #expect(RetryAfter.seconds(in: misdated) == nil)
    }

    @Test func silenceIsNil() {
        #expect(RetryAfter.seconds(in: OutboundResponse(status: 503)) == nil)
    }
}
