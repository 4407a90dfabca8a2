// A person as Heed knows them: a random id, what they are called elsewhere, and where they are.

/// A person who may be written to.
///
/// What identifies them, their addresses, is kept sealed beside it.
public struct Contact: Hashable, Sendable {
    /// The random id that every record refers to.
    public let id: ContactID
    /// The caller's own key for this person; an address is refused here.
    public let externalID: String?
    /// BCP 47 language tag.
    public let locale: String?
    /// ISO 3166 region, upper-case, possibly with a subdivision (`US-CA`).
    public let region: String?

    /// Makes a contact; refuses an external id that looks like an address, and unusable tags.
    public init(
        id: ContactID,
        externalID: String?,
        locale: String?,
        region: String?
    ) throws(Refusal) {
        try Contact.check(externalID: externalID)
        try Contact.check(locale: locale)
        if let region, !isRegion(region) {
            throw Refusal(
                .invalid,
                field: "region",
                "a region is an ISO 3166 code such as 'DE' or 'US-CA'"
            )
        }
        self.id = id
        self.externalID = externalID
        self.locale = locale
        self.region = region?.uppercased()
    }

    /// Refuses what is empty, long, an address, or not to be printed.
    package static func check(externalID: String?) throws(Refusal) {
        guard let externalID else { return }
        guard (1...128).contains(externalID.utf8.count), !externalID.utf8.contains(0x40),
            !hasControls(externalID)
        else {
            throw Refusal(
                .invalid,
                field: "externalId",
                "an external id has 1 to 128 bytes and is not an address"
            )
        }
    }

    /// Refuses what is not a language tag (BCP 47, at most 35 characters), so that no free text,
    /// which might be personal, is kept where nothing may be changed.
    package static func check(locale: String?) throws(Refusal) {
        guard let locale, !isTag(locale, longest: 35) else { return }
        throw Refusal(
            .invalid,
            field: "locale",
            "a locale is a language tag such as 'de' or 'pt-BR'"
        )
    }

    /// Takes values that were checked when they were stored.
    package init(stored id: ContactID, externalID: String?, locale: String?, region: String?) {
        self.id = id
        self.externalID = externalID
        self.locale = locale
        self.region = region
    }
}

extension Contact: CustomStringConvertible, CustomReflectable {
    /// The short id only: the external id is a name for the person in another system.
    public var description: String { "contact \(id)" }

    /// Shows nothing, so that `dump` cannot leak it either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Two letters and, after a hyphen, up to three characters of a subdivision.
///
/// A country's name or three-letter code would be read as another country's two letters.
private func isRegion(_ text: String) -> Bool {
    guard isTag(text, longest: 6) else { return false }
    let parts = text.split(separator: "-")
    return parts.count <= 2 && parts[0].utf8.count == 2 && parts[0].allSatisfy(\.isLetter)
        && parts.dropFirst().allSatisfy { $0.utf8.count <= 3 }
}

private func isTag(_ text: String, longest: Int) -> Bool {
    (2...longest).contains(text.utf8.count)
        && text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
            (1...8).contains(part.count)
                && part.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                        || (0x61...0x7A).contains($0)
                }
        }
}
