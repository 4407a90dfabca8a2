// A file to import, wherever its bytes are: on disk, in memory, or in an archive.

import HeedConsent

/// A file to import.
package struct ImportSource: Sendable {
    /// Its name, for reports.
    package let name: String
    /// Its size, for progress.
    package let byteCount: Int
    /// Opens it: each call of the result hands out some bytes, nil at the end.
    package let open: @Sendable () throws -> () throws -> [UInt8]?

    /// Takes all three.
    package init(
        name: String,
        byteCount: Int,
        open: @escaping @Sendable () throws -> () throws -> [UInt8]?
    ) {
        self.name = name
        self.byteCount = byteCount
        self.open = open
    }
}

extension ImportSource {
    /// The lists in an archive, and the names of what was passed over.
    ///
    /// Mailchimp's file of people who never opted in is left out, since nothing in it may be used.
    package static func lists(
        in archive: ZipArchive
    ) throws -> (lists: [ImportSource], passedOver: [String]) {
        var lists: [ImportSource] = []
        var passedOver: [String] = []
        for entry in archive.entries {
            let isList = entry.name.lowercased().hasSuffix(".csv") && !entry.name.hasPrefix(".")
            guard isList, !MailchimpFormat.isOfNonSubscribed(entry.name) else {
                passedOver.append(entry.name)
                continue
            }
            lists.append(
                ImportSource(name: entry.name, byteCount: entry.byteCount) {
                    try archive.open(entry)
                }
            )
        }
        guard !lists.isEmpty else {
            throw Refusal(.invalid, field: "file", "there is no list (.csv) in the archive")
        }
        return (lists, passedOver)
    }
}
