// Tokens of confirmations: ours to the last bit, and for nothing but confirming.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("ConfirmationLink")
struct ConfirmationLinkTests {
    private let request = ConsentID(high: 0x0190_0000_0000_7001, low: 0x8000_0000_0000_0001)

    private func token(_ installation: Installation) async throws -> String {
        try await installation.database.read { [request] in
            ConfirmationLink([request]).token(with: $0.vault)
        }
    }

    private func opens(_ installation: Installation, _ tokens: [String]) async throws -> [String] {
        try await installation.database.read { transaction in
            tokens.filter { ConfirmationLink(token: $0, vault: transaction.vault) != nil }
        }
    }

    @Test(arguments: Backend.embedded)
    func readsBackAndNoBitMayDiffer(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let token = try await token(installation)
            #expect(token.utf8.count == 49)
            #expect(try await opens(installation, [token]) == [token])
            let bytes = Array(token.utf8)
            let flipped = (0..<bytes.count * 8).map { bit in
                var other = bytes
                other[bit / 8] ^= 1 << UInt8(bit % 8)
                return String(decoding: other, as: UTF8.self)
            }
            #expect(try await opens(installation, flipped) == [])
        }
    }

    @Test(arguments: Backend.embedded)
    func noOtherTextOpens(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let token = try await token(installation)
            let body = String(token.dropFirst(6))
            var texts = [
                "", "v1.k1.", body, "v2.k1.\(body)", " \(token)", "\(token) ", "\(token)=",
                token + token, token.uppercased(), "v1.k1." + String(repeating: "A", count: 43),
                String(repeating: "A", count: 100_000),
            ]
            texts += (0..<token.count).map { String(token.prefix($0)) }
            #expect(try await opens(installation, texts) == [])
        }
        let foreign = try await backend.withDatabase(seed: 1) { try await token($0) }
        let opened = try await backend.withDatabase(seed: 2) { try await opens($0, [foreign]) }
        #expect(opened == [])
    }

    /// The same key signs both kinds of link; what they are for is part of what is signed.
    @Test(arguments: Backend.embedded)
    func neitherKindOfLinkPassesAsTheOther(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let confirmation = try await token(installation)
            let read = ReadUnsubscribeLink(token: confirmation)
            #expect(try await installation.engine.ask(read) == nil)
            let forged = try await installation.database.read { [request] transaction in
                ["", "unsubscribe|", "confirm", "Confirm|"].map { purpose in
                    let tag = transaction.vault.linkTag(over: Array(purpose.utf8) + request.bytes)
                    return "v1.k1." + base64URL(request.bytes + tag)
                }
            }
            #expect(try await opens(installation, forged) == [])
        }
    }

    /// One message may be about many scopes, and names each request.
    @Test(arguments: Backend.embedded, [1, 2, SignUpForm.boxesMaximum])
    func namesEveryRequest(_ backend: Backend, _ count: Int) async throws {
        try await backend.withDatabase { installation in
            let requests = (0..<count).map { ConsentID(high: 7, low: UInt64($0)) }
            let read = try await installation.database.read { transaction in
                let token = ConfirmationLink(requests).token(with: transaction.vault)
                return ConfirmationLink(token: token, vault: transaction.vault)?.requests
            }
            #expect(read == requests)
        }
    }

    @Test(arguments: Backend.embedded)
    func halfARequestIsNone(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let forged = try await installation.database.read { [request] transaction in
                let payload = request.bytes + request.bytes.prefix(8)
                let tag = transaction.vault.linkTag(over: Array("confirm|".utf8) + payload)
                return "v1.k1." + base64URL(payload + tag)
            }
            #expect(try await opens(installation, [forged]) == [])
        }
    }
}
