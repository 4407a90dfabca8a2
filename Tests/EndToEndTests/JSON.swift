// A JSON value that a test can look into.

import Foundation

/// Any JSON; a member or element that is not there is `null`.
enum JSON: Decodable, Hashable, Sendable {
    case null
    case flag(Bool)
    case number(Double)
    case string(String)
    case list([JSON])
    case object([String: JSON])

    init(_ text: String) throws {
        do {
            self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        } catch {
            throw Failure("not JSON: \(text)")
        }
    }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let list = try? value.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    subscript(name: String) -> JSON {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }
    var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
    var number: Int? { if case .number(let number) = self { Int(number) } else { nil } }
    var list: [JSON] { if case .list(let list) = self { list } else { [] } }
}
