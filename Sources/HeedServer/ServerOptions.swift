// What an operator decides about the HTTP server, and where it measures.

package import HeedConsent
package import HeedEngine
package import HeedLists
import Synchronization

/// The server's settings; every limit is stated where the server is made.
package struct ServerOptions: Sendable {
    /// The address to listen on.
    package var host: String
    /// The port to listen on; 0 lets the system choose.
    package var port: Int
    /// The base of public links, without a trailing slash; RFC 8058 needs https in production.
    package var publicURL: String
    /// The port that the system chose.
    let bound = BoundPort()
    /// The version of the program, for measurements.
    package var version: String
    /// The largest JSON body, in bytes; 10,000 addresses of 254 bytes are 2.6 MB.
    package var jsonBytesMaximum: Int
    /// The largest webhook message, in bytes; providers send up to some thousand events at once.
    package var webhookBytesMaximum: Int
    /// The largest body of a public form, in bytes; a one-click body has about 150.
    package var formBytesMaximum: Int
    /// The largest body of a form with many boxes, in bytes: some hundred boxes.
    package var boxesBytesMaximum = 32 << 10
    /// The largest list of recipients that comes packed, in bytes when it is unpacked.
    package var unpackedBytesMaximum = 4 << 30
    /// Connections kept at once.
    package var connectionsMaximum = 900
    /// Whether everybody may read the log's entries, and not only its hashes (decision 13).
    package var publicLogEntries: Bool
    /// Seconds before a legal deadline from which on it counts as near.
    package var nearDeadlineSeconds: Int64 = 86_400
    /// How long and how often a confirmation may be asked for; nil where no mail can be sent.
    package var doubleOptIn: DoubleOptInTerms?
    /// Proxies of the operator's own that a public request passes.
    package var trustedProxies = 0
    /// Who is responsible, for consent receipts; nil when the settings do not say.
    package var controller: Controller?
    /// How much of what the guard is asked is written down.
    package var sendDecisions = SendRecording.calls
    /// Days that consent records are kept, for consent receipts.
    package var recordRetentionDays: Int64 = 1825
    /// Days that the audit log is kept, for exports of a person's data.
    package var logRetentionDays: Int64 = 1825
    /// What proving other systems' messages needs.
    package var inbox = Inbox.closed
    /// The folder with the operator's templates, words and colours for the public pages.
    package var pagesFolder: String?
    /// The language of the pages for readers of none that there is; nil for English.
    package var pagesLanguage: String?
    /// Where uploaded lists wait for their import; nil where none are taken.
    package var imports: ImportSpool?
    /// Rung when there is a list to import, or an import to undo.
    package let importBell = Doorbell()
    /// How many sign-ups one client may send.
    package var formLimit = RateLimit(most: 20, seconds: 60, keysMaximum: 100_000)
    /// How many links to a preference centre one client may ask for.
    package var entryLimit = RateLimit(most: 10, seconds: 600, keysMaximum: 100_000)
    /// What this process has measured.
    package var registry = PrometheusRegistry()
    /// Witnesses that must have signed a head before it is shown, as long as they are not silent.
    package var witnessQuorum: Int

    /// Takes the place to listen and the base of links; limits have the values above.
    package init(
        host: String,
        port: Int,
        publicURL: String,
        version: String = "unknown",
        jsonBytesMaximum: Int = 4 << 20,
        webhookBytesMaximum: Int = 4 << 20,
        formBytesMaximum: Int = 4 << 10,
        publicLogEntries: Bool = false,
        witnessQuorum: Int = 0
    ) {
        self.host = host
        self.port = port
        self.publicURL = publicURL
        self.version = version
        self.jsonBytesMaximum = jsonBytesMaximum
        self.webhookBytesMaximum = webhookBytesMaximum
        self.formBytesMaximum = formBytesMaximum
        self.publicLogEntries = publicLogEntries
        self.witnessQuorum = witnessQuorum
    }
}

/// The port that the system chose for the public routes, known once the server listens.
final class BoundPort: Sendable {
    private let port = Mutex<Int?>(nil)

    /// The port; nil before the server listens.
    var value: Int? { port.withLock(\.self) }

    /// Takes the port.
    func set(_ number: Int) { port.withLock { $0 = number } }
}

extension ServerOptions {
    /// The base of links; nobody can follow one to port 0.
    package var linkBase: String {
        guard publicURL.hasSuffix(":0"), let port = bound.value else { return publicURL }
        return publicURL.dropLast() + String(port)
    }

    /// Who is responsible, a line each; none where the settings do not say.
    package var controllerLines: [String] {
        guard let controller else { return [] }
        var lines = [controller.name]
        if controller.contact != controller.name { lines.append(controller.contact) }
        lines += [controller.address, controller.email, controller.phone]
        return lines + [controller.url].compactMap(\.self)
    }

    /// Measures that an opt-out which arrived then is in force now.
    func measureOptOut(since arrived: ContinuousClock.Instant) {
        let seconds = (ContinuousClock.now - arrived) / .seconds(1)
        DeliveryMetrics(registry).inForce(afterSeconds: seconds)
    }
}
