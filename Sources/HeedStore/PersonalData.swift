// The inventory: every table, what of it is about people, why it is kept, and what an erasure does.

/// What Heed knows about people, table by table; a test holds it against the live schemas.
///
/// It is also the operator's page for the record of processing activities (GDPR Art. 30(1)).
public enum PersonalData {
    /// What an erasure does to a column.
    public enum Treatment: String, CaseIterable, Sendable {
        /// The row goes.
        case delete
        /// The value goes, the row stays.
        case null
        /// The bytes stay and can never be read again: their key is destroyed (NIST SP 800-88).
        case shred
        /// It stays: a random id, or a keyed hash, that says nothing without what was destroyed.
        case keep
    }

    /// A column that holds something about a person.
    public struct Column: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// What it holds, in plain words.
        public let holds: String
        /// What an erasure does to it.
        public let treatment: Treatment

        init(_ name: String, _ holds: String, _ treatment: Treatment) {
            self.name = name
            self.holds = holds
            self.treatment = treatment
        }
    }

    /// A table.
    public struct Table: Sendable {
        /// Its name.
        public let name: String
        /// What it is for.
        public let purpose: String
        /// Why it may be kept; empty where nothing in it is about a person.
        public let basis: String
        /// The columns about people.
        public let columns: [Column]
        /// Counts the rows about one person, named by the first parameter; nil where none are.
        let count: SQL?

        init(
            _ name: String,
            _ purpose: String,
            basis: String = "",
            count: SQL? = nil,
            _ columns: [Column] = []
        ) {
            self.name = name
            self.purpose = purpose
            self.basis = basis
            self.columns = columns
            self.count = count
        }
    }

    private static let consent = "proof of consent and of its end (GDPR Art. 7(1), 17(3)(e))"
    private static let request = "proof that a request was met (GDPR Art. 5(2), CCPA 11 CCR 7101)"
    private static let service = "to do what the person chose (GDPR Art. 6(1)(a), (c))"
    private static let random = Column("contact_id", "a random id of the person", .keep)

    /// Tables about people.
    public static let people: [Table] = [
        Table(
            "contacts",
            "who there is",
            basis: service,
            count: "SELECT count(*) FROM contacts WHERE id = $1",
            [
                Column("id", "a random id of the person", .keep),
                Column("external_id", "the operator's own id of the person", .null),
                Column("locale", "the person's language", .null),
                Column("region", "the person's country, and state of the US", .null),
            ]
        ),
        Table(
            "addresses",
            "where people are reached",
            basis: service,
            count: "SELECT count(*) FROM addresses WHERE contact_id = $1",
            [
                Column("match_key", "keyed hash of the address", .delete),
                Column("widened_key", "keyed hash of the mailbox behind its aliases", .delete),
                Column("contact_id", "a random id of the person", .delete),
                Column("sealed", "the address, sealed under the person's key", .delete),
            ]
        ),
        Table(
            "contact_keys",
            "the key that everything sealed about a person needs",
            basis: service,
            count: "SELECT count(*) FROM contact_keys WHERE contact_id = $1",
            [
                Column("contact_id", "a random id of the person", .delete),
                Column("wrapped", "the key, wrapped by a key that the master key wraps", .delete),
            ]
        ),
        Table(
            "consent_records",
            "what people decided, insert-only",
            basis: consent,
            count: "SELECT count(*) FROM consent_records WHERE contact_id = $1",
            [
                random,
                Column("locale", "the language of the text that was shown", .keep),
                Column("evidence", "IP address, browser, form: sealed", .shred),
            ]
        ),
        Table(
            "permissions",
            "what may be sent now",
            basis: service,
            count: "SELECT count(*) FROM permissions WHERE contact_id = $1",
            [Column("contact_id", "a random id of the person", .delete)]
        ),
        Table(
            "suppressions",
            "who may not be written to",
            basis: "to honour the stop for good (GDPR Art. 6(1)(c), 17(3)(b), 21(3))",
            [Column("match_key", "keyed hash of an address or mailbox", .keep)]
        ),
        Table(
            "opt_outs",
            "who said stop, and when it was done",
            basis: consent,
            count: "SELECT count(*) FROM opt_outs WHERE contact_id = $1",
            [random, Column("details", "IP address, browser, reason: sealed", .shred)]
        ),
        Table(
            "events",
            "what became of messages: sent, delivered, opened, and so on",
            basis: "to count what was read, without people after erasure (GDPR Art. 6(1)(f))",
            count: "SELECT count(*) FROM events WHERE contact_id = $1",
            [
                Column("contact_id", "a random id of the person", .null),
                Column("first_key", "keyed hash of person, kind and message", .null),
                Column("sealed", "message, IP address, browser: sealed", .null),
            ]
        ),
        Table(
            "send_decisions",
            "what the guard said about people before sends, insert-only, where that is recorded",
            basis: consent,
            count: "SELECT count(*) FROM send_decisions WHERE contact_id = $1",
            [random]
        ),
        Table(
            "audit_events",
            "what happened, insert-only",
            basis: consent,
            count: "SELECT count(*) FROM audit_events WHERE contact_id = $1",
            [
                random,
                Column("body", "random ids, hashes, and the country a law was chosen by", .keep),
            ]
        ),
        Table(
            "legal_holds",
            "what must be kept for a dispute",
            basis: "legal claims (GDPR Art. 17(3)(e), 18(2))",
            [
                random,
                Column("reason", "the reason, sealed; no erasure runs while it stands", .keep),
            ]
        ),
        Table(
            "requests",
            "what people asked for by right",
            basis: request,
            count: "SELECT count(*) FROM requests WHERE contact_id = $1",
            [random, Column("token_sealed", "the key to the receipt, sealed", .keep)]
        ),
        Table(
            "erasure_targets",
            "what other systems answered to an erasure",
            basis: request,
            [
                Column(
                    "sealed",
                    "the addresses, sealed, only while a system that has to be told refuses",
                    .null
                )
            ]
        ),
        Table("receipts", "what was issued about requests, insert-only", basis: request),
    ]

    /// Tables with nothing about people in them, or ids alone that lead to tables above.
    public static let others: [Table] = [
        Table("vault_keys", "the installation's keys, wrapped by the master key"),
        Table("lookup_keys", "the keys that addresses are found by after the first, sealed"),
        Table("lookup_state", "how far the newest of them has come"),
        Table("scopes", "what can be subscribed to"),
        Table("scope_texts", "what it is called"),
        Table("policies", "versions of the privacy policy"),
        Table("policy_reconsents", "which scopes ask again"),
        Table("forms", "sign-up forms"),
        Table("form_boxes", "their boxes"),
        Table("opt_out_targets", "what other systems answered to an opt-out"),
        Table("jobs", "work to be done, by ids"),
        Table("api_keys", "hashed keys of programs, with the operator's label"),
        Table("connectors", "how other systems are reached, sealed"),
        Table("imports", "batches with their counts"),
        Table("import_rejections", "which lines of a list were not taken and why, no addresses"),
        Table(
            "idempotency_keys",
            "answers to requests that may be repeated, for a day, by keyed hash"
        ),
        Table("ledger_identity", "the log's name and key"),
        Table("ledger_leaves", "hashes of events"),
        Table("ledger_tiles", "hashes of hashes"),
        Table("checkpoints", "signed heads of the log"),
        Table("checkpoint_cosignatures", "what witnesses signed"),
        Table("leases", "which process does what"),
        Table("retention", "how long evidence stays"),
        Table("verifications", "what the verifier found"),
        Table("alerts", "what is wrong now"),
        Table("alert_notices", "who was told"),
        Table("restores", "which backups were put back"),
        Table("schema_migrations", "which steps the schema has taken"),
    ]
}
