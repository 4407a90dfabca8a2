// The pace of services that look again and again: at a ring, after a pause, slower after a failure.

package import HeedEngine
import ServiceLifecycle

/// What a round came to.
enum RoundOutcome {
    /// All that could be done is done.
    case done
    /// Done, by asking somebody who is not to be asked again at once.
    case resting
    /// It failed in a way that time may heal.
    case failed
    /// A person has to look; going on quickly helps nobody.
    case alarming
}

/// When rounds begin: at once, at every ring, and after every pause, one at a time.
package struct Rounds: Sendable {
    /// Rings when there is something new.
    let doorbell: Doorbell
    /// Milliseconds between rounds when nobody rings: other processes work too.
    let pollMilliseconds: Int64
    /// Milliseconds to wait after failures, from the first, doubling, to the longest.
    let pausesMilliseconds: ClosedRange<Int64>

    /// Takes the bell and the pauses.
    package init(
        doorbell: Doorbell,
        pollMilliseconds: Int64,
        pausesMilliseconds: ClosedRange<Int64>
    ) {
        self.doorbell = doorbell
        self.pollMilliseconds = pollMilliseconds
        self.pausesMilliseconds = pausesMilliseconds
    }

    /// Works until graceful shutdown or cancellation.
    func run(_ round: @escaping @Sendable () async -> RoundOutcome) async {
        let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let rings = doorbell.rings()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { @Sendable in for await _ in rings { signal.yield() } }
                group.addTask { @Sendable in
                    let poll = Duration.milliseconds(pollMilliseconds)
                    repeat { signal.yield() } while (try? await Task.sleep(for: poll)) != nil
                    signal.finish()
                }
                var pause = pausesMilliseconds.lowerBound
                for await _ in signals {
                    // A signal that came before the end is still handed out after it.
                    if Task.isCancelled { break }
                    let outcome = await round()
                    switch outcome {
                    case .done, .resting: pause = pausesMilliseconds.lowerBound
                    case .failed: break
                    case .alarming: pause = pausesMilliseconds.upperBound
                    }
                    if outcome == .done { continue }
                    // Rings meanwhile fold into one round afterwards.
                    try? await Task.sleep(for: .milliseconds(pause))
                    if outcome == .failed { pause = min(pause * 2, pausesMilliseconds.upperBound) }
                }
            }
        }
    }
}
