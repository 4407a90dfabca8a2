-- The spine: registries, people with sealed data, the legal record, the audit log and the queue.
-- Times are microseconds since 1970, ids 16 bytes, hashes 32; personal data is sealed or absent.
-- What a check reads has no rowid: a search by primary key then finds the row itself.

CREATE TABLE vault_keys (
    purpose TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;


CREATE TABLE scopes (
    name TEXT PRIMARY KEY
        CHECK (length(name) BETWEEN 1 AND 64 AND name NOT IN ('global', 'sale-sharing')),
    channel TEXT NOT NULL CHECK (channel IN ('email')),
    kind TEXT NOT NULL CHECK (kind IN ('campaign', 'transactional')),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a scope is called in front of people; language '' where no other fits better.
CREATE TABLE scope_texts (
    scope TEXT NOT NULL REFERENCES scopes (name),
    language TEXT NOT NULL,
    title TEXT NOT NULL CHECK (title <> ''),
    description TEXT NOT NULL,
    PRIMARY KEY (scope, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
    version TEXT PRIMARY KEY,
    url TEXT,
    text_sha256 BLOB NOT NULL CHECK (length(text_sha256) = 32),
    -- NULL where the operator shows it elsewhere.
    text TEXT,
    effective_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE policy_reconsents (
    scope TEXT NOT NULL REFERENCES scopes (name),
    effective_at INTEGER NOT NULL,
    version TEXT NOT NULL REFERENCES policies (version),
    PRIMARY KEY (scope, effective_at, version)
) STRICT, WITHOUT ROWID;

-- Public sign-up forms, never changed; redirects are URLs, one a line.
CREATE TABLE forms (
    name TEXT PRIMARY KEY,
    policy_version TEXT NOT NULL REFERENCES policies (version),
    redirects TEXT NOT NULL,
    circumstances TEXT NOT NULL CHECK (circumstances IN ('none', 'client')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE form_boxes (
    form TEXT NOT NULL REFERENCES forms (name),
    number INTEGER NOT NULL,
    scope TEXT NOT NULL REFERENCES scopes (name),
    wording TEXT NOT NULL,
    PRIMARY KEY (form, number),
    UNIQUE (form, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    external_id TEXT UNIQUE,
    locale TEXT,
    region TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- match_key and widened_key are keyed hashes; the address itself is in `sealed` only.
CREATE TABLE addresses (
    channel TEXT NOT NULL,
    match_key BLOB NOT NULL CHECK (length(match_key) = 16),
    widened_key BLOB CHECK (length(widened_key) = 16),
    contact_id BLOB NOT NULL REFERENCES contacts (id),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (match_key, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_by_contact ON addresses (contact_id, match_key, widened_key);

-- Deleting a row here makes everything sealed under it unreadable for good (crypto-shredding).
CREATE TABLE contact_keys (
    contact_id BLOB PRIMARY KEY REFERENCES contacts (id),
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE consent_records (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    contact_id BLOB NOT NULL REFERENCES contacts (id),
    scope TEXT NOT NULL,
    decision TEXT NOT NULL
        CHECK (decision IN ('requested', 'granted', 'denied', 'withdrawn')),
    basis TEXT NOT NULL,
    source TEXT NOT NULL,
    policy_version TEXT REFERENCES policies (version),
    policy_sha256 BLOB CHECK (length(policy_sha256) = 32),
    locale TEXT,
    given_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    expires_at INTEGER,
    opt_out_id BLOB,
    actor TEXT NOT NULL,
    actor_type TEXT NOT NULL,
    import_id BLOB,
    evidence BLOB,
    -- Only a "no" may come without the text it was said to.
    CHECK (decision = 'withdrawn' OR policy_version IS NOT NULL),
    CHECK ((policy_version IS NULL) = (policy_sha256 IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_records_by_contact ON consent_records (contact_id, recorded_at);

-- A projection of consent_records: one row per person and scope, so the guard makes one lookup.
CREATE TABLE permissions (
    contact_id BLOB NOT NULL REFERENCES contacts (id),
    scope TEXT NOT NULL REFERENCES scopes (name),
    state TEXT NOT NULL
        CHECK (state IN ('none', 'unconfirmed', 'granted', 'denied', 'withdrawn', 'expired')),
    opt_out_status TEXT NOT NULL CHECK (opt_out_status IN ('none', 'pending', 'completed')),
    opt_out_id BLOB,
    record_id BLOB,
    decided_at INTEGER,
    expires_at INTEGER,
    policy_effective_at INTEGER,
    PRIMARY KEY (contact_id, scope),
    CHECK ((opt_out_status = 'none') = (opt_out_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX permissions_by_opt_out ON permissions (opt_out_id) WHERE opt_out_id IS NOT NULL;

-- Blocks by keyed hash; scope '' means all. Kept after the person's data is gone.
CREATE TABLE suppressions (
    match_key BLOB NOT NULL CHECK (length(match_key) = 16),
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    widened INTEGER NOT NULL CHECK (widened IN (0, 1)),
    source TEXT NOT NULL,
    since INTEGER NOT NULL,
    opt_out_id BLOB,
    PRIMARY KEY (match_key, scope, reason, widened)
) STRICT, WITHOUT ROWID;

CREATE TABLE opt_outs (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    contact_id BLOB NOT NULL REFERENCES contacts (id),
    scope TEXT NOT NULL,
    source TEXT NOT NULL,
    regime TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'completed')),
    processed_at INTEGER,
    processing_ms INTEGER,
    details BLOB,
    CHECK ((status = 'completed') = (processed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX opt_outs_by_contact ON opt_outs (contact_id);

CREATE TABLE opt_out_targets (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    opt_out_id BLOB NOT NULL REFERENCES opt_outs (id),
    connector TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'buried')),
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER,
    answer TEXT,
    confirmed_at INTEGER,
    UNIQUE (opt_out_id, connector)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL,
    subject BLOB NOT NULL,
    lane TEXT NOT NULL,
    -- '' for work that speaks to no other system.
    connector TEXT NOT NULL,
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'buried')),
    leased_until INTEGER,
    attempts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_ready ON jobs (lane, connector, priority, run_at) WHERE state = 'ready';
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE state = 'leased';

-- position is handed out by the one writer, so it is commit order.
CREATE TABLE audit_events (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    contact_id BLOB,
    subject BLOB,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX audit_events_by_contact ON audit_events (contact_id, position)
    WHERE contact_id IS NOT NULL;
-- What is about a person is found by the person.
CREATE INDEX audit_events_by_subject ON audit_events (subject, position)
    WHERE contact_id IS NULL AND subject IS NOT NULL;

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('admin', 'sender', 'collector', 'auditor')),
    label TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL CHECK (length(secret_sha256) = 32),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE TABLE connectors (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE imports (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    format TEXT NOT NULL,
    scope TEXT NOT NULL,
    policy_version TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    undone_at INTEGER,
    counts TEXT,
    -- How far it has come, written with the rows; housekeeping, so that it can go on after a crash.
    progress TEXT,
    -- 1 when it only counts what would happen.
    is_dry_run INTEGER NOT NULL DEFAULT 0 CHECK (is_dry_run IN (0, 1)),
    -- Why it ended before its files did.
    failure TEXT,
    -- Since when it is being undone; nothing of it is recorded from then on.
    undo_requested_at INTEGER,
    -- Who asked for that: the sort of actor, a slash, which one.
    undo_requested_by TEXT
) STRICT;

-- Rows of an import that were not taken, as lines of CSV without addresses, some at a time: those
-- before one place in its files, written in the transaction that moves the import there.
CREATE TABLE import_rejections (
    import_id BLOB NOT NULL REFERENCES imports (id),
    file_number INTEGER NOT NULL,
    row_number INTEGER NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (import_id, file_number, row_number)
) STRICT, WITHOUT ROWID;

-- The answer to a request that may be repeated, written with its effect. Keys are keyed hashes.
CREATE TABLE idempotency_keys (
    key_hash BLOB PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    receipt TEXT NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Insert-only, by the database itself: an UPDATE or DELETE is an error, and so is an INSERT OR
-- REPLACE, which would delete without firing the delete trigger.
CREATE TRIGGER consent_records_no_update BEFORE UPDATE ON consent_records
BEGIN SELECT RAISE(ABORT, 'consent_records is insert-only'); END;
CREATE TRIGGER consent_records_no_delete BEFORE DELETE ON consent_records
BEGIN SELECT RAISE(ABORT, 'consent_records is insert-only'); END;
CREATE TRIGGER consent_records_no_replace BEFORE INSERT ON consent_records
WHEN EXISTS (SELECT 1 FROM consent_records WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'consent_records is insert-only'); END;

CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit_events is insert-only'); END;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit_events is insert-only'); END;
CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'audit_events is insert-only'); END;

CREATE TRIGGER policies_no_update BEFORE UPDATE ON policies
BEGIN SELECT RAISE(ABORT, 'policies is insert-only'); END;
CREATE TRIGGER policies_no_delete BEFORE DELETE ON policies
BEGIN SELECT RAISE(ABORT, 'policies is insert-only'); END;
CREATE TRIGGER policies_no_replace BEFORE INSERT ON policies
WHEN EXISTS (SELECT 1 FROM policies WHERE version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'policies is insert-only'); END;

CREATE TRIGGER policy_reconsents_no_update BEFORE UPDATE ON policy_reconsents
BEGIN SELECT RAISE(ABORT, 'policy_reconsents is insert-only'); END;
CREATE TRIGGER policy_reconsents_no_delete BEFORE DELETE ON policy_reconsents
BEGIN SELECT RAISE(ABORT, 'policy_reconsents is insert-only'); END;
