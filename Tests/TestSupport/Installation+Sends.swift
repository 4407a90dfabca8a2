// Decisions before sends, as a team that has them recorded leaves them.

import HeedConsent
import HeedEngine
import HeedStore

extension Installation {
    /// Asks about the sample's first people and has every answer written down.
    package func decideSends(campaign: String, people: Int = 6) async throws {
        let order = try SendOrder(
            scope: Sample.newsletter,
            campaign: campaign,
            source: .api,
            wish: .recipients,
            setting: .off
        )
        var log = SendLog(engine: engine, order: order, actor: Sample.actor)
        let question = try MaySendMany(
            recipients: (1...people).map { try Sample.address($0).delivery },
            scope: order.scope,
            detail: order.detail
        )
        try await log.add(try await engine.ask(question))
        _ = try await log.finish()
    }

    /// Takes away what keeps the rows as they are, as whoever owns the database can.
    package func openSends() async throws {
        let statements: [SQL] =
            switch backend {
            case .sqlite:
                [
                    "DROP TRIGGER send_decisions_no_update",
                    "DROP TRIGGER send_decisions_no_delete",
                    "DROP TRIGGER send_decisions_no_replace",
                ]
            case .postgres: ["ALTER TABLE send_decisions DISABLE TRIGGER USER"]
            }
        for statement in statements { try await sql(statement) }
    }
}
