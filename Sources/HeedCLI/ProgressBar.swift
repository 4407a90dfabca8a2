// How far a long command is, on standard error, for whoever looks.

import ArgumentParser
import Foundation

/// Whether a command draws how far it is.
struct ProgressOptions: ParsableArguments {
    @Flag(help: "Draw no progress on standard error; without a terminal there none is drawn.")
    var noProgress = false

    /// What a command asks for that writes to standard output only.
    var drawing: ProgressBar.Drawing { noProgress ? .never : .whenWatched }

    /// The same while rows go to standard output: they may run over the screen themselves.
    var besideRows: ProgressBar.Drawing { isatty(STDOUT_FILENO) == 1 ? .never : drawing }
}

/// A bar on standard error that is drawn only when somebody looks, and at most ten times a second.
struct ProgressBar {
    /// When there is a bar.
    enum Drawing {
        /// When standard error is a terminal.
        case whenWatched
        /// Never.
        case never
    }

    private static let width = 30

    private let label: String
    private let isDrawn: Bool
    private let started = ContinuousClock.now
    private var drawn: ContinuousClock.Instant?
    private var hasEnd = false

    init(_ label: String, _ drawing: Drawing = .whenWatched) {
        self.label = label
        isDrawn = drawing == .whenWatched && Terminal.isWatched
    }

    /// Draws how far it is; without an end that is known, only how much is done.
    mutating func show(_ done: Int, of all: Int?, detail: String) {
        guard isDrawn else { return }
        let now = ContinuousClock.now
        let isDone = all.map { done >= $0 } ?? false
        if let drawn, now - drawn < .milliseconds(100), !isDone { return }
        drawn = now
        hasEnd = all != nil
        draw(ProgressBar.line(label, done, of: all, detail))
    }

    /// Makes room for a line that is written beside the bar.
    func giveWay() { if drawn != nil { Terminal.draw("\r\u{1B}[K") } }

    /// Draws the end and leaves the bar's line.
    mutating func finish(_ detail: String? = nil) {
        guard drawn != nil else { return }
        if let detail { draw(ProgressBar.line(label, 1, of: hasEnd ? 1 : nil, detail)) }
        Terminal.draw("\n")
        drawn = nil
    }

    /// What was longer before is wiped away (ECMA-48, EL).
    private func draw(_ line: String) { Terminal.draw("\r\(line)\u{1B}[K") }

    /// The line of a bar.
    static func line(_ label: String, _ done: Int, of all: Int?, _ detail: String) -> String {
        guard let all else { return "\(label)  \(detail)" }
        let share = all == 0 ? 1 : min(1, Double(done) / Double(all))
        let filled = Int(share * Double(width))
        let bar =
            String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\(label) \(bar) \(Int(share * 100)) %  \(detail)"
    }

    /// Whole things a second since the bar was made.
    func rate(_ count: Int) -> Int {
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        return seconds > 0 ? Int(Double(count) / seconds) : 0
    }
}
