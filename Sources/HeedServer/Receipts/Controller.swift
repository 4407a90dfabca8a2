// Who is responsible for the data, as a consent receipt has to say it.

/// The controller: name, place and how to reach somebody there.
public struct Controller: Hashable, Sendable {
    /// The name of the organisation.
    public let name: String
    /// Whom to ask for: a person, an office, a data protection officer.
    public let contact: String
    /// The postal address on one line.
    public let address: String
    /// A mail address for questions.
    public let email: String
    /// A telephone number.
    public let phone: String
    /// A page about it.
    public let url: String?
    /// The law it is under, for people whose region is not known: an ISO 3166 code.
    public let jurisdiction: String

    /// Takes values that were checked.
    public init(
        name: String,
        contact: String,
        address: String,
        email: String,
        phone: String,
        url: String?,
        jurisdiction: String
    ) {
        self.name = name
        self.contact = contact
        self.address = address
        self.email = email
        self.phone = phone
        self.url = url
        self.jurisdiction = jurisdiction
    }
}
