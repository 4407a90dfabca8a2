// Tells from a plan what is looked up and what is read from end to end.

package import HeedStore

/// The steps of a query's plan, as the engines print them.
package struct PlanReading {
    /// Steps that read a whole table or index.
    package let scans: [String]
    /// Steps that look for keys in an index.
    package let searches: [String]

    /// Reads the steps of one or several plans.
    package init(_ engine: Dialect.Engine, _ steps: [String]) {
        switch engine {
        case .sqlite:
            searches = steps.filter { $0.hasPrefix("SEARCH") && !$0.contains("AUTOMATIC") }
            // A set of keys is one parameter, cut up by a recursion named `n`.
            let own = ["SCAN n", "SCAN CONSTANT ROW"]
            scans = steps.filter { step in
                step.contains("AUTOMATIC") || (step.hasPrefix("SCAN") && !own.contains(step))
                    || step.contains("TEMP B-TREE")
            }
        case .postgres:
            searches = steps.filter { $0.contains("Index Cond:") }
            scans = steps.indices.filter { index in
                let step = steps[index]
                // By what all rows have in common, with the keys as a filter.
                if step.contains("Filter:"), step.contains("_key = ANY") { return true }
                let isIndex = step.contains("Index Scan") || step.contains("Index Only Scan")
                let next = index + 1 < steps.count ? steps[index + 1] : ""
                return step.contains("Seq Scan") || step.contains("Sort")
                    || (isIndex && !next.contains("Index Cond:"))
            }.map { steps[$0].trimmedStart }
        }
    }
}

extension String {
    fileprivate var trimmedStart: String { String(drop { $0 == " " }) }
}
