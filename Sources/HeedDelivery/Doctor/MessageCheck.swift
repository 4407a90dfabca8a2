// Whether a message lets its reader leave with one click: its header fields and what is signed.

/// Checks the header of a message against RFC 8058 and RFC 2369.
package struct MessageCheck: Sendable {
    private let header: MessageHeader

    /// Takes a message's header.
    package init(_ header: MessageHeader) { self.header = header }

    /// What was found.
    package func report() -> DoctorReport {
        DoctorReport(list() + post() + signatures() + [MessageCheck.unverified])
    }

    private static let unverified = DoctorFinding(
        "dkim-valid",
        .notChecked,
        "RFC 8058 §4",
        "the signature itself is not verified: that needs the key in DNS and the unchanged body"
    )

    // MARK: - List-Unsubscribe

    private func list() -> [DoctorFinding] {
        let fields = header.fields(named: "List-Unsubscribe")
        var findings = [MessageCheck.count(fields, of: "List-Unsubscribe", "RFC 2369 §2")]
        guard let field = fields.first else { return findings }
        let uris = listURIs(field.value)
        let secure = uris.filter { $0.lowercased().hasPrefix("https:") }
        findings.append(
            DoctorFinding(
                "https-uri",
                secure.count == 1 ? .passed : .failed,
                "RFC 8058 §3.1",
                secure.count == 1
                    ? "one https URI"
                    : "\(secure.count) https URIs of \(uris.count) in '<…>'; it has to be one"
            )
        )
        if uris.contains(where: { $0.lowercased().hasPrefix("http:") }) {
            findings.append(
                DoctorFinding(
                    "http-uri",
                    .failed,
                    "RFC 8058 §3.1",
                    "beside the https URI others may stand, but none of http"
                )
            )
        }
        let hasMail = uris.contains { $0.lowercased().hasPrefix("mailto:") }
        findings.append(
            DoctorFinding(
                "mailto-uri",
                hasMail ? .passed : .warned,
                "RFC 2369 §3.2",
                hasMail
                    ? "a mailto URI as well" : "no mailto URI; some older programs know no other"
            )
        )
        findings += secure.prefix(1).map(MessageCheck.spelling)
        findings += MessageCheck.length(field)
        return findings
    }

    private static func count(
        _ fields: [MessageHeader.Field],
        of name: String,
        _ rule: String
    ) -> DoctorFinding {
        DoctorFinding(
            name.lowercased(),
            fields.count == 1 ? .passed : .failed,
            rule,
            fields.count == 1 ? "there once" : "there \(fields.count) times; it has to be once"
        )
    }

    /// What may stand in a URI (RFC 3986 §2), and whether it tells who is leaving.
    private static func spelling(_ uri: String) -> DoctorFinding {
        let rule = "RFC 8058 §3.1"
        let isPlain = uri.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0)
        }
        guard isPlain else {
            let detail = "the https URI has characters that must be percent-encoded"
            return DoctorFinding("uri-spelling", .failed, "RFC 2369 §2", detail)
        }
        if namesAddress(uri) {
            let detail = "the https URI shows an address, and lands in logs; use an opaque token"
            return DoctorFinding("uri-spelling", .warned, rule, detail)
        }
        return DoctorFinding("uri-spelling", .passed, rule, "shows no address")
    }

    private static func length(_ field: MessageHeader.Field) -> [DoctorFinding] {
        guard field.longestLine > 998 else { return [] }
        let detail = "a line of \(field.longestLine) bytes; at most 998 are allowed"
        return [DoctorFinding("line-length", .failed, "RFC 5322 §2.1.1", detail)]
    }

    // MARK: - List-Unsubscribe-Post

    private func post() -> [DoctorFinding] {
        let rule = "RFC 8058 §3.1"
        let fields = header.fields(named: "List-Unsubscribe-Post")
        let count = MessageCheck.count(fields, of: "List-Unsubscribe-Post", rule)
        guard let field = fields.first else { return [count] }
        // §5: at most one space, and nothing else.
        let wanted = "List-Unsubscribe=One-Click"
        let isExact = !field.isFolded && (field.value == wanted || field.value == " " + wanted)
        let finding = DoctorFinding(
            "post-value",
            isExact ? .passed : .failed,
            "RFC 8058 §5",
            isExact ? wanted : "it has to be exactly '\(wanted)' on the field's own line"
        )
        return [count, finding]
    }

    // MARK: - DKIM

    private func signatures() -> [DoctorFinding] {
        let rule = "RFC 8058 §4"
        let signatures = header.fields(named: "DKIM-Signature").map { signatureTags($0.value) }
        guard !signatures.isEmpty else {
            let detail = "there is no DKIM signature; is this the message as it was delivered?"
            return [DoctorFinding("dkim-covers", .failed, rule, detail)]
        }
        let wanted = ["list-unsubscribe", "list-unsubscribe-post"]
        func missing(_ tags: [String: String]) -> [String] {
            let names = (tags["h"] ?? "").lowercased().split(separator: ":").map(String.init)
            return wanted.filter { !names.contains($0) }
        }
        guard let best = signatures.first(where: { missing($0).isEmpty }) else {
            let names = signatures.map(missing).min { $0.count < $1.count } ?? wanted
            let detail = "no signature covers \(names.joined(separator: " and ")) in its h="
            return [DoctorFinding("dkim-covers", .failed, rule, detail)]
        }
        let place = best["d"].map { " of \($0)" } ?? ""
        let covers = DoctorFinding(
            "dkim-covers",
            .passed,
            rule,
            "a signature\(place) covers both fields"
        )
        guard best["a"]?.lowercased() == "rsa-sha1" else { return [covers] }
        let detail = "rsa-sha1 is no longer accepted; use rsa-sha256 or ed25519-sha256"
        return [covers, DoctorFinding("dkim-algorithm", .failed, "RFC 8301 §3.1", detail)]
    }
}

/// True when a URI holds a mail address in clear.
func namesAddress(_ uri: String) -> Bool {
    uri.contains("@") || uri.lowercased().contains("%40")
}
