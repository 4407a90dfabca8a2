// Reads from the published description what tests hold against the server, by its indentation.

import Foundation
import HTTPTypes

@testable import HeedServer

/// The paths, methods, statuses and examples of `openapi.yaml`.
///
/// It reads only the layout that file has: two spaces a level, examples as JSON on one line.
struct OpenAPIFile: Sendable {
    /// One method of one path, as `GET /v1/opt-outs/{id}`.
    struct Operation: Hashable, Comparable, Sendable, CustomStringConvertible {
        let method: String
        let path: String

        var description: String { "\(method) \(path)" }

        static func < (left: Operation, right: Operation) -> Bool {
            (left.path, left.method) < (right.path, right.method)
        }
    }

    /// What is sent with an operation, or answered by it.
    struct Body: Hashable, Sendable, CustomStringConvertible {
        let operation: Operation
        /// The status it is an answer with; nil for a request.
        let status: Int?
        let mediaType: String

        var description: String {
            "\(operation) \(status.map(String.init) ?? "request") \(mediaType)"
        }
    }

    /// An example of a request or of an answer, as JSON: text is a string of it.
    struct Example: Sendable {
        let body: Body
        let json: String

        var operation: Operation { body.operation }
        var status: Int? { body.status }
        var mediaType: String { body.mediaType }
    }

    private(set) var statuses: [Operation: Set<Int>] = [:]
    /// All bodies of requests, and all of answers that stand with their operation.
    private(set) var bodies: [Body] = []
    private(set) var examples: [Example] = []

    /// The file as the server sends it.
    static let published = OpenAPIFile(
        String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    )

    init(_ text: String) {
        let methods: Set<String> = ["get", "head", "post", "put", "patch", "delete", "options"]
        var isPath = false
        var path = ""
        var operation: Operation?
        var status: Int?
        var body: Body?
        for line in text.split(separator: "\n") {
            let content = line.drop { $0 == " " }
            let key = String(content.prefix { $0 != ":" })
            switch line.count - content.count {
            case 0: isPath = key == "paths"
            case 2 where isPath: path = key
            case 4 where isPath:
                let found = Operation(method: key.uppercased(), path: path)
                operation = methods.contains(key) ? found : nil
                if operation != nil { statuses[found] = [] }
                body = nil
            case 6: (status, body) = (nil, nil)
            case 8 where key.hasPrefix("\""):
                status = Int(key.dropFirst().dropLast())
                if isPath, let operation, let status { statuses[operation]?.insert(status) }
            default: break
            }
            let isBody = line.count - content.count >= 10 && key.contains("/")
            if isPath, isBody, let operation, content.hasSuffix(":") {
                let mediaType = key.replacing("\"", with: "")
                let found = Body(operation: operation, status: status, mediaType: mediaType)
                bodies.append(found)
                body = found
            }
            if let body, content.hasPrefix("value: ") {
                let json = String(content.dropFirst("value: ".count))
                examples.append(Example(body: body, json: json))
            }
        }
    }

    /// The statuses of the operation that a request reaches; nil when there is none.
    func statuses(of method: HTTPRequest.Method, at path: String) -> Set<Int>? {
        let matching = statuses.filter { operation, _ in
            operation.method == method.rawValue && OpenAPIFile.matches(path, operation.path)
        }
        // The longest pattern, as the router does: one that ends in `{path}` takes all the rest.
        return matching.max { $0.key.path.utf8.count < $1.key.path.utf8.count }?.value
    }

    private static func matches(_ path: String, _ pattern: String) -> Bool {
        let parts = path.prefix { $0 != "?" }.split(separator: "/")
        let places = pattern.split(separator: "/")
        let takesTheRest = places.last == "{path}" && parts.count >= places.count
        return (takesTheRest || parts.count == places.count)
            && zip(parts, places).allSatisfy { $1.hasPrefix("{") || $0 == $1 }
    }
}
