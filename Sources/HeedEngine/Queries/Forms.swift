// Sign-up forms, for the pages and for operators.

public import HeedConsent
public import HeedStore

/// A form by name.
public struct FindForm: Query {
    let name: String

    /// Names the form.
    public init(name: String) { self.name = name }

    /// The form, or nil when there is none.
    public func answer(in transaction: Transaction) throws -> SignUpForm? {
        try transaction.form(name)
    }
}

/// All forms, by name.
public struct ListForms: Query {
    /// Asks for all.
    public init() {}

    /// The forms.
    public func answer(in transaction: Transaction) throws -> [SignUpForm] {
        try transaction.forms()
    }
}
