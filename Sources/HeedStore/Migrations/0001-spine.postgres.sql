-- The spine on PostgreSQL: the twin of 0001-spine.sqlite.sql, table by table, with the rights of
-- the application's role. Text compares by byte order, as in SQLite, whatever the server's locale.

-- What a check reads is in the keys' indexes (INCLUDE), so it is answered without touching a table
-- once VACUUM has been there. The price: no update of those columns is a heap-only one.

-- Nodes log in with roles of their own that are members of this one.
DO $$
BEGIN
    CREATE ROLE heed_app NOLOGIN;
EXCEPTION
    -- One cluster may hold several installations; the role's rights are each database's own.
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'heed_app') THEN
            RAISE EXCEPTION 'the role heed_app is missing and this role may not create it';
        END IF;
END
$$;
REVOKE ALL ON SCHEMA heed FROM PUBLIC;
REVOKE ALL ON SCHEMA heed FROM heed_app;
GRANT USAGE ON SCHEMA heed TO heed_app;

-- A position is the transaction's number and a count within it. So an event's place is fixed when
-- it is written, and nothing can appear below the oldest transaction that still runs (decision 12).
-- It is one expression with no setting of its own, so that a plan holds the expression and calls no
-- function for each row; RETURN binds its names here, whatever a caller's search path.
CREATE FUNCTION refuse_position() RETURNS BIGINT
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a transaction writes at most 65535 audit events'
        USING ERRCODE = 'program_limit_exceeded';
END
$$;
CREATE FUNCTION next_position() RETURNS BIGINT
LANGUAGE sql RETURN (pg_current_xact_id()::text::bigint << 16) + CASE
    WHEN current_setting('heed.events', true) = '65535' THEN refuse_position()
    -- Local to the transaction, and put back with a savepoint.
    ELSE set_config(
        'heed.events',
        (coalesce(nullif(current_setting('heed.events', true), ''), '0')::bigint + 1)::text,
        true
    )::bigint - 1
END;

-- No event can appear below this position any more: the oldest transaction that still runs begins
-- there. A snapshot has all events below it.
CREATE FUNCTION settled_before() RETURNS BIGINT
LANGUAGE sql STABLE AS $$
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 16
$$;

CREATE TABLE vault_keys (
    purpose TEXT COLLATE "C" PRIMARY KEY,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);


CREATE TABLE scopes (
    name TEXT COLLATE "C" NOT NULL
        CHECK (length(name) BETWEEN 1 AND 64 AND name NOT IN ('global', 'sale-sharing')),
    channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('email')),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('campaign', 'transactional')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (name) INCLUDE (channel, kind)
);

-- What a scope is called in front of people; language '' where no other fits better.
CREATE TABLE scope_texts (
    scope TEXT COLLATE "C" NOT NULL REFERENCES scopes (name),
    language TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL CHECK (title <> ''),
    description TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scope, language)
);

CREATE TABLE policies (
    version TEXT COLLATE "C" PRIMARY KEY,
    url TEXT COLLATE "C",
    text_sha256 BYTEA NOT NULL CHECK (length(text_sha256) = 32),
    -- NULL where the operator shows it elsewhere.
    text TEXT COLLATE "C",
    effective_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE policy_reconsents (
    scope TEXT COLLATE "C" NOT NULL REFERENCES scopes (name),
    effective_at BIGINT NOT NULL,
    version TEXT COLLATE "C" NOT NULL REFERENCES policies (version),
    PRIMARY KEY (scope, effective_at, version)
);

-- Public sign-up forms, never changed; redirects are URLs, one a line.
CREATE TABLE forms (
    name TEXT COLLATE "C" PRIMARY KEY,
    policy_version TEXT COLLATE "C" NOT NULL REFERENCES policies (version),
    redirects TEXT COLLATE "C" NOT NULL,
    circumstances TEXT COLLATE "C" NOT NULL CHECK (circumstances IN ('none', 'client')),
    created_at BIGINT NOT NULL
);

CREATE TABLE form_boxes (
    form TEXT COLLATE "C" NOT NULL REFERENCES forms (name),
    number BIGINT NOT NULL,
    scope TEXT COLLATE "C" NOT NULL REFERENCES scopes (name),
    wording TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (form, number),
    UNIQUE (form, scope)
);

CREATE TABLE contacts (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    external_id TEXT COLLATE "C" UNIQUE,
    locale TEXT COLLATE "C",
    region TEXT COLLATE "C",
    created_at BIGINT NOT NULL
);

-- match_key and widened_key are keyed hashes; the address itself is in `sealed` only.
CREATE TABLE addresses (
    channel TEXT COLLATE "C" NOT NULL,
    match_key BYTEA NOT NULL CHECK (length(match_key) = 16),
    widened_key BYTEA CHECK (length(widened_key) = 16),
    contact_id BYTEA NOT NULL REFERENCES contacts (id),
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    -- The key first: a planner that takes the table for empty would read all of one channel.
    PRIMARY KEY (match_key, channel) INCLUDE (contact_id)
);
-- A planner that takes the table for empty, as it does when it was analysed amid a long import,
-- would look for a key in all of this index; the condition lets it be used for a contact only.
CREATE INDEX addresses_by_contact ON addresses (contact_id) INCLUDE (match_key, widened_key)
    WHERE contact_id IS NOT NULL;

-- Deleting a row here makes everything sealed under it unreadable for good (crypto-shredding).
CREATE TABLE contact_keys (
    contact_id BYTEA PRIMARY KEY REFERENCES contacts (id),
    wrapped BYTEA NOT NULL
);

CREATE TABLE consent_records (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    contact_id BYTEA NOT NULL REFERENCES contacts (id),
    scope TEXT COLLATE "C" NOT NULL,
    decision TEXT COLLATE "C" NOT NULL
        CHECK (decision IN ('requested', 'granted', 'denied', 'withdrawn')),
    basis TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    policy_version TEXT COLLATE "C" REFERENCES policies (version),
    policy_sha256 BYTEA CHECK (length(policy_sha256) = 32),
    locale TEXT COLLATE "C",
    given_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    expires_at BIGINT,
    opt_out_id BYTEA,
    actor TEXT COLLATE "C" NOT NULL,
    actor_type TEXT COLLATE "C" NOT NULL,
    import_id BYTEA,
    evidence BYTEA,
    -- Only a "no" may come without the text it was said to.
    CHECK (decision = 'withdrawn' OR policy_version IS NOT NULL),
    CHECK ((policy_version IS NULL) = (policy_sha256 IS NULL))
);
CREATE INDEX consent_records_by_contact ON consent_records (contact_id, recorded_at);

-- A projection of consent_records: one row per person and scope, so the guard makes one lookup.
CREATE TABLE permissions (
    contact_id BYTEA NOT NULL REFERENCES contacts (id),
    scope TEXT COLLATE "C" NOT NULL REFERENCES scopes (name),
    state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('none', 'unconfirmed', 'granted', 'denied', 'withdrawn', 'expired')),
    opt_out_status TEXT COLLATE "C" NOT NULL
        CHECK (opt_out_status IN ('none', 'pending', 'completed')),
    opt_out_id BYTEA,
    record_id BYTEA,
    decided_at BIGINT,
    expires_at BIGINT,
    policy_effective_at BIGINT,
    PRIMARY KEY (contact_id, scope) INCLUDE (
        state, opt_out_status, opt_out_id, record_id, decided_at, expires_at, policy_effective_at
    ),
    CHECK ((opt_out_status = 'none') = (opt_out_id IS NULL))
);
CREATE INDEX permissions_by_opt_out ON permissions (opt_out_id) WHERE opt_out_id IS NOT NULL;

-- Blocks by keyed hash; scope '' means all. Kept after the person's data is gone.
CREATE TABLE suppressions (
    match_key BYTEA NOT NULL CHECK (length(match_key) = 16),
    scope TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    widened BIGINT NOT NULL CHECK (widened IN (0, 1)),
    source TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    opt_out_id BYTEA,
    PRIMARY KEY (match_key, scope, reason, widened) INCLUDE (since, source, opt_out_id)
);

CREATE TABLE opt_outs (
    id BYTEA NOT NULL CHECK (length(id) = 16),
    contact_id BYTEA NOT NULL REFERENCES contacts (id),
    scope TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    regime TEXT COLLATE "C" NOT NULL,
    requested_at BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('pending', 'processing', 'completed')),
    processed_at BIGINT,
    processing_ms BIGINT,
    details BYTEA,
    PRIMARY KEY (id) INCLUDE (status),
    CHECK ((status = 'completed') = (processed_at IS NOT NULL))
);
CREATE INDEX opt_outs_by_contact ON opt_outs (contact_id);

CREATE TABLE opt_out_targets (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    opt_out_id BYTEA NOT NULL REFERENCES opt_outs (id),
    connector TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'confirmed', 'buried')),
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT,
    answer TEXT COLLATE "C",
    confirmed_at BIGINT,
    UNIQUE (opt_out_id, connector)
);

CREATE TABLE jobs (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT COLLATE "C" NOT NULL,
    subject BYTEA NOT NULL,
    lane TEXT COLLATE "C" NOT NULL,
    -- '' for work that speaks to no other system.
    connector TEXT COLLATE "C" NOT NULL,
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('ready', 'leased', 'buried')),
    leased_until BIGINT,
    attempts BIGINT NOT NULL
);
CREATE INDEX jobs_ready ON jobs (lane, connector, priority, run_at) WHERE state = 'ready';
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE state = 'leased';

CREATE TABLE audit_events (
    position BIGINT PRIMARY KEY DEFAULT next_position(),
    id BYTEA NOT NULL UNIQUE CHECK (length(id) = 16),
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    contact_id BYTEA,
    subject BYTEA,
    body BYTEA NOT NULL
);
CREATE INDEX audit_events_by_contact ON audit_events (contact_id, position)
    WHERE contact_id IS NOT NULL;
-- What is about a person is found by the person: an opt-out writes four events, and an entry less
-- for each is a tenth of what it writes in all.
CREATE INDEX audit_events_by_subject ON audit_events (subject, position)
    WHERE contact_id IS NULL AND subject IS NOT NULL;

CREATE TABLE api_keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('admin', 'sender', 'collector', 'auditor')),
    label TEXT COLLATE "C" NOT NULL,
    secret_sha256 BYTEA NOT NULL CHECK (length(secret_sha256) = 32),
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE connectors (
    name TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE imports (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    format TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    policy_version TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    undone_at BIGINT,
    counts TEXT COLLATE "C",
    -- How far it has come, written with the rows; housekeeping, so that it can go on after a crash.
    progress TEXT COLLATE "C",
    -- 1 when it only counts what would happen.
    is_dry_run BIGINT NOT NULL DEFAULT 0 CHECK (is_dry_run IN (0, 1)),
    -- Why it ended before its files did.
    failure TEXT COLLATE "C",
    -- Since when it is being undone; nothing of it is recorded from then on.
    undo_requested_at BIGINT,
    -- Who asked for that: the sort of actor, a slash, which one.
    undo_requested_by TEXT COLLATE "C"
);

-- Rows of an import that were not taken, as lines of CSV without addresses, some at a time: those
-- before one place in its files, written in the transaction that moves the import there.
CREATE TABLE import_rejections (
    import_id BYTEA NOT NULL REFERENCES imports (id),
    file_number BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    lines TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, file_number, row_number)
);

-- The answer to a request that may be repeated, written with its effect. Keys are keyed hashes.
CREATE TABLE idempotency_keys (
    key_hash BYTEA PRIMARY KEY,
    fingerprint BYTEA NOT NULL,
    receipt TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Insert-only, by the database itself: for the owner, too, and even where no row matches.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER consent_records_no_update BEFORE UPDATE ON consent_records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_records_no_delete BEFORE DELETE ON consent_records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_records_no_truncate BEFORE TRUNCATE ON consent_records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER policies_no_update BEFORE UPDATE ON policies
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policies_no_delete BEFORE DELETE ON policies
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policies_no_truncate BEFORE TRUNCATE ON policies
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER policy_reconsents_no_update BEFORE UPDATE ON policy_reconsents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_reconsents_no_delete BEFORE DELETE ON policy_reconsents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_reconsents_no_truncate BEFORE TRUNCATE ON policy_reconsents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The application's rights: nothing, then what each table needs. FOR NO KEY UPDATE on a contact
-- needs the right to update one of its columns.
REVOKE ALL ON ALL TABLES IN SCHEMA heed FROM PUBLIC, heed_app;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA heed FROM PUBLIC, heed_app;
GRANT EXECUTE ON FUNCTION next_position(), refuse_position(), settled_before() TO heed_app;
GRANT SELECT ON schema_migrations TO heed_app;
GRANT SELECT, INSERT ON
    vault_keys, scopes, forms, form_boxes, policies, policy_reconsents, contacts, addresses,
    contact_keys, consent_records, audit_events, connectors
    TO heed_app;
GRANT UPDATE (external_id, locale, region) ON contacts TO heed_app;
GRANT SELECT, INSERT, UPDATE ON
    scope_texts, permissions, opt_outs, opt_out_targets, api_keys, imports
    TO heed_app;
GRANT SELECT, INSERT, DELETE ON idempotency_keys, import_rejections TO heed_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON suppressions, jobs TO heed_app;
