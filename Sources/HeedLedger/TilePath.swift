// Where tiles and entry bundles are served: the URL paths of C2SP tlog-tiles, both ways.

/// A resource of a log under its URL prefix.
///
/// A path is `tile/<L>/<N>[.p/<W>]` for hashes and `tile/entries/<N>[.p/<W>]` for entries. N is in
/// groups of three digits, all but the last after an `x`: 1234067 is `x001/x234/067`.
public enum TilePath: Hashable, Sendable {
    /// A tile of hashes.
    case hashes(Tile)
    /// The bundle of the entries below a tile of level 0.
    case entries(Tile)

    /// Reads a path; only the one canonical spelling is accepted.
    ///
    /// - Throws: `malformed` for any other text, which a server answers with "not found".
    public init(_ path: String) throws(LedgerError) {
        guard path.utf8.count <= 64 else { throw Self.malformed }
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { ArraySlice($0) }
        guard parts.count >= 3, parts.removeFirst().elementsEqual("tile".utf8) else {
            throw Self.malformed
        }
        let kind = parts.removeFirst()
        var width = Tile.fullWidth
        if parts.count >= 2, parts[parts.count - 2].suffix(2).elementsEqual(".p".utf8) {
            width = try parts.removeLast().decimal()
            parts.append(parts.removeLast().dropLast(2))
            guard width < Tile.fullWidth else { throw Self.malformed }
        }
        let index = try Self.index(parts)
        if kind.elementsEqual("entries".utf8) {
            self = .entries(try Tile(level: 0, index: index, width: width))
        } else {
            self = .hashes(try Tile(level: kind.decimal(), index: index, width: width))
        }
        guard text.hasSameBytes(as: path) else { throw Self.malformed }
    }

    /// The canonical path, without a leading slash.
    public var text: String {
        switch self {
        case .hashes(let tile): "tile/\(tile.level)/\(tile.position)"
        case .entries(let tile): "tile/entries/\(tile.position)"
        }
    }

    /// Reads N from its groups, leaving the strict comparison of spellings to the caller.
    private static func index(_ groups: [ArraySlice<UInt8>]) throws(LedgerError) -> Int {
        var index = 0
        for (position, group) in groups.enumerated() {
            let digits = position < groups.count - 1 ? group.dropping(prefix: "x") : group
            guard let digits, digits.count == 3, index <= Tile.maximumIndex else { throw malformed }
            for digit in digits {
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { throw malformed }
                index = index * 10 + Int(digit - UInt8(ascii: "0"))
            }
        }
        return index
    }

    private static let malformed = LedgerError(.malformed, "this is not the path of a tile")
}

extension Tile {
    /// The path of the tile's hashes under the log's prefix.
    public var path: String { TilePath.hashes(self).text }

    /// `<N>[.p/<W>]`.
    fileprivate var position: String {
        var text = Self.threeDigits(index % 1000)
        var rest = index / 1000
        while rest > 0 {
            text = "x\(Self.threeDigits(rest % 1000))/\(text)"
            rest /= 1000
        }
        return isFull ? text : "\(text).p/\(width)"
    }

    private static func threeDigits(_ number: Int) -> String {
        "\(number / 100)\(number / 10 % 10)\(number % 10)"
    }
}
