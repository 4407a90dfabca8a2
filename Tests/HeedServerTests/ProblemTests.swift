// Tests the one table from refusals and failures to statuses.

import Foundation
import HTTPTypes
import HeedConsent
import HeedStore
import Hummingbird
import NIOCore
import Testing

@testable import HeedServer

@Suite("Problems")
struct ProblemTests {
    @Test(arguments: [
        (Refusal.Code.malformed, 400), (.notFound, 404), (.conflict, 409), (.optedOut, 409),
        (.tooLarge, 413), (.missing, 422), (.invalid, 422), (.unknownField, 422), (.keyReused, 422),
    ])
    func refusals(_ code: Refusal.Code, _ status: Int) {
        let problem = Problem(Refusal(code, field: "scope", "no"))
        #expect(problem.status.code == status)
        #expect(problem.name == code.name)
        #expect(problem.field == "scope")
        #expect(problem.detail == "no")
        #expect(problem.retryAfterSeconds == nil)
    }

    @Test(arguments: [
        (StoreError.Code.busy, 503), (.unavailable, 503), (.full, 503), (.unknown, 503),
        (.refused, 500), (.corrupt, 503), (.newer, 500), (.wrongKey, 500), (.statement, 500),
    ])
    func storeErrors(_ code: StoreError.Code, _ status: Int) {
        let problem = Problem(StoreError(code, "table people, row 7"))
        #expect(problem.status.code == status)
        #expect((problem.retryAfterSeconds != nil) == (status == 503))
        #expect(!problem.detail.contains("row 7"))
    }

    /// Only where it is true may a problem say that nothing was changed.
    @Test func anUnknownOutcomeIsNotCalledNothing() {
        #expect(Problem(StoreError(.full, "")).detail.contains("nothing was changed"))
        #expect(!Problem(StoreError(.unknown, "")).detail.contains("nothing was changed"))
    }

    @Test func limitsOfTheTransportAre413() {
        #expect(Problem(NIOTooManyBytesError(maxBytes: 1)).status == .contentTooLarge)
        #expect(Problem(HTTPError(.contentTooLarge)).status == .contentTooLarge)
    }

    @Test func otherErrorsSayNothing() {
        struct Secret: Error { let address = "ada@mail.example" }
        let problem = Problem(Secret())
        #expect(problem.status == .internalServerError)
        #expect(!problem.detail.contains("ada"))
    }

    @Test func httpErrorsKeepTheirStatus() {
        #expect(Problem(HTTPError(.notFound)).name == "not-found")
        #expect(Problem(HTTPError(.badRequest, message: "what")).detail == "what")
        #expect(Problem(HTTPError(.notImplemented)).status == .notImplemented)
    }

    @Test func aProblemIsItself() {
        let problem = Problem(.forbidden, "wrong-role", "no", field: "a", retryAfterSeconds: 9)
        let same = Problem(problem as any Error)
        #expect(same.status == .forbidden)
        #expect(same.name == "wrong-role")
        #expect(same.field == "a")
        #expect(same.retryAfterSeconds == 9)
    }

    @Test func theHeadRepeatsTheDocument() {
        let busy = Problem(.serviceUnavailable, "a-b", "later", retryAfterSeconds: 5)
        let response = busy.response(requestID: "r-1")
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(response.headers[.retryAfter] == "5")
        #expect(response.headers[.cacheControl] == "no-store")
        #expect(response.headers[.wwwAuthenticate] == nil)
        let closed = Problem(.unauthorized, "no-key", "who?").response(requestID: "r-2")
        #expect(closed.headers[.wwwAuthenticate] == "Bearer")
        #expect(closed.headers[.retryAfter] == nil)
    }
}
