// A moment of a database that is recognised again without asking it anything.

package import HeedConsent

/// What a database looked like from outside, and when.
///
/// While a database shows the same mark, nothing was committed, by any process: what was read of it
/// after the mark was taken still holds. So an answer needs no statement to be proven fresh. A mark
/// that differs says nothing; then the database has to be asked.
public struct Moment: Sendable {
    /// What changes with each commit; no two states of one database share it.
    package struct Mark: Hashable, Sendable {
        private let one, two, three, four, five, six: UInt64

        /// Takes what the engine changes at each commit, by its places from 0 to 5.
        package init(_ word: (Int) -> UInt64) {
            (one, two, three) = (word(0), word(1), word(2))
            (four, five, six) = (word(3), word(4), word(5))
        }
    }

    /// What it looked like.
    package let mark: Mark
    /// The present, as transactions of the same database have it.
    package let now: Timestamp

    /// Takes both; the present is of after the mark, or of the same time.
    package init(mark: Mark, now: Timestamp) {
        self.mark = mark
        self.now = now
    }
}
