// Takes what tests have written into the signed log.

package import HeedEngine

extension Installation {
    /// Takes everything into the log, `batch` events a checkpoint.
    @discardableResult
    package func sequence(batch: Int = 7, origin: String = "heed.example/log") async throws -> Int?
    {
        let sequencer = Sequencer(
            engine: engine,
            origin: origin,
            holder: [UInt8](repeating: 1, count: 16),
            batch: batch
        )
        return try await sequencer.catchUpWholly()
    }
}

extension Sequencer {
    /// Steps until nothing is left, however many checkpoints that takes.
    package func catchUpWholly() async throws -> Int? {
        var size: Int?
        while case .extended(let reached, _) = try await step() { size = reached }
        return size
    }
}
