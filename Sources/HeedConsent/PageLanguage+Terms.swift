// What pages and documents call a decision, a source, a status and a time in a reader's language.

extension PageLanguage {
    /// What a decision is called.
    public func name(of decision: ConsentRecord.Decision) -> String {
        switch decision {
        case .requested: self["decisionRequested"]
        case .granted: self["decisionGranted"]
        case .denied: self["decisionDenied"]
        case .withdrawn: self["decisionWithdrawn"]
        }
    }

    /// How something arrived, for the person it is about.
    public func name(of source: Source) -> String {
        switch source {
        case .form: self["sourceForm"]
        case .preferenceCentre: self["sourcePreferences"]
        case .doubleOptIn: self["sourceOptIn"]
        case .oneClick: self["sourceOneClick"]
        case .unsubscribePage: self["sourceUnsubscribe"]
        case .privacySignal: self["sourceSignal"]
        case .batchImport: self["sourceImport"]
        default: self["sourceOther"]
        }
    }

    /// The word for a stored one, such as a status; the stored one where there is none.
    public func word(_ stored: String) -> String { texts["word-" + stored] ?? stored }

    /// A time to the minute, in UTC.
    public func minute(of time: String) -> String {
        time.prefix(16).replacing("T", with: " ") + " UTC"
    }
}
