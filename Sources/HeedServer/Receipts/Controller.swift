// Who is responsible for the data, as a consent receipt has to say it.

/// The controller: name, place and how to reach somebody there.
package struct Controller: Hashable, Sendable {
    /// The name of the organisation.
    package let name: String
    /// Whom to ask for: a person, an office, a data protection officer.
    package let contact: String
    /// The postal address on one line.
    package let address: String
    /// A mail address for questions.
    package let email: String
    /// A telephone number.
    package let phone: String
    /// A page about it.
    package let url: String?
    /// The law it is under, for people whose region is not known: an ISO 3166 code.
    package let jurisdiction: String

    /// Takes values that were checked.
    package init(
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
