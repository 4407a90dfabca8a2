// A bounded number of sessions, each with a thread of its own, and the callers that wait for one.

import Dispatch
import Foundation
import HeedStore
import Synchronization

/// Which kind of work a caller brings.
///
/// Neither kind may take the last session from the other: a flood of guard checks must not hold up
/// an opt-out, nor the other way round.
enum Lane: Int, CaseIterable {
    case reading
    case writing
    /// Writes that may share a transaction with others that wait.
    case grouped
}

/// Something to do on a session.
struct PoolWork: Sendable {
    /// Which kind it is.
    let lane: Lane
    /// When its caller stops waiting.
    let deadline: DispatchTime
    /// Does it, on the thread of a session.
    let run: @Sendable (Session) -> Void
    /// Tells the caller that it will not be done; it has changed nothing.
    let refuse: @Sendable (StoreError) -> Void
    /// What it brings to a group; nil for work that is done alone.
    var companion: Companion?
}

/// Work that may be done in a group, or alone.
///
/// An object, since it holds the kind of value that holds it.
final class Companion: Sendable {
    /// Its part in a group.
    let member: GroupMember
    /// The same work without one.
    let alone: PoolWork

    init(member: GroupMember, alone: PoolWork) {
        self.member = member
        self.alone = alone
    }
}

/// Hands work to sessions: at once when one is free, else in order of arrival, until the deadline.
final class SessionPool: Sendable {
    /// Groups at once: while one waits for the disk, the next is read and decided on.
    ///
    /// More would only be smaller.
    static let groupsMaximum = 2

    private struct State {
        var waiting: [Lane: [PoolWork]] = [:]
        var busy: [Lane: Int] = [:]
        var idle: [SessionThread] = []
        var threads = 0
        /// How many callers are in the groups under way.
        var members = 0
        /// True from when a group was handed to a session until it has taken its members.
        var isGathering = false
        var isTimerSet = false
        var isClosed = false
    }

    private let options: PostgresOptions
    private let state = Mutex(State())

    /// Prepares a pool; sessions are opened when they are first needed.
    init(_ options: PostgresOptions) { self.options = options }

    /// What is to happen with new work, decided under the lock and done outside it.
    private enum Placement {
        case thread(SessionThread, PoolWork)
        case newThread(PoolWork)
        case queued
        case closed
    }

    /// Has work done; it is run or refused, exactly once.
    func submit(_ work: PoolWork) {
        let placement = state.withLock { state -> Placement in
            guard !state.isClosed else { return .closed }
            state.waiting[work.lane, default: []].append(work)
            let isFree = !state.idle.isEmpty || state.threads < options.sessionsMaximum
            guard isFree, let first = take(work.lane, from: &state) else {
                setTimer(&state, for: work)
                return .queued
            }
            // The one used last has the warmest cache.
            if let thread = state.idle.popLast() { return .thread(thread, first) }
            state.threads += 1
            return .newThread(first)
        }
        switch placement {
        case .thread(let thread, let first): thread.hand(first)
        case .newThread(let first): SessionThread(self, options).start(with: first)
        case .queued: break
        case .closed: work.refuse(StoreError(.unavailable, "the database is closed"))
        }
    }

    /// The first that waits in a lane, if it may start now.
    private func take(_ lane: Lane, from state: inout State) -> PoolWork? {
        guard let first = state.waiting[lane]?.first, isBelowShare(lane, state) else { return nil }
        if lane == .grouped {
            guard isWorthGathering(state) else { return nil }
            state.isGathering = true
        }
        state.waiting[lane]?.removeFirst()
        state.busy[lane, default: 0] += 1
        return first
    }

    /// True when those who wait for a place in a group are enough for one.
    ///
    /// Beside another group they are enough from half its size on: what a group costs is mostly
    /// paid once, whatever its size. While one is taking its members, all who wait are its own.
    private func isWorthGathering(_ state: State) -> Bool {
        let count = state.waiting[.grouped]?.count ?? 0
        return !state.isGathering && 2 * count >= state.members
    }

    private func isBelowShare(_ lane: Lane, _ state: State) -> Bool {
        let busy = { state.busy[$0, default: 0] }
        let share = max(1, options.sessionsMaximum - 1)
        switch lane {
        case .reading: return busy(.reading) < share
        case .writing: return busy(.writing) + busy(.grouped) < share
        case .grouped:
            return busy(.grouped) < SessionPool.groupsMaximum
                && busy(.writing) + busy(.grouped) < share
        }
    }

    /// Takes those who wait for a place in a group beside its first member.
    func takeCompanions(atMost count: Int) -> [Companion] {
        state.withLock { state in
            let companions = Array((state.waiting[.grouped] ?? []).prefix(count))
            state.waiting[.grouped]?.removeFirst(companions.count)
            state.members += 1 + companions.count
            state.isGathering = false
            return companions.compactMap(\.companion)
        }
    }

    /// Notes that a group of so many is no longer under way.
    func groupEnded(_ count: Int) { state.withLock { $0.members -= count } }

    /// What a thread does next; nil sends it to sleep, `closed` ends it.
    func next(after lane: Lane, for thread: SessionThread) -> SessionThread.Next {
        state.withLock { state in
            state.busy[lane, default: 0] -= 1
            guard !state.isClosed else { return .end }
            // Opt-outs first; the share keeps a session for the other kind.
            for lane in [Lane.grouped, .writing, .reading] {
                if let first = take(lane, from: &state) { return .work(first) }
            }
            state.idle.append(thread)
            return .sleep
        }
    }

    /// Refuses all that waits, and ends the threads when they are done with what they have.
    func close() {
        let (threads, works) = state.withLock { state in
            state.isClosed = true
            defer {
                state.idle = []
                state.waiting = [:]
            }
            return (state.idle, state.waiting.values.flatMap(\.self))
        }
        for work in works { work.refuse(StoreError(.unavailable, "the database is closed")) }
        for thread in threads { thread.hand(nil) }
    }

    /// How many callers wait for a session.
    var waitingCount: Int { state.withLock { $0.waiting.values.map(\.count).reduce(0, +) } }

    /// How many sessions there are threads for.
    var threadCount: Int { state.withLock { $0.threads } }

    // MARK: - Deadlines

    /// One timer for the whole queue: work waits equally long, so the first is due first.
    private func setTimer(_ state: inout State, for work: PoolWork) {
        guard !state.isTimerSet else { return }
        state.isTimerSet = true
        DispatchQueue.global().asyncAfter(deadline: work.deadline) { self.expire() }
    }

    private func expire() {
        let now = DispatchTime.now()
        let overdue = state.withLock { state in
            state.isTimerSet = false
            var overdue: [PoolWork] = []
            var first: PoolWork?
            for lane in Lane.allCases {
                let waiting = state.waiting[lane] ?? []
                overdue += waiting.filter { $0.deadline <= now }
                let rest = waiting.filter { $0.deadline > now }
                state.waiting[lane] = rest
                if let next = rest.first, next.deadline < first?.deadline ?? .distantFuture {
                    first = next
                }
            }
            if let first { setTimer(&state, for: first) }
            return overdue
        }
        for work in overdue {
            work.refuse(
                StoreError(.busy, "PostgreSQL: no session became free within the time to wait")
            )
        }
    }
}

/// One thread with one session.
final class SessionThread: Sendable {
    /// What a thread does after a piece of work.
    enum Next {
        case work(PoolWork)
        case sleep
        case end
    }

    private let pool: SessionPool
    private let options: PostgresOptions
    private let inbox = Mutex<PoolWork?>(nil)
    private let alarm = DispatchSemaphore(value: 0)

    init(_ pool: SessionPool, _ options: PostgresOptions) {
        self.pool = pool
        self.options = options
    }

    /// Starts the thread.
    func start(with work: PoolWork) {
        let thread = Thread { self.loop(from: work) }
        thread.name = "heed-postgres"
        thread.start()
    }

    /// Wakes the thread with work; nil ends it.
    func hand(_ work: PoolWork?) {
        inbox.withLock { $0 = work }
        alarm.signal()
    }

    private func loop(from first: PoolWork) {
        let session = Session(options)
        var work = first
        while true {
            work.run(session)
            switch pool.next(after: work.lane, for: self) {
            case .work(let next): work = next
            case .sleep:
                alarm.wait()
                guard let next = inbox.withLock({ $0.take() }) else { return }
                work = next
            case .end: return
            }
        }
    }
}
