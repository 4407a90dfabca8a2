// People met are told from others, through every growth of the table, with all that was said.

import Testing

@testable import HeedLists

@Suite("Seen addresses")
struct SeenAddressesTests {
    @Test func everybodyIsMetOnceAndRemembered() {
        var seen = SeenAddresses()
        let names = (0..<20_000).map { "person\($0)@mail.example" }
        for (index, name) in names.enumerated() {
            #expect(seen.note(name, index.isMultiple(of: 2) ? .subscribed : .cleaned) == nil)
        }
        #expect(seen.count == names.count)
        for (index, name) in names.enumerated() {
            let first: SeenAddresses.Marks = index.isMultiple(of: 2) ? .subscribed : .cleaned
            #expect(seen.marks(of: name) == first)
            #expect(seen.note(name, .unsubscribed) == first)
            #expect(seen.marks(of: name) == first.union(.unsubscribed))
        }
        #expect(seen.count == names.count)
        #expect(seen.marks(of: "nobody@mail.example").isEmpty)
    }

    @Test func eachStatusHasAMarkOfItsOwn() {
        let marks = ImportRow.Status.allCases.map(SeenAddresses.Marks.of)
        #expect(Set(marks.map(\.rawValue)).count == marks.count)
        #expect(!marks.contains { $0.contains(.leaving) })
    }
}
