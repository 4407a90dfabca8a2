// The options of a connector as the command line takes them, and what is said of a connector.

import ArgumentParser
import Foundation
import HeedConnectors
import HeedConsent
import HeedEngine

/// `--option` and `--option-file`.
struct ConnectorOptions: ParsableArguments {
    @Option(name: .customLong("option"), help: "NAME=VALUE, once for each option.")
    var values: [String] = []
    @Option(name: .customLong("option-file"), help: "NAME=FILE, for an option that is secret.")
    var files: [String] = []

    /// All options, those of files too; a secret on the command line would stay in its history.
    func given(to kind: ConnectorKind) throws -> [String: String] {
        var all: [String: String] = [:]
        for (texts, isFile) in [(values, false), (files, true)] {
            let field = isFile ? "option-file" : "option"
            for text in texts {
                let parts = text.split(
                    separator: "=",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                ).map(String.init)
                guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                    // What follows '=' may be a secret that is in the wrong place.
                    let form = isFile ? "NAME=FILE" : "NAME=VALUE"
                    let given = parts.count == 2 ? "\(parts[0])=" : parts[0]
                    throw CommandError("\(field): '\(given)' is not \(form)")
                }
                let (name, value) = (parts[0], parts[1])
                if !isFile, kind.options.contains(where: { $0.name == name && $0.isSecret }) {
                    let flag = name == "secret" ? "--secret-file" : "--option-file \(name)="
                    throw CommandError("\(field): \(name) is secret, put it in a file: \(flag)")
                }
                guard all[name] == nil, !["url", "secret"].contains(name) || isFile else {
                    throw CommandError("\(field): \(name) has its own flag or is there twice")
                }
                all[name] = isFile ? try Self.secret(in: value, for: field) : value
            }
        }
        return all
    }

    static func secret(in path: String, for field: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("\(field): \(path) cannot be read")
        }
        return String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension Engine {
    /// A connector's settings; refuses a name nobody knows.
    func connector(_ name: String) async throws -> ConnectorSettings {
        if let found = try await ask(FindConnector(name: name)) { return found }
        let names = try await ask(ListConnectors()).map(\.name).joined(separator: ", ")
        let known =
            names.isEmpty
            ? "there is none yet; `heed connector add` makes one" : "there are \(names)"
        throw Refusal(.notFound, field: "name", "there is no connector '\(name)'; \(known)")
    }

    /// How a connector's settings fit the scopes there are; refuses one that there is not.
    func coverage(
        of settings: ConnectorSettings,
        _ kind: ConnectorKind
    ) async throws -> ScopeCoverage {
        let scopes = try await ask(ListScopes()).map(\.name)
        let coverage = ScopeCoverage(of: settings, kind: kind, scopes: scopes)
        try coverage.refuseUnknown(scopes: scopes)
        return coverage
    }
}
