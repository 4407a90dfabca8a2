// Words for scopes, and sign-up forms: what people are shown when they choose.

package import HeedConsent

extension Transaction {
    /// Puts words in the place of those in the same language.
    func put(_ text: ScopeText, of scope: ScopeName) throws(StoreError) {
        try execute(
            "INSERT INTO scope_texts (scope, language, title, description) "
                + "VALUES ($1, $2, $3, $4) ON CONFLICT (scope, language) DO UPDATE "
                + "SET title = excluded.title, description = excluded.description",
            .text(scope.text),
            .text(text.language ?? ""),
            .text(text.title),
            .text(text.description)
        )
    }

    /// The words of all scopes, by scope and language.
    package func scopeTexts() throws(StoreError) -> [ScopeName: [ScopeText]] {
        let rows = try rows(
            "SELECT scope, language, title, description FROM scope_texts ORDER BY scope, language"
        )
        var texts: [ScopeName: [ScopeText]] = [:]
        for row in rows {
            let language = try row.text(1)
            let text = ScopeText(
                stored: language.isEmpty ? nil : language,
                title: try row.text(2),
                description: try row.text(3)
            )
            texts[ScopeName(stored: try row.text(0)), default: []].append(text)
        }
        return texts
    }

    func insert(_ form: SignUpForm) throws(StoreError) {
        try execute(
            "INSERT INTO forms (name, policy_version, redirects, circumstances, confirmation, "
                + "created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            .text(form.name),
            .text(form.policyVersion),
            .text(form.redirects.joined(separator: "\n")),
            .text(form.circumstances.rawValue),
            .text(form.confirmation.rawValue),
            .time(now)
        )
        for (number, box) in form.boxes.enumerated() {
            try execute(
                "INSERT INTO form_boxes (form, number, scope, wording) VALUES ($1, $2, $3, $4)",
                .text(form.name),
                .integer(Int64(number)),
                .text(box.scope.text),
                .text(box.wording)
            )
        }
    }

    private static let formColumns: SQL =
        "SELECT name, policy_version, redirects, circumstances, confirmation FROM forms "

    /// A form by name.
    package func form(_ name: String) throws(StoreError) -> SignUpForm? {
        guard !hasControls(name) else { return nil }
        return try forms(
            rows(Transaction.formColumns + "WHERE name = $1", .text(name))
        ).first
    }

    /// All forms, by name.
    package func forms() throws(StoreError) -> [SignUpForm] {
        try forms(rows(Transaction.formColumns + "ORDER BY name"))
    }

    private func forms(_ rows: [Row]) throws(StoreError) -> [SignUpForm] {
        var forms: [SignUpForm] = []
        for row in rows {
            let name = try row.text(0)
            var boxes: [SignUpForm.Box] = []
            let found = try self.rows(
                "SELECT scope, wording FROM form_boxes WHERE form = $1 ORDER BY number",
                .text(name)
            )
            for box in found {
                let scope = ScopeName(stored: try box.text(0))
                boxes.append(SignUpForm.Box(stored: scope, wording: try box.text(1)))
            }
            forms.append(
                SignUpForm(
                    stored: name,
                    boxes: boxes,
                    policyVersion: try row.text(1),
                    redirects: try row.text(2).split(separator: "\n").map(String.init),
                    circumstances: try row.word(3),
                    confirmation: try row.word(4)
                )
            )
        }
        return forms
    }
}
