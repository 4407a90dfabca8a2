// The report as JSON and as a page, in which nothing found becomes markup.

import Foundation
import HeedAudit
import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("AuditAnswer")
struct AuditAnswerTests {
    private func report(
        _ test: (ComplianceAudit.Report) async throws -> Void
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.sql("CREATE TABLE \"<b>&'x\" (contact_id BLOB)")
            let ids = ["data-subject-rights.deletion-cascade", "consent-storage.indexed-query"]
            try await test(try await installation.audit(ComplianceAudit.checks(named: ids)))
        }
    }

    @Test func jsonSaysWhatWasFound() async throws {
        try await report { report in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let text = String(
                decoding: try encoder.encode(AuditAnswer(report, version: "9.9")),
                as: UTF8.self
            )
            #expect(text.contains(#""passed":1"#) && text.contains(#""failed":1"#))
            #expect(text.contains(#""passes":false"#) && text.contains(#""version":"9.9""#))
            #expect(text.contains(#""format":"heed-audit-v1""#))
            #expect(text.contains(#""severity":"high""#) && text.contains(#""toDo":"#))
            #expect(text.contains("the table <b>&'x is not in the inventory"))
        }
    }

    @Test func nothingFoundIsMarkup() async throws {
        try await report { report in
            let page = report.html(version: "<i>")
            #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("1 of 2 checks pass"))
            #expect(page.contains("the table &lt;b&gt;&amp;&#39;x is not in the inventory"))
            #expect(!page.contains("<b>") && !page.contains("<i>"))
            #expect(page.contains("default-src 'none'") && !page.contains("<script"))
            #expect(page.contains("From 2026-01-31 09:30:00 UTC to 2026-01-31 09:3"))
            #expect(!page.contains(/\dT\d\d:\d\d/))
        }
    }
}
