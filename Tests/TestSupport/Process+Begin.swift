// Starts programs one at a time: Foundation's own start is not safe on two threads at once.

package import Foundation
import Synchronization

private let starting = Mutex(())

extension Process {
    /// Starts the program.
    ///
    /// Two starts at the same moment crashed the process of the tests now and then.
    package func begin() throws { try starting.withLock { _ in try run() } }
}
