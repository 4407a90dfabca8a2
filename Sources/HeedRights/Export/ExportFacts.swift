// What a person is told beside their data: purposes, bases, recipients, retention (GDPR 15(1)).

public import HeedConsent
import HeedEngine
import HeedStore

/// What an export needs to know of the operator.
public struct ExportTerms: Sendable {
    /// The words.
    public let languages: PageLanguages
    /// Who is responsible, a line each: name, address, how to reach them; empty when not known.
    public let controller: [String]
    /// Days that consent records are kept.
    public let recordDays: Int64
    /// Days that the audit log is kept.
    public let logDays: Int64

    /// Takes all four.
    public init(
        languages: PageLanguages,
        controller: [String],
        recordDays: Int64,
        logDays: Int64
    ) {
        self.languages = languages
        self.controller = controller
        self.recordDays = recordDays
        self.logDays = logDays
    }
}

/// What is said beside the data, at the moment the export begins.
struct ExportFacts: Sendable {
    /// A purpose that the person said yes or no to, and the basis of the newest record.
    struct Purpose: Sendable {
        let scope: ScopeName
        let basis: String
    }

    /// Another system that is told about people.
    struct Recipient: Sendable {
        let name: String
        let kind: String
    }

    let contact: Contact
    let purposes: [Purpose]
    let recipients: [Recipient]
    /// What the scopes are called.
    let texts: [ScopeName: [ScopeText]]
}

/// Reads what is said beside a person's data.
struct ReadExportFacts: Query {
    let contact: ContactID

    func answer(in transaction: Transaction) throws -> ExportFacts {
        guard let person = try transaction.contact(contact) else {
            throw Refusal(.notFound, field: "contactId", "there is no contact with this id")
        }
        return ExportFacts(
            contact: person,
            purposes: try transaction.bases(of: contact).map {
                ExportFacts.Purpose(scope: ScopeName(stored: $0.scope), basis: $0.basis)
            },
            recipients: try transaction.recipients().map {
                ExportFacts.Recipient(name: $0.name, kind: $0.kind)
            },
            texts: try transaction.scopeTexts()
        )
    }
}

/// Reads one page of a category.
struct ReadPersonalPage: Query {
    let category: PersonalCategory
    let span: PersonalSpan
    let place: PersonalPlace
    let limit: Int64

    func answer(in transaction: Transaction) throws -> PersonalPage {
        try category.page(of: span, after: place, limit: limit, in: transaction)
    }
}
