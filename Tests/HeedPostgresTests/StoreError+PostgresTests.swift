// What each of the server's codes means to a caller, and that no value is ever repeated.

import HeedPostgres
import HeedStore
import Testing

@Suite("StoreError+Postgres")
struct StoreErrorPostgresTests {
    @Test(arguments: [
        ("40001", "busy"), ("40P01", "busy"), ("55P03", "busy"), ("57014", "busy"),
        ("23505", "refused-by-database"), ("23514", "refused-by-database"),
        ("23001", "refused-by-database"), ("P0001", "refused-by-database"),
        ("42501", "refused-by-database"), ("22P02", "refused-by-database"),
        ("54000", "refused-by-database"),
        ("53100", "disk-full"), ("53300", "unavailable"), ("57P01", "unavailable"),
        ("08006", "unavailable"), ("28P01", "unavailable"), ("3D000", "unavailable"),
        ("25006", "unavailable"), ("58030", "unavailable"), ("XX001", "corrupt"),
        ("42601", "bad-statement"), ("42P01", "bad-statement"), ("25P02", "bad-statement"),
    ])
    func everyCodeHasItsMeaning(_ state: String, _ name: String) {
        let error = StoreError(sqlState: state, message: "words", constraint: nil)
        #expect(error.code.name == name)
        #expect(error.message.contains(state))
    }

    @Test func aValueIsNotRepeated() {
        let error = StoreError(
            sqlState: "22P02",
            message: "invalid input syntax for type bigint: \"ada@mail.example\"",
            constraint: nil
        )
        #expect(!error.message.contains("ada"))
    }

    @Test func theConstraintIsNamed() {
        let error = StoreError(sqlState: "23505", message: "duplicate key", constraint: "jobs_pkey")
        #expect(error.message == "PostgreSQL 23505: duplicate key (jobs_pkey)")
    }
}
