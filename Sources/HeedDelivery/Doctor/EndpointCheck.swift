// Whether an unsubscribe link works as mail programs use it, found out without opting anyone out.

import HeedConnectors

/// Checks a link against RFC 8058.
///
/// It sends what robots and mail scanners send anyway (GET, HEAD, OPTIONS), and never the pair that
/// means "unsubscribe". A POST with another body goes out only where that is known to be harmless,
/// since some endpoints take any POST for a request to leave.
package struct EndpointCheck: Sendable {
    /// Whether a POST with a body that means nothing may be sent.
    package enum Post: Sendable {
        /// No: what the endpoint would make of it is not known.
        case leaveOut
        /// Yes.
        case send
    }

    /// An answer that takes longer is none: a mail program waits no longer either.
    package static let limitSeconds: Int64 = 10
    /// An answer that takes longer is worth a warning.
    package static let slowSeconds = 3.0

    private let url: String
    private let transport: any Transport
    private let post: Post

    /// Takes a link, the way to it, and whether a POST may be sent.
    package init(url: String, transport: any Transport, post: Post) {
        self.url = url
        self.transport = transport
        self.post = post
    }

    /// Asks the endpoint, and says what was found.
    package func report() async throws -> DoctorReport {
        var findings = [scheme(), spelling()]
        let page = try await send("GET")
        findings += get(page)
        findings.append(harmless("head", "HEAD", try await send("HEAD")))
        findings.append(harmless("options", "OPTIONS", try await send("OPTIONS")))
        switch post {
        case .send: findings.append(answerToPost(try await send("POST")))
        case .leaveOut: findings.append(EndpointCheck.noPost)
        }
        return DoctorReport(findings + [EndpointCheck.noEffect])
    }

    private static let noPost = DoctorFinding(
        "post",
        .notChecked,
        "RFC 8058 §3.1",
        "no POST was sent, since an endpoint may take any for a request to leave; --post sends one "
            + "with another body (use a link of your own)"
    )

    private static let noEffect = DoctorFinding(
        "effect",
        .notChecked,
        "RFC 8058 §3.2",
        "whether List-Unsubscribe=One-Click opts out, and nothing else does, shows only in the "
            + "sender's own data"
    )

    // MARK: - The link

    private func scheme() -> DoctorFinding {
        let isSecure = url.lowercased().hasPrefix("https://")
        return DoctorFinding(
            "https",
            isSecure ? .passed : .failed,
            "RFC 8058 §3.1",
            isSecure ? "the link is https" : "the link is not https; mail programs will not use it"
        )
    }

    private func spelling() -> DoctorFinding {
        let shows = namesAddress(url)
        return DoctorFinding(
            "opaque",
            shows ? .warned : .passed,
            "RFC 8058 §3.1",
            shows
                ? "the link shows an address, and lands in logs; use an opaque, signed token"
                : "the link shows no address"
        )
    }

    // MARK: - The answers

    /// An answer and how long it took, or why there is none.
    private struct Reply {
        let answer: Result<OutboundResponse, TransportError>
        let seconds: Double
    }

    private func send(_ method: String) async throws -> Reply {
        let body = method == "POST" ? Array("heed-doctor=1".utf8) : []
        var headers = [(name: "user-agent", value: "Heed doctor")]
        if method == "POST" {
            headers.append((name: "content-type", value: "application/x-www-form-urlencoded"))
        }
        let request = OutboundRequest(method: method, url: url, headers: headers, body: body)
        let start = ContinuousClock.now
        func seconds() -> Double { (ContinuousClock.now - start) / .seconds(1) }
        do {
            let answer = try await transport.send(
                request,
                timeoutSeconds: EndpointCheck.limitSeconds
            )
            return Reply(answer: .success(answer), seconds: seconds())
        } catch let error as TransportError {
            return Reply(answer: .failure(error), seconds: seconds())
        }
    }

    private func get(_ reply: Reply) -> [DoctorFinding] {
        let rule = "RFC 8058 §3.1"
        guard case .success(let answer) = reply.answer else {
            return [finding("get", rule, reply)]
        }
        var findings = [EndpointCheck.page(answer, rule)]
        let setsCookie = answer.header("set-cookie") != nil
        findings.append(
            DoctorFinding(
                "cookies",
                setsCookie ? .warned : .passed,
                rule,
                setsCookie
                    ? "the page sets a cookie; a mail program's POST comes without one"
                    : "answered without a cookie and sets none"
            )
        )
        let tenths = Int((reply.seconds * 10).rounded(.up))
        findings.append(
            DoctorFinding(
                "time",
                reply.seconds > EndpointCheck.slowSeconds ? .warned : .passed,
                "practice",
                "GET was answered within \(tenths / 10).\(tenths % 10) seconds"
            )
        )
        return findings
    }

    private static func page(_ answer: OutboundResponse, _ rule: String) -> DoctorFinding {
        let isPage = answer.header("content-type")?.lowercased().hasPrefix("text/html") ?? false
        func finding(_ outcome: DoctorFinding.Outcome, _ detail: String) -> DoctorFinding {
            DoctorFinding("get", outcome, rule, "\(detail) (\(answer.status))")
        }
        switch answer.status {
        case 200...299 where isPage: return finding(.passed, "GET shows a page")
        case 200...299: return finding(.warned, "GET answers, but with no page in HTML")
        case 300...399: return finding(.warned, "GET leads elsewhere")
        case 401, 403: return finding(.failed, "GET wants a login")
        default: return finding(.failed, "GET shows no page")
        }
    }

    /// HEAD and OPTIONS change nothing by definition (RFC 9110 §9.2.1); a refusal is fine.
    private func harmless(_ check: String, _ method: String, _ reply: Reply) -> DoctorFinding {
        let rule = "RFC 9110 §9.2.1"
        guard case .success(let answer) = reply.answer, answer.status < 500 else {
            return finding(check, rule, reply)
        }
        return DoctorFinding(check, .passed, rule, "\(method) is answered (\(answer.status))")
    }

    private func answerToPost(_ reply: Reply) -> DoctorFinding {
        let rule = "RFC 8058 §3.1"
        guard case .success(let answer) = reply.answer else { return finding("post", rule, reply) }
        switch answer.status {
        case 200...299:
            return DoctorFinding("post", .passed, rule, "POST is not redirected (\(answer.status))")
        case 300...399:
            let detail = "POST is redirected (\(answer.status)); it must not be"
            return DoctorFinding("post", .failed, rule, detail)
        case 400, 404, 410, 415, 422:
            let detail = "POST with another body is refused (\(answer.status)), not redirected"
            return DoctorFinding("post", .passed, rule, detail)
        case 401, 403:
            let detail = "POST wants a login, a cookie or a form's token (\(answer.status))"
            return DoctorFinding("post", .failed, rule, detail)
        case 405, 501:
            let detail = "POST is not there (\(answer.status)); one click needs it"
            return DoctorFinding("post", .failed, rule, detail)
        default: return finding("post", rule, reply)
        }
    }

    /// A finding about an answer that is of no use.
    private func finding(_ check: String, _ rule: String, _ reply: Reply) -> DoctorFinding {
        switch reply.answer {
        case .success(let answer):
            DoctorFinding(check, .failed, rule, "\(check.uppercased()) fails (\(answer.status))")
        case .failure(let error):
            DoctorFinding(check, .failed, rule, "\(check.uppercased()): \(error.message)")
        }
    }
}
