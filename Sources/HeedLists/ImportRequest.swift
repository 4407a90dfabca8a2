// What an import is asked to be, in the words of the command line and of HTTP.

package import HeedConsent

/// What the files are, and to which scope and policy version their consents belong.
package struct ImportRequest: Hashable, Sendable {
    /// The program that wrote them.
    package var format = ImportFormat.auto
    /// The scope the rows are about.
    package var scope: ScopeName
    /// The registered policy version people agreed to.
    package var policyVersion: String
    /// What rows are that say nothing else.
    package var status: ImportRow.Status?
    /// The topic the rows are asked about where people chose among topics; nil for the scope's.
    package var topic: String?

    /// Takes what every import has to say.
    package init(scope: ScopeName, policyVersion: String) {
        self.scope = scope
        self.policyVersion = policyVersion
    }

    /// Reads what was given by name; what is missing is found out, or not needed.
    package init(
        scope: String,
        policyVersion: String,
        format: String?,
        status: String?,
        topic: String? = nil
    ) throws(Refusal) {
        self.init(scope: try ScopeName(scope), policyVersion: policyVersion)
        if let format { self.format = try ImportRequest.format(format) }
        if let status { self.status = try ImportRequest.status(status) }
        if let topic {
            guard (1...100).contains(topic.utf8.count) else {
                throw Refusal(.invalid, field: "topic", "a topic has 1 to 100 bytes")
            }
            self.topic = topic
        }
    }

    /// The format of this name.
    private static func format(_ text: String) throws(Refusal) -> ImportFormat {
        guard let format = ImportFormat(rawValue: text) else {
            let formats = ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: "format", "a format is one of: \(formats)")
        }
        return format
    }

    /// The status of this name.
    private static func status(_ text: String) throws(Refusal) -> ImportRow.Status {
        guard let status = ImportRow.Status(rawValue: text) else {
            let words = ImportRow.Status.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: "status", "a status is one of: \(words)")
        }
        return status
    }
}
