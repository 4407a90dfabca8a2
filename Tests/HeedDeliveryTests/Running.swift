// Runs a service of this target until something is true of it.

/// Runs a service until `condition` holds, then cancels it.
func running(
    _ service: @escaping @Sendable () async throws -> Void,
    until condition: () async throws -> Bool
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service() }
        try await wait(until: condition)
        group.cancelAll()
    }
}

/// Returns once `condition` holds; the suite's time limit ends a wait that is in vain.
func wait(until condition: () async throws -> Bool) async throws {
    while try await !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
