// Reads a JSON body field by field: each error names its field, and so does an unknown field.

import HeedConnectors
import HeedConsent
import HeedEngine
import NIOCore

/// The members of a JSON object, taken out one by one; what is left at the end is refused by name.
struct Fields {
    private var members: [String: JSON]
    private let path: String

    /// Reads a body; refuses what is not a JSON object.
    init(body: ByteBuffer) throws(Refusal) {
        let value: JSON
        do {
            value = try JSON(strictly: body.readableBytesView)
        } catch {
            switch error {
            case .malformed: throw Refusal(.malformed, "the body is not valid JSON")
            case .repeated(let name):
                throw Refusal(.malformed, field: name, "this stands twice in one object")
            }
        }
        guard case .object(let members) = value else {
            throw Refusal(.malformed, "the body has to be a JSON object")
        }
        self.init(members: members, path: "")
    }

    private init(members: [String: JSON], path: String) {
        self.members = members
        self.path = path
    }

    /// The name of a member with where it is.
    func name(_ member: String) -> String { path + member }

    /// Where these members are.
    private var place: String { path.isEmpty ? "body" : String(path.dropLast()) }

    private mutating func take(_ name: String) -> JSON? {
        guard let value = members.removeValue(forKey: name) else { return nil }
        if case .null = value { return nil }
        return value
    }

    /// A string, or nil when the member is missing or null.
    mutating func optionalString(_ name: String) throws(Refusal) -> String? {
        guard let value = take(name) else { return nil }
        guard case .text(let text) = value else {
            throw Refusal(.invalid, field: self.name(name), "this has to be a string")
        }
        return text
    }

    /// A string that must be there.
    mutating func string(_ name: String) throws(Refusal) -> String {
        guard let text = try optionalString(name) else {
            throw Refusal(.missing, field: self.name(name), "this field is needed")
        }
        return text
    }

    /// True or false; false when missing.
    mutating func flag(_ name: String) throws(Refusal) -> Bool {
        guard let value = take(name) else { return false }
        guard case .flag(let flag) = value else {
            throw Refusal(.invalid, field: self.name(name), "this has to be true or false")
        }
        return flag
    }

    /// An RFC 3339 time, or nil.
    mutating func optionalTime(_ name: String) throws(Refusal) -> Timestamp? {
        guard let text = try optionalString(name) else { return nil }
        guard let time = Timestamp(text: text) else {
            throw Refusal(
                .invalid,
                field: self.name(name),
                "a time is written like 2026-01-31T09:30:00Z (RFC 3339)"
            )
        }
        return time
    }

    /// One word of a closed set, or nil.
    mutating func optionalWord<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        as type: Word.Type = Word.self
    ) throws(Refusal) -> Word? where Word.RawValue == String {
        guard let text = try optionalString(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: self.name(name), "this has to be one of: \(words)")
        }
        return word
    }

    /// One word of a closed set that must be there.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        as type: Word.Type = Word.self
    ) throws(Refusal) -> Word where Word.RawValue == String {
        guard let word = try optionalWord(name, as: type) else {
            throw Refusal(.missing, field: self.name(name), "this field is needed")
        }
        return word
    }

    /// A nested object, or nil.
    mutating func optionalObject(_ name: String) throws(Refusal) -> Fields? {
        guard let value = take(name) else { return nil }
        guard case .object(let members) = value else {
            throw Refusal(.invalid, field: self.name(name), "this has to be an object")
        }
        return Fields(members: members, path: self.name(name) + ".")
    }

    /// A list of objects, or nil.
    mutating func optionalObjects(_ name: String) throws(Refusal) -> [Fields]? {
        guard let values = try optionalArray(name) else { return nil }
        var objects: [Fields] = []
        for (index, value) in values.enumerated() {
            let place = "\(self.name(name))[\(index)]"
            guard case .object(let members) = value else {
                throw Refusal(.invalid, field: place, "this has to be an object")
            }
            objects.append(Fields(members: members, path: place + "."))
        }
        return objects
    }

    /// A list whose items are read by themselves, or nil; an item that is no object is nil.
    mutating func optionalItems(_ name: String) throws(Refusal) -> [Fields?]? {
        guard let values = try optionalArray(name) else { return nil }
        return values.enumerated().map { index, value in
            guard case .object(let members) = value else { return nil }
            return Fields(members: members, path: "\(self.name(name))[\(index)].")
        }
    }

    /// A list of strings, or nil.
    mutating func optionalStrings(_ name: String) throws(Refusal) -> [String]? {
        guard let values = try optionalArray(name) else { return nil }
        var texts: [String] = []
        texts.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            guard case .text(let text) = value else {
                let place = "\(self.name(name))[\(index)]"
                throw Refusal(.invalid, field: place, "this has to be a string")
            }
            texts.append(text)
        }
        return texts
    }

    private mutating func optionalArray(_ name: String) throws(Refusal) -> [JSON]? {
        guard let value = take(name) else { return nil }
        guard case .list(let values) = value else {
            throw Refusal(.invalid, field: self.name(name), "this has to be a list")
        }
        return values
    }

    /// The person: `address` or `contactId`, exactly one of them.
    mutating func subject() throws(Refusal) -> Subject {
        let address = try optionalString("address")
        let contact = try optionalString("contactId")
        switch (address, contact) {
        case (let address?, nil):
            return .address(try Address(email: address, field: name("address")))
        case (nil, let contact?):
            guard let id = ContactID(text: contact) else {
                throw Refusal(.invalid, field: name("contactId"), "this is not a contact's id")
            }
            return .contact(id)
        case (nil, nil):
            throw Refusal(.missing, field: name("address"), "address or contactId is needed")
        default:
            throw Refusal(.invalid, field: name("contactId"), "send address or contactId, not both")
        }
    }

    /// Refuses the body when it has members nobody asked for.
    func finish() throws(Refusal) {
        guard let unknown = members.keys.sorted().first else { return }
        guard !unknown.isEmpty else {
            throw Refusal(.unknownField, field: place, "a member has no name")
        }
        throw Refusal(.unknownField, field: name(unknown), "there is no field of this name")
    }
}
