// A picture of all ratios on one scale, as SVG without a script.

import Foundation

/// Bars from 0.01 to 1000 on a logarithmic scale: what was reached, and a line where it must be.
struct Plot {
    private static let rowHeight = 26
    private static let left = 560
    private static let decade = 90.0
    private static let decades = -2...3

    let results: [Comparison]

    /// Where a ratio stands.
    private static func place(_ ratio: Double) -> Double {
        let power = log10(max(ratio, 0.01)) - Double(decades.lowerBound)
        return Double(left) + min(power, Double(decades.count - 1)) * decade
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }

    /// The whole file.
    var svg: String {
        let height = results.count * Plot.rowHeight + 60
        let width = Int(Plot.place(1000)) + 70
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        ]
        for power in Plot.decades {
            let x = Plot.place(pow(10, Double(power)))
            let label = power < 0 ? "\(pow(10, Double(power)))×" : "\(Int(pow(10, Double(power))))×"
            lines += [
                "<line x1=\"\(x)\" y1=\"24\" x2=\"\(x)\" y2=\"\(height - 30)\" stroke=\"#ddd\"/>",
                "<text x=\"\(x)\" y=\"18\" text-anchor=\"middle\" fill=\"#555\">\(label)</text>",
            ]
        }
        for (row, result) in results.enumerated() { lines += bar(result, row) }
        lines.append(
            "<text x=\"10\" y=\"\(height - 10)\" fill=\"#555\">Bar: median, line: smallest to "
                + "largest, red: what must be reached.</text>"
        )
        return lines.joined(separator: "\n") + "\n</svg>\n"
    }

    private func bar(_ result: Comparison, _ row: Int) -> [String] {
        let y = 30 + row * Plot.rowHeight
        let ratios = result.ratios.sorted()
        let (least, most) = (Plot.place(ratios.first ?? 0), Plot.place(ratios.last ?? 0))
        let one = Plot.place(1)
        let end = Plot.place(median(ratios))
        let middle = y + 9
        var lines = [
            "<text x=\"\(Plot.left - 8)\" y=\"\(y + 13)\" text-anchor=\"end\">"
                + "\(Plot.escaped(String(result.name.prefix(84))))</text>",
            "<rect x=\"\(min(one, end))\" y=\"\(y)\" width=\"\(max(abs(end - one), 1))\" "
                + "height=\"18\" fill=\"\(result.isMet ? "#3b7d5e" : "#b8860b")\"/>",
            "<line x1=\"\(least)\" y1=\"\(middle)\" x2=\"\(most)\" y2=\"\(middle)\" "
                + "stroke=\"black\"/>",
        ]
        if let goal = result.goal {
            let x = Plot.place(goal)
            lines.append(
                "<line x1=\"\(x)\" y1=\"\(y - 2)\" x2=\"\(x)\" y2=\"\(y + 20)\" stroke=\"#c00\" "
                    + "stroke-width=\"2\"/>"
            )
        }
        return lines
    }
}
