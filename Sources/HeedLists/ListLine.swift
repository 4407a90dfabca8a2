// One line of a list that goes out: quoted where it must be, and no cell a spreadsheet would run.

/// The cells as a line of CSV (RFC 4180), without its line break.
///
/// A cell that begins like a formula gets a space in front: a spreadsheet takes it for text then,
/// and whoever reads the list trims it. The usual apostrophe would become part of an address, and
/// an opt-out would be kept for somebody else.
package func listLine(_ cells: [String], delimiter: Character = ",") -> String {
    csvLine(cells.map { beginsLikeFormula($0) ? " " + $0 : $0 }, delimiter: delimiter)
}

/// The cells as they are, quoted where they need to be (RFC 4180), without a line break.
package func csvLine(_ cells: [String], delimiter: Character = ",") -> String {
    cells.map { cell in
        // By scalars: a mark that joins a quote or a delimiter makes one character of the two, in
        // which a reader of bytes still finds the quote.
        let scalars = cell.unicodeScalars
        let needsQuotes = scalars.contains {
            delimiter.unicodeScalars.contains($0) || $0 == "\"" || Character($0).isNewline
        }
        guard needsQuotes else { return cell }
        var quoted = "\"".unicodeScalars
        for scalar in scalars {
            if scalar == "\"" { quoted.append(scalar) }
            quoted.append(scalar)
        }
        quoted.append("\"")
        return String(quoted)
    }.joined(separator: String(delimiter))
}

/// What a spreadsheet takes for a formula, white space before it included (OWASP, CSV injection).
private func beginsLikeFormula(_ cell: String) -> Bool {
    guard let first = cell.unicodeScalars.first else { return false }
    return "=+-@\t\r\n".unicodeScalars.contains(first)
}
