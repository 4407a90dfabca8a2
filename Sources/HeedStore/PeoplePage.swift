// What a verifier reads of the people in a range of ids.

package import HeedConsent

/// What the tables and the log say about the people of a range, in one snapshot.
package struct PeoplePage: Sendable {
    /// A consent record and where the log speaks of it.
    package struct Entry: Sendable {
        /// The person.
        package let contact: ContactID
        /// The scope's name or `global`.
        package let scope: String
        /// What it says.
        package let record: DecidedRecord
        /// The position of its event; nil for none.
        package let position: Int64?
    }

    /// An opt-out as it is stored.
    package struct StoredOptOut: Sendable {
        /// The opt-out.
        package let optOut: OptOut
        /// The column `processing_ms`.
        package let processingMilliseconds: Int64?
        /// What is sealed with it.
        package let details: [UInt8]?
    }

    /// A row of the projection.
    package struct StoredPermission: Sendable {
        /// The person.
        package let contact: ContactID
        /// The scope's name.
        package let scope: String
        /// The permission.
        package let permission: Permission
    }

    /// An address's keys.
    package struct Keys: Sendable {
        /// The person.
        package let contact: ContactID
        /// Both keyed hashes.
        package let keys: LookupKeys
    }

    /// A block on one of the keys.
    package struct Block: Hashable, Sendable {
        /// Where it is.
        package let key: [UInt8]
        /// True under the form that covers aliases.
        package let isWidened: Bool
        /// The scope's name; empty for all.
        package let scope: String
        /// Why, as it is stored.
        package let reason: String
        /// Since when.
        package let since: Timestamp
    }

    /// Records in the order of the log.
    package var entries: [Entry] = []
    /// Consents of imports that were undone; they do not count.
    package var takenBack: Set<ConsentID> = []
    /// Where the log says that a person's data was taken away, permissions and all.
    package var erased: [ContactID: Int64] = [:]
    /// Opt-outs.
    package var optOuts: [StoredOptOut] = []
    /// Permissions.
    package var permissions: [StoredPermission] = []
    /// Events about opt-outs and blocks, oldest first within a person.
    package var events: [StoredEvent] = []
    /// The keys of all addresses.
    package var keys: [Keys] = []
    /// The blocks on these keys.
    package var blocks: [Block] = []
}
