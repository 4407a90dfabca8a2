// Plans of both engines, good and bad.

import HeedAudit
import HeedStore
import Testing

@Suite("PlanReading")
struct PlanReadingTests {
    @Test func plansAreRead() {
        let sqlite = PlanReading(
            .sqlite,
            [
                "SCAN s", "SCAN n", "SEARCH x USING INDEX i (a=?)", "USE TEMP B-TREE FOR ORDER BY",
                "SEARCH a USING AUTOMATIC COVERING INDEX (channel=?)", "SCAN CONSTANT ROW",
            ]
        )
        #expect(sqlite.scans.count == 3 && sqlite.searches.count == 1)
        let postgres = PlanReading(
            .postgres,
            [
                "  ->  Seq Scan on scopes s", "Index Scan using a on b", "Index Only Scan using a",
                "  Index Cond: (c = 1)", "  Filter: (match_key = ANY ($1))", "Sort",
            ]
        )
        #expect(postgres.scans.count == 4 && postgres.searches.count == 1)
    }
}
