// The part of JSON Schema that the published description of an export uses, to hold exports to it.

package import Foundation

/// Checks a value against a schema read from a file.
package struct SchemaCheck {
    private let root: [String: Any]

    /// Reads a schema.
    package init(_ data: Data) throws {
        let read = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        root = read ?? [:]
    }

    /// Where the value is not what the schema says.
    package func complaints(about value: Any) -> [String] { check(value, root, at: "$") }

    /// The names of the members that an object has to have.
    package func required(_ name: String) -> [String] {
        let definitions = root["$defs"] as? [String: [String: Any]]
        let properties = definitions?[name]?["properties"] as? [String: Any] ?? [:]
        return properties.keys.sorted()
    }

    /// The names of all members at the top.
    package var members: Set<String> { Set((root["properties"] as? [String: Any] ?? [:]).keys) }

    private func check(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
        if let name = (schema["$ref"] as? String)?.split(separator: "/").last {
            let definitions = root["$defs"] as? [String: [String: Any]] ?? [:]
            guard let found = definitions[String(name)] else { return ["\(place): no \(name)"] }
            return check(value, found, at: place)
        }
        switch schema["type"] as? String {
        case "object":
            guard let object = value as? [String: Any] else { return ["\(place): no object"] }
            return check(object, schema, at: place)
        case "array":
            guard let array = value as? [Any] else { return ["\(place): no array"] }
            let items = schema["items"] as? [String: Any] ?? [:]
            return array.enumerated().flatMap { check($1, items, at: "\(place)[\($0)]") }
        case "string":
            guard let text = value as? String else { return ["\(place): no string"] }
            if let only = schema["const"] as? String, only != text {
                return ["\(place): \(text)"]
            }
            guard let pattern = schema["pattern"] as? String else { return [] }
            let fits = text.range(of: pattern, options: .regularExpression) != nil
            return fits ? [] : ["\(place): \(text)"]
        case "boolean": return value is Bool ? [] : ["\(place): no boolean"]
        case "integer": return value is Int ? [] : ["\(place): no integer"]
        default: return ["\(place): the schema says nothing that is checked"]
        }
    }

    private func check(
        _ object: [String: Any],
        _ schema: [String: Any],
        at place: String
    ) -> [String] {
        let known = schema["properties"] as? [String: [String: Any]] ?? [:]
        let missing = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }
        let others = schema["additionalProperties"] as? [String: Any]
        return missing.map { "\(place): no \($0)" }
            + object.flatMap { name, value in
                guard let member = known[name] ?? others else { return ["\(place): \(name)"] }
                return check(value, member, at: "\(place).\(name)")
            }
    }
}
