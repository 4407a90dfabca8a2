// The parameters of a URL as named values: each once, none that nobody knows.

import HeedConsent
import Hummingbird

/// What follows the question mark.
///
/// A `+` is a space, as forms and most client libraries write one; `%2B` is a `+`.
struct QueryFields {
    /// As they came.
    private var values: [String: String] = [:]

    /// Takes them apart; refuses one that comes twice.
    init(_ request: Request) throws(Refusal) {
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = FormBody.decoded(sides[0])
            guard !name.isEmpty else {
                throw Refusal(.invalid, field: "query", "a parameter has no name")
            }
            let value = sides.count == 2 ? String(sides[1]) : ""
            guard values.updateValue(value, forKey: name) == nil else {
                throw Refusal(.invalid, field: name, "this is given twice")
            }
        }
    }

    /// The text of a parameter, or nil.
    mutating func take(_ name: String) -> String? {
        values.removeValue(forKey: name).map { FormBody.decoded($0[...]) }
    }

    /// A whole number, or nil.
    mutating func number(_ name: String) throws(Refusal) -> Int? {
        guard let text = take(name) else { return nil }
        guard let number = Int(text) else {
            throw Refusal(.invalid, field: name, "this has to be a whole number")
        }
        return number
    }

    /// An id, or nil.
    mutating func id<Subject>(
        _ name: String,
        of subject: Subject.Type = Subject.self
    ) throws(Refusal) -> Identifier<Subject>? {
        guard let text = take(name) else { return nil }
        guard let id = Identifier<Subject>(text: text) else {
            throw Refusal(.invalid, field: name, "this is not an id")
        }
        return id
    }

    /// An RFC 3339 time or a date, or nil; a time has no space, so a `+` in it is one.
    mutating func time(_ name: String) throws(Refusal) -> Timestamp? {
        guard let text = values.removeValue(forKey: name)?.replacing("+", with: "%2B") else {
            return nil
        }
        guard let time = Timestamp(text: FormBody.decoded(text[...])) else {
            throw Refusal(
                .invalid,
                field: name,
                "a time is written like 2026-01-31T09:30:00Z or 2026-01-31 (RFC 3339)"
            )
        }
        return time
    }

    /// True or false; false when missing.
    mutating func flag(_ name: String) throws(Refusal) -> Bool {
        switch take(name) {
        case nil, "false": return false
        case "true": return true
        default: throw Refusal(.invalid, field: name, "this has to be true or false")
        }
    }

    /// A text that must be there.
    mutating func text(_ name: String) throws(Refusal) -> String {
        guard let text = take(name), !text.isEmpty else {
            throw Refusal(.missing, field: name, "this parameter is needed")
        }
        return text
    }

    /// One word of a closed set, or nil.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        as type: Word.Type = Word.self
    ) throws(Refusal) -> Word? where Word.RawValue == String {
        guard let text = take(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: name, "this has to be one of: \(words)")
        }
        return word
    }

    /// Refuses what nobody asked for.
    func finish() throws(Refusal) {
        guard let unknown = values.keys.min() else { return }
        throw Refusal(.unknownField, field: unknown, "there is no parameter of this name")
    }
}
