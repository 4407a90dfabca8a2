// A database goes on to the next test only as it came: one test's damage is no other's.

import HeedPostgres
import TestSupport
import Testing

@Suite("PostgresCluster")
struct PostgresClusterTests {
    /// Changes that leave every name as it was.
    static let changes = [
        "CREATE OR REPLACE FUNCTION heed.refuse_smaller_checkpoint() RETURNS trigger "
            + "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "DROP TRIGGER restores_no_update ON heed.restores; CREATE TRIGGER restores_no_update "
            + "BEFORE UPDATE ON heed.restores FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL) "
            + "EXECUTE FUNCTION heed.refuse_change()",
        "ALTER TABLE heed.contacts ADD COLUMN phone TEXT",
        "ALTER TABLE heed.addresses ALTER COLUMN sealed DROP NOT NULL",
        "ALTER TABLE heed.checkpoints DISABLE TRIGGER checkpoints_only_grow",
        "GRANT UPDATE ON heed.consent_records TO heed_app",
        "GRANT UPDATE (source) ON heed.consent_records TO heed_app",
    ]

    private func exists(_ name: String, in cluster: PostgresCluster) -> Bool {
        (try? cluster.run("SELECT 1", in: name)) != nil
    }

    @Test func anUnchangedDatabaseIsUsedAgain() throws {
        let cluster = try PostgresCluster.shared()
        let name = try cluster.takeDatabase()
        try cluster.giveBack(name)
        #expect(exists(name, in: cluster))
    }

    @Test(arguments: changes)
    func aChangedDatabaseIsDropped(_ change: String) throws {
        let cluster = try PostgresCluster.shared()
        let name = try cluster.takeDatabase()
        try cluster.run(change, in: name)
        try cluster.giveBack(name)
        #expect(!exists(name, in: cluster))
    }
}
