// A version of the text people agreed to, registered once and never changed.

/// A registered version of the policy text.
public struct Policy: Hashable, Sendable {
    /// The version's name, for example `2026-01`.
    public let version: String
    /// Where the text can be read, if it is published.
    public let url: String?
    /// SHA-256 of the exact text, 32 bytes.
    public let textHash: [UInt8]
    /// When the version takes effect.
    public let effectiveAt: Timestamp
    /// Scopes for which consent to an older version is no longer enough from `effectiveAt` on.
    public let reconsent: [ScopeName]
    /// The text itself, at most `textBytesMaximum` bytes; on the way in, and nil where a version is
    /// only referred to.
    public private(set) var text: String?

    /// The longest text that is kept, in bytes.
    public static let textBytesMaximum = 262_144

    /// Makes a version; refuses an unusable name, hash or URL.
    public init(
        version: String,
        url: String?,
        textHash: [UInt8],
        effectiveAt: Timestamp,
        reconsent: [ScopeName]
    ) throws(Refusal) {
        try Policy.check(version: version)
        guard textHash.count == 32 else {
            throw Refusal(.invalid, field: "textSha256", "a SHA-256 has 32 bytes (64 hex digits)")
        }
        if let url {
            guard url.hasPrefix("https://") || url.hasPrefix("http://"), url.utf8.count <= 2048,
                !hasControls(url)
            else {
                throw Refusal(
                    .invalid,
                    field: "url",
                    "a policy URL starts with https://, has at most 2048 bytes and no control "
                        + "characters"
                )
            }
        }
        self.version = version
        self.url = url
        self.textHash = textHash
        self.effectiveAt = effectiveAt
        self.reconsent = Array(Set(reconsent)).sorted()
    }

    /// The version with its text, so that it can be shown to whoever agrees to it.
    ///
    /// - Throws: `Refusal` for a text that is empty or too long.
    public func showing(_ text: String) throws(Refusal) -> Policy {
        guard text.utf8.contains(where: { $0 > 0x20 }) else {
            throw Refusal(.missing, field: "text", "the text is empty")
        }
        guard text.utf8.count <= Policy.textBytesMaximum else {
            throw Refusal(.tooLarge, field: "text", "a policy's text has at most 256 KiB")
        }
        var policy = self
        policy.text = text
        return policy
    }

    /// Refuses a version name that is empty, longer than 64 characters, or not printable ASCII.
    static func check(version: String) throws(Refusal) {
        guard !version.isEmpty else {
            throw Refusal(.missing, field: "policyVersion", "a policy version is needed")
        }
        guard version.utf8.count <= 64, version.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Refusal(
                .invalid,
                field: "policyVersion",
                "a policy version has 1 to 64 printable ASCII characters and no space"
            )
        }
    }
}
