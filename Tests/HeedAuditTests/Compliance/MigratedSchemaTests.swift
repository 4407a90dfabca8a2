// What is read from the migrations is what a database has that was just made by them.

import HeedStore
import TestSupport
import Testing

@testable import HeedAudit

@Suite("MigratedSchema")
struct MigratedSchemaTests {
    @Test(arguments: Backend.allCases)
    func triggersAreThoseOfANewDatabase(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let live = try await installation.database.read { try $0.liveTriggers() }
            let made = MigratedSchema.of(backend == .sqlite ? .sqlite : .postgres).triggers
            #expect(Set(live.map(\.trigger)) == Set(made.values))
            #expect(live.count == made.count && live.count > 30)
            let isEnabled = live.allSatisfy { $0.isEnabled }
            let hasBodies = live.allSatisfy { !$0.trigger.body.isEmpty }
            #expect(isEnabled && hasBodies == (backend == .postgres))
        }
    }

    @Test(arguments: Backend.allCases)
    func columnsAreThoseOfANewDatabase(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let live = try await installation.database.read { try $0.liveColumns() }
            let made = MigratedSchema.of(backend == .sqlite ? .sqlite : .postgres).columns
            let columns = made.flatMap { table, names in
                names.map { LiveColumn(table: table, name: $0) }
            }
            #expect(Set(live) == Set(columns))
            #expect(live.count == columns.count && live.count > 150)
        }
    }

    @Test(arguments: Backend.allCases)
    func indexesAreThoseOfANewDatabase(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let live = try await installation.database.read { try $0.liveIndexes() }
            let made = MigratedSchema.of(backend == .sqlite ? .sqlite : .postgres).indexes
            #expect(Set(live) == Set(made.values))
            #expect(live.count == made.count && live.count > 20)
        }
    }

    @Test func commentsAndSpaceDoNotCount() {
        #expect(SQLWords.clean(" a  -- it's; not\n\tb ") == "a b")
        #expect(SQLWords.clean("'a  -- b' --c") == "'a  -- b'")
        #expect(SQLWords.clean("a '' b") == "a '' b")
    }

    @Test func aTriggerWithItsBodyIsOneStatement() {
        let script = """
            CREATE TABLE t (a TEXT CHECK (a <> ';'), b TEXT);
            -- A comment; with a semicolon.
            CREATE TRIGGER one BEFORE UPDATE ON t
            BEGIN SELECT RAISE(ABORT, 'no; not'); SELECT 1; END;
            CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$;
            DROP TRIGGER one
            """
        let statements = SQLWords.statements(script)
        #expect(statements.count == 4, "\(statements)")
        #expect(statements[1].hasSuffix("'no; not'); SELECT 1; END"))
        #expect(statements[3] == "DROP TRIGGER one")
    }

    @Test func constraintsAreNoColumns() {
        let table = """
            CREATE TABLE t (id TEXT, kind TEXT CHECK (kind IN ('a', 'b')), UNIQUE (id, kind),
            PRIMARY KEY (id)) WITH (fillfactor = 90)
            """
        #expect(SQLWords.columns(SQLWords.clean(table)) == ["id", "kind"])
    }

    /// Every share is some table's.
    @Test func everyTriggerIsOneChecks() {
        for engine in [Dialect.Engine.sqlite, .postgres] {
            let tables = MigratedSchema.of(engine).triggers.values.map(\.table)
            #expect(Set(tables.map(TriggerShare.of)) == Set(TriggerShare.allCases))
        }
    }
}
