// Words that no file of an installation may hold, and the search for them.

package import Foundation
import HeedConsent

/// What a person and an operator say that is kept sealed or as a keyed hash only.
package enum PlainWords {
    /// Personal data in each form it passes through, and secrets.
    package static let secret = [
        "Zebrastripe", "zebrastripe", "Quux", "quux", "zebrastripequux@gmail.com", "gmail.com",
        "203.0.113.77", "SearchableBrowser", "shop.example/searchable-form",
        "searchable statement", "whsec_alphasecret", "alpha.example/hook",
    ]
    /// What stands readable in the registry and in the audit log: shows that a search finds.
    package static let open = ["newsletter", "optout.esp-confirmed"]

    /// Those of `words` that are in a file somewhere below a folder.
    package static func found(_ words: [String], below folder: URL) throws -> [String] {
        let manager = FileManager.default
        let names = try manager.subpathsOfDirectory(atPath: folder.path)
        var found: Set<String> = []
        for name in names {
            let path = folder.appending(path: name).path
            let type = try? manager.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            // A server's socket is no file, and its files come and go.
            guard type == .typeRegular, let data = manager.contents(atPath: path) else { continue }
            found.formUnion(words.filter { data.range(of: Data($0.utf8)) != nil })
        }
        return words.filter(found.contains)
    }
}

extension Installation {
    /// Somebody agrees, leaves and is reported to a connector, with every plain word on the way.
    package func sayPlainWords() async throws {
        try await record([.connectorAdded(try Sample.connector("alpha"))])
        let address = try Address(email: "Zebrastripe.Quux+Tag@gmail.com")
        try await decide(address, terms: Terms(evidence: Sample.evidence()))
        try await optOut(address, from: .global)
        try await drainQueue()
    }
}
