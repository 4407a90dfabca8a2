// The bell wakes everybody who waits, folds rings nobody waited for, and forgets who left.

import HeedEngine
import Testing

@Suite("Doorbell", .timeLimit(.minutes(10)))
struct DoorbellTests {
    @Test func everyListenerIsWoken() async {
        let bell = Doorbell()
        var first = bell.rings().makeAsyncIterator()
        var second = bell.rings().makeAsyncIterator()
        bell.ring()
        await first.next()
        await second.next()
    }

    @Test func aRingBeforeTheWaitIsNotLost() async {
        let bell = Doorbell()
        var rings = bell.rings().makeAsyncIterator()
        bell.ring()
        await rings.next()
        bell.ring()
        await rings.next()
    }

    @Test func ringsOfABusyListenerFoldIntoOne() async {
        let bell = Doorbell()
        let rings = bell.rings()
        for _ in 0..<1000 { bell.ring() }
        // A cancelled task gets what is buffered, and then the end.
        let counted = Task {
            var count = 0
            for await _ in rings { count += 1 }
            return count
        }
        counted.cancel()
        #expect(await counted.value == 1)
    }

    @Test func aBellWithoutListenersRingsForNobody() async {
        let bell = Doorbell()
        bell.ring()
        let task = Task { for await _ in bell.rings() {} }
        task.cancel()
        await task.value
        bell.ring()
        var later = bell.rings().makeAsyncIterator()
        bell.ring()
        await later.next()
    }

    @Test func ringsFromManyThreadsArrive() async {
        let bell = Doorbell()
        var rings = bell.rings().makeAsyncIterator()
        await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { bell.ring() } }
        }
        await rings.next()
    }
}
