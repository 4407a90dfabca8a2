// What a write will read, as far as it is known before it runs.

package import HeedConsent

/// The reads a write is sure to make.
///
/// On a server they are made together, for several writes at once. Nothing depends on it: a read
/// that was not named, or named and not made, costs time only.
public struct Needs: Sendable {
    /// Whom it is about; each is looked up, locked, and loaded with permissions and blocks.
    package var addresses: [Address] = []
    /// Ids under which the caller's own system knows people.
    package var externalIDs: [String] = []
    /// Policy versions.
    package var policies: [String] = []
    /// Key of an answer that may have been given before.
    package var answerKey: (@Sendable (Vault) -> [UInt8])?

    /// True when it names whom it is about, and they are few: such a write may share a transaction
    /// with others that are about somebody else.
    package var isAboutFew: Bool { !addresses.isEmpty && addresses.count <= 4 }

    /// Knows of nothing.
    public init() {}

    /// A write about whoever has these addresses.
    package init(
        about addresses: [Address],
        externalIDs: [String] = [],
        policies: [String] = []
    ) {
        self.addresses = addresses
        self.externalIDs = externalIDs
        self.policies = policies
    }
}
