// How many files and connections this process may have open.

import Foundation

/// The system's limit on descriptors.
enum OpenFiles {
    /// Descriptors for everything that is no client: the database and its readers, the journal,
    /// connectors, uploads.
    private static let reserved = 256
    /// Some systems say "unlimited"; a table of that size does not fit anywhere.
    private static let most = 1 << 17

    /// Raises the limit to what the system allows, and answers how many clients there is room for.
    ///
    /// Shells and service managers start programs with 1,024, for programs that use `select`.
    static func makeRoom() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return reserved
        }
        var wanted = limit
        wanted.rlim_cur = min(limit.rlim_max, rlim_t(most))
        if wanted.rlim_cur > limit.rlim_cur,
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0
        {
            limit = wanted
        }
        let files = Int(min(limit.rlim_cur, rlim_t(most)))
        return max(files - reserved, files / 4)
    }
}
