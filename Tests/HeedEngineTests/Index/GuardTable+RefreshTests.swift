// Which events name whom, and that none that could matter is passed over.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("Guard table: news")
struct GuardTableRefreshTests {
    private func touched(_ kind: String, _ contact: ContactID? = nil) -> GuardTouched {
        GuardTouched([GuardNews.Change(contact: contact, kind: kind)])
    }

    @Test func whoeverIsNamedIsReadAgain() {
        let person = ContactID(high: 1, low: 2)
        for kind in ["consent.granted", "list.exported", "never.heard-of"] {
            let touched = touched(kind, person)
            #expect(touched.people == [person] && !touched.everything && !touched.blocks)
        }
    }

    /// A block may have been left at an address in between, which nobody has any more.
    @Test func whoHasMovedTwiceMayHaveLeftBlocksBehind() {
        let (one, other) = (ContactID(high: 1, low: 2), ContactID(high: 1, low: 3))
        func blocks(_ changes: [(ContactID, String)]) -> Bool {
            GuardTouched(changes.map { GuardNews.Change(contact: $0.0, kind: $0.1) }).blocks
        }
        let kinds = [
            "contact.added", "contact.address-replaced", "erasure.local-cascade-completed",
        ]
        for first in kinds {
            #expect(!blocks([(one, first), (one, "optout.requested")]))
            for second in kinds {
                #expect(blocks([(one, first), (one, "optout.requested"), (one, second)]))
                #expect(!blocks([(one, first), (other, second)]))
            }
        }
        #expect(Event.contactAdded(Sample.contact(), []).kind == kinds[0])
    }

    @Test func anUnknownEventAboutNobodyHasEverythingReadAgain() {
        #expect(touched("never.heard-of").everything)
        #expect(touched("vault.master-key-replaced").everything)
        #expect(touched("restore.begun").everything)
        #expect(touched("suppression.added").blocks && !touched("suppression.added").everything)
        #expect(touched("scope.added").registry && touched("policy.published").registry)
    }

    /// The quiet kinds are those of events that exist, and none that changes what the guard reads.
    @Test func quietKindsAreKindsOfEvents() throws {
        let scope = Sample.scopes[0]
        let key = APIKey(id: "k", role: .admin, label: "l", secretHash: [])
        let connector = try Sample.connector("crm")
        let batch = ImportID(high: 1, low: 2)
        let loud: [Event] = [
            .scopeAdded(scope), .policyPublished(try Sample.policy()),
            .contactAdded(Sample.contact(), []),
        ]
        for event in loud { #expect(!GuardTouched.quietKinds.contains(event.kind)) }
        let quiet: [Event] = [
            .keyCreated(key), .keyRevoked(key), .connectorAdded(connector),
            .connectorChanged(connector, options: []), .connectorDisabled(connector),
            .connectorEnabled(connector), .connectorRemoved(connector),
            .importStarted(
                batch,
                format: "f",
                scope: scope.name,
                policyVersion: Sample.version
            ),
            .importFinished(batch, counts: [:]), .importUndone(batch, counts: [:]),
        ]
        for event in quiet { #expect(GuardTouched.quietKinds.contains(event.kind)) }
    }
}
