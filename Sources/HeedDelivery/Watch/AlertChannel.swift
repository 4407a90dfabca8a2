// The ways an alert reaches people: the log, a webhook, and mail.

import Foundation
import HeedConnectors
package import HeedConsent
package import Logging

/// A place alerts are told to.
package struct AlertChannel: Sendable {
    /// What became of a notice.
    package enum Outcome: Hashable, Sendable {
        /// It arrived.
        case taken
        /// It did not, or nobody knows; why, without personal data.
        case failed(String)
    }

    /// Its name, which is stored with what it was told; it names no person.
    package let name: String
    /// Tells one notice, once.
    let tell: @Sendable (AlertNotice) async -> Outcome

    /// Takes a name and how to tell.
    init(_ name: String, tell: @escaping @Sendable (AlertNotice) async -> Outcome) {
        self.name = name
        self.tell = tell
    }
}

// MARK: - The log

extension AlertChannel {
    /// The log of this process, which takes everything.
    package static func log(_ logger: Logger) -> AlertChannel {
        AlertChannel("log") { notice in
            let incident = notice.incident
            let isCritical = [.deadlinePast, .requestPast, .logDiffers].contains(incident.kind)
            let level: Logger.Level =
                notice.reason == .resolved ? .notice : isCritical ? .critical : .error
            logger.log(
                level: level,
                "alert \(notice.reason.rawValue)",
                metadata: [
                    "alert": "\(incident.kind.rawValue)", "since": "\(incident.since.text)",
                    "detail": "\(notice.text)",
                ]
            )
            return .taken
        }
    }
}

// MARK: - A webhook

extension AlertChannel {
    /// How long a webhook's receiver may take.
    package static let webhookSecondsMaximum: Int64 = 15

    /// A webhook, signed by Standard Webhooks; a repeat has the id of the first attempt.
    ///
    /// - Throws: `invalid`, naming `url` or `secret`, as a connector of this kind does.
    package static func webhook(
        url: String,
        secret: String,
        transport: any Transport,
        now: @escaping @Sendable () -> Timestamp
    ) throws(Refusal) -> AlertChannel {
        // What may be a receiver of opt-outs may be one of alerts.
        _ = try WebhookConnector(name: "alerts", url: url, secret: secret)
        let secret = try WebhookSecret(secret)
        return AlertChannel("webhook") { notice in
            do {
                let body = try message(about: notice, at: now())
                let request = OutboundRequest(
                    method: "POST",
                    url: url,
                    headers: [
                        ("content-type", "application/json"), ("user-agent", "Heed"),
                        ("webhook-id", notice.id),
                        ("webhook-timestamp", String(now().wholeSeconds)),
                        (
                            "webhook-signature",
                            secret.sign(id: notice.id, timestamp: now(), body: body)
                        ),
                    ],
                    body: body
                )
                let response = try await transport.send(
                    request,
                    timeoutSeconds: webhookSecondsMaximum
                )
                return (200...299).contains(response.status) ? .taken : .failed(response.summary)
            } catch let error as TransportError {
                return .failed(error.code.name)
            } catch {
                return .failed("\(type(of: error))")
            }
        }
    }

    private struct Message: Encodable {
        struct Content: Encodable {
            let alert: String
            let detail: String
            let since: String
            let resolvedAt: String?
        }

        let type: String
        let timestamp: String
        let data: Content
    }

    private static func message(about notice: AlertNotice, at now: Timestamp) throws -> [UInt8] {
        let message = Message(
            type: "alert.\(notice.reason.rawValue)",
            timestamp: now.text,
            data: Message.Content(
                alert: notice.incident.kind.rawValue,
                detail: notice.text,
                since: notice.incident.since.text,
                resolvedAt: notice.incident.overAt?.text
            )
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(message))
    }
}

// MARK: - Mail

extension AlertChannel {
    /// Who mails whom.
    package struct Mailbox: Sendable {
        /// Tells several apart without naming one; 1 is the first.
        let number: Int
        /// The receiver's address.
        let to: String
        /// The sender's address.
        let from: String

        /// Takes all three.
        package init(number: Int, to: String, from: String) {
            self.number = number
            self.to = to
            self.from = from
        }
    }

    /// A mailbox.
    ///
    /// - Throws: `invalid`, naming `from` or `to`.
    package static func mail(
        _ mailbox: Mailbox,
        by mailer: SMTPMailer,
        now: @escaping @Sendable () -> Timestamp
    ) throws(Refusal) -> AlertChannel {
        _ = try MailMessage(from: mailbox.from, to: mailbox.to, subject: "alert", text: "")
        return AlertChannel("mail-\(mailbox.number)") { notice in
            do {
                let message = try MailMessage(
                    from: mailbox.from,
                    to: mailbox.to,
                    subject: subject(of: notice),
                    text: text(of: notice)
                )
                let bytes = message.bytes(at: now(), id: notice.id)
                switch await mailer.send(message, bytes: bytes) {
                case .accepted: return .taken
                case .tryLater(let reason), .refused(let reason): return .failed(reason)
                }
            } catch {
                return .failed("\(error)")
            }
        }
    }

    private static func subject(of notice: AlertNotice) -> String {
        let kind = notice.incident.kind.rawValue
        switch notice.reason {
        case .began: return "Heed alert: \(kind)"
        case .lasts: return "Heed alert lasts: \(kind)"
        case .resolved: return "Heed alert resolved: \(kind)"
        }
    }

    private static func text(of notice: AlertNotice) -> String {
        let incident = notice.incident
        var lines = [notice.text, "", "Since: \(incident.since.text)"]
        if let overAt = incident.overAt { lines.append("Resolved: \(overAt.text)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
