// What a list that goes out is written as: another program's file, or the audience of a campaign.

package import HeedConsent
package import HeedEngine
import HeedLists

/// Somebody who may be written to; it holds personal data.
package struct AudienceMember: Sendable {
    /// The address as it is written to.
    package let address: String
    /// The person.
    package let contact: ContactID
    /// Links for a message to them, when they were asked for.
    package let links: MailLinks?
}

/// How an audience is written.
package struct AudienceForm: Sendable {
    /// Whether there are links for each member.
    package enum Links: Sendable {
        /// For each.
        case included
        /// For none.
        case none
    }

    let header: String
    let links: Links
    let line: @Sendable (AudienceMember) throws -> String

    /// Takes what comes first, whether there are links, and the line of a member with its line
    /// break.
    package init(
        header: String,
        links: Links,
        line: @escaping @Sendable (AudienceMember) throws -> String
    ) {
        self.header = header
        self.links = links
        self.line = line
    }
}

/// One of both.
enum ListForm: Sendable {
    /// Everybody, as a program reads them.
    case program(ExportFormat)
    /// Only those who may be written to.
    case audience(AudienceForm)

    /// What the log calls it.
    var name: String {
        switch self {
        case .program(let format): format.format.rawValue
        case .audience: "audience"
        }
    }

    /// What comes before the first row; perhaps nothing.
    var header: String {
        switch self {
        case .program(let format): format.header
        case .audience(let audience): audience.header
        }
    }

    /// What has to be read of each person.
    var content: ListPage.Content {
        switch self {
        case .program: .evidence
        case .audience(let audience): audience.links == .included ? .links : .addresses
        }
    }

    /// Somebody's line; nil for those who are not on such a list.
    func line(_ listed: ListedRow) throws -> String? {
        switch self {
        case .program(let format): return format.line(listed.row)
        case .audience(let audience):
            // What the guard says of the address, in the snapshot of the page it is on.
            guard listed.row.status == .subscribed else { return nil }
            return try audience.line(
                AudienceMember(
                    address: listed.row.address,
                    contact: listed.contact,
                    links: listed.links
                )
            )
        }
    }

    /// What somebody counts as.
    func count(_ listed: ListedRow, left line: String?) -> String {
        switch self {
        case .program: line == nil ? "leftOut" : listed.row.status.rawValue
        case .audience: listed.row.reason
        }
    }
}
