// Folds the records of a range of people in the order of the log, for checking and for rebuilding.

package import HeedConsent
package import HeedStore

/// A person in a scope.
package struct PermissionPlace: Hashable, Comparable, Sendable {
    /// The person.
    package let contact: ContactID
    /// The scope's name.
    package let scope: String

    /// Names both.
    package init(contact: ContactID, scope: String) {
        self.contact = contact
        self.scope = scope
    }

    /// By person, then by scope.
    package static func < (left: PermissionPlace, right: PermissionPlace) -> Bool {
        (left.contact, left.scope) < (right.contact, right.scope)
    }

    /// Where to look, without anything that says who it is.
    package var text: String { "permission \(contact.text) \(scope)" }
}

/// A permission that is not what its records make.
package struct PermissionDifference: Hashable, Sendable {
    /// The place.
    package let place: PermissionPlace
    /// The row; the empty permission where there is none.
    package let stored: Permission
    /// What the records make; the empty permission where there are none.
    package let folded: Permission
}

/// What the records of a range make of its permissions.
package struct PermissionFold {
    /// Permissions by place.
    package private(set) var permissions: [PermissionPlace: Permission] = [:]
    /// Records of which no event speaks; they are left out.
    package private(set) var unlogged: [ConsentID] = []
    /// Records of which several events speak; the first counts.
    package private(set) var repeated: [ConsentID] = []
    /// Records that say yes where no rule lets it; they are left out.
    package private(set) var impossible: [ConsentID] = []

    /// Folds the records of a page in the order of the log; those from before `horizon` may have
    /// been purged.
    package init(_ page: PeoplePage, horizon: Timestamp) {
        var last: ConsentID?
        var steps: [Step] = []
        for entry in page.entries {
            guard let position = entry.position else {
                unlogged.append(entry.record.id)
                continue
            }
            guard entry.record.id != last else {
                repeated.append(entry.record.id)
                continue
            }
            last = entry.record.id
            // A global withdrawal and a browser's signal have no permission of their own.
            guard permissionScope(named: entry.scope) != nil,
                !page.takenBack.contains(entry.record.id),
                position > page.erased[entry.contact] ?? 0
            else { continue }
            let place = PermissionPlace(contact: entry.contact, scope: entry.scope)
            steps.append((place, entry.record))
        }
        let remembered = PermissionFold.remembered(page, besides: steps, before: horizon)
        for step in remembered + steps { fold(step.record, at: step.place) }
        let status = Dictionary(
            page.optOuts.map { ($0.optOut.id, $0.optOut.status) },
            uniquingKeysWith: { first, _ in first }
        )
        permissions = permissions.mapValues { permission in
            permission.completing(permission.optOut.flatMap { status[$0] })
        }
    }

    private mutating func fold(_ record: DecidedRecord, at place: PermissionPlace) {
        let before = permissions[place] ?? Permission()
        do throws(Refusal) {
            permissions[place] = try before.folding(record)
        } catch {
            impossible.append(record.id)
        }
    }

    private typealias Step = (place: PermissionPlace, record: DecidedRecord)

    /// Opt-outs whose records were purged still stand, as themselves.
    ///
    /// A later no may be the one record that is left of a scope, and it does not repeat the
    /// opt-out. Of one from everything only the rows still tell which scopes there were.
    private static func remembered(
        _ page: PeoplePage,
        besides steps: [Step],
        before horizon: Timestamp
    ) -> [Step] {
        let known = Set(steps.compactMap(\.record.optOut))
        let purged = page.optOuts.map(\.optOut).filter {
            $0.id.createdAt < horizon && !known.contains($0.id)
        }
        guard !purged.isEmpty else { return [] }
        var remembered: [Step] = []
        for optOut in purged.sorted(by: { $0.id < $1.id }) {
            let record = DecidedRecord(
                id: ConsentID(high: optOut.id.high, low: optOut.id.low),
                decision: .withdrawn,
                source: optOut.source,
                givenAt: optOut.requestedAt,
                expiresAt: nil,
                policyEffectiveAt: nil,
                optOut: optOut.id
            )
            for place in Set(steps.map(\.place))
            where place.contact == optOut.contact
                && page.erased[place.contact] == nil
            {
                let isNamed = page.permissions.contains {
                    $0.contact == place.contact && $0.scope == place.scope
                        && $0.permission.optOut == optOut.id
                }
                if optOut.extent.name == place.scope || isNamed {
                    remembered.append((place, record))
                }
            }
        }
        return remembered
    }

    /// Where the rows and the fold differ, in the order of places.
    package func differences(from stored: [PeoplePage.StoredPermission]) -> [PermissionDifference] {
        var rows: [PermissionPlace: Permission] = [:]
        for row in stored {
            rows[PermissionPlace(contact: row.contact, scope: row.scope)] = row.permission
        }
        return Set(rows.keys).union(permissions.keys).sorted().compactMap { place in
            let row = rows[place] ?? Permission()
            let folded = permissions[place] ?? Permission()
            guard row != folded else { return nil }
            return PermissionDifference(place: place, stored: row, folded: folded)
        }
    }
}
