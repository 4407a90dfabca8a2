// What a connector is told: that a person wants to be left alone, or forgotten.

package import HeedConsent

/// What another system must know to stop sending to a person.
///
/// The address is in the clear here, so a notice lives only while its request is built.
package struct OptOutNotice: Hashable, Sendable {
    /// The target's id as text; constant over retries, so the receiver can drop repetitions.
    package let target: String
    /// The address as the person gave it.
    package let address: String
    /// What the opt-out covers: a scope's name or `global`.
    package let extent: String
    /// The person's id as text.
    package let contact: String
    /// When the person asked.
    package let requestedAt: Timestamp

    /// Makes a notice.
    package init(
        target: String,
        address: String,
        extent: String,
        contact: String,
        requestedAt: Timestamp
    ) {
        self.target = target
        self.address = address
        self.extent = extent
        self.contact = contact
        self.requestedAt = requestedAt
    }

    /// True when every campaign scope is meant.
    var isGlobal: Bool { extent == OptOutNotice.globalExtent }

    static let globalExtent = "global"
}

extension OptOutNotice: CustomStringConvertible, CustomReflectable {
    /// Says only that there is a notice, so that no log can leak the address.
    package var description: String { "<opt-out notice>" }

    /// Shows nothing, so that `dump` cannot leak it either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What another system must know to remove a person's data.
///
/// The address is in the clear here, so a notice lives only while its request is built.
package struct ErasureNotice: Hashable, Sendable {
    /// The step's id as text; constant over retries.
    package let target: String
    /// The address as the person gave it.
    package let address: String
    /// The person's id as text.
    package let contact: String
    /// When the erasure was asked for.
    package let requestedAt: Timestamp

    /// Makes a notice.
    package init(target: String, address: String, contact: String, requestedAt: Timestamp) {
        self.target = target
        self.address = address
        self.contact = contact
        self.requestedAt = requestedAt
    }
}

extension ErasureNotice: CustomStringConvertible, CustomReflectable {
    /// Says only that there is a notice, so that no log can leak the address.
    package var description: String { "<erasure notice>" }

    /// Shows nothing, so that `dump` cannot leak it either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
