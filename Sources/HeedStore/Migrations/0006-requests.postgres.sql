-- What people ask for by right, on PostgreSQL: the twin of 0006-requests.sqlite.sql.

-- The token opens the receipt: sealed for the operator to pass on, and as a keyed hash to find it.
CREATE TABLE requests (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN (
        'access', 'rectification', 'erasure', 'restriction', 'objection', 'do-not-sell'
    )),
    contact_id BYTEA NOT NULL REFERENCES contacts (id),
    source TEXT COLLATE "C" NOT NULL,
    regime TEXT COLLATE "C" NOT NULL,
    requested_at BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL,
    extended_at BIGINT,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN (
        'received', 'verified', 'held', 'processing', 'completed', 'partly-refused', 'refused'
    )),
    verified_by TEXT COLLATE "C",
    verified_at BIGINT,
    ended_at BIGINT,
    reason TEXT COLLATE "C",
    keeps_block BIGINT NOT NULL CHECK (keeps_block IN (0, 1)),
    token_hash BYTEA NOT NULL UNIQUE,
    token_sealed BYTEA NOT NULL,
    CHECK ((verified_by IS NULL) = (verified_at IS NULL))
);
CREATE INDEX requests_by_contact ON requests (contact_id);
CREATE INDEX requests_open ON requests (deadline_at) WHERE ended_at IS NULL;

-- `sealed` is what is left of the addresses after the erasure, under a key of the installation, as
-- long as the connector has not confirmed.
CREATE TABLE erasure_targets (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    request_id BYTEA NOT NULL REFERENCES requests (id),
    connector TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('pending', 'confirmed', 'buried', 'cancelled')),
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT,
    answer TEXT COLLATE "C",
    confirmed_at BIGINT,
    sealed BYTEA,
    UNIQUE (request_id, connector)
);

CREATE TABLE receipts (
    request_id BYTEA NOT NULL REFERENCES requests (id),
    number BIGINT NOT NULL CHECK (number > 0),
    issued_at BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (request_id, number)
);

CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipts_no_truncate BEFORE TRUNCATE ON receipts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE ALL ON requests, erasure_targets, receipts FROM PUBLIC, heed_app;
GRANT SELECT, INSERT, UPDATE ON requests, erasure_targets TO heed_app;
GRANT SELECT, INSERT ON receipts TO heed_app;
-- What an erasure takes away.
GRANT DELETE ON addresses, contact_keys, permissions TO heed_app;

-- Backups that were put back. While finished_at is empty nothing is served, because what was
-- stopped after the backup is not stopped again. From since_size leaves on the log has a new name.
CREATE TABLE restores (
    number BIGINT PRIMARY KEY CHECK (number > 0),
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    origin TEXT COLLATE "C" NOT NULL,
    verifier TEXT COLLATE "C" NOT NULL,
    since_size BIGINT NOT NULL CHECK (since_size >= 0),
    since_position BIGINT NOT NULL
);

CREATE TRIGGER restores_no_update BEFORE UPDATE ON restores FOR EACH ROW
    WHEN (OLD.finished_at IS NOT NULL OR NEW.number <> OLD.number OR NEW.origin <> OLD.origin
        OR NEW.verifier <> OLD.verifier OR NEW.since_size <> OLD.since_size)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER restores_no_delete BEFORE DELETE ON restores
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER restores_no_truncate BEFORE TRUNCATE ON restores
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE ALL ON restores FROM PUBLIC, heed_app;
GRANT SELECT, INSERT, UPDATE (finished_at) ON restores TO heed_app;

-- Which master key wraps the row: an id that says nothing about the key. NULL in rows of a version
-- that did not know it.
ALTER TABLE vault_keys ADD COLUMN master_id TEXT COLLATE "C";

-- The lookup keys after the first, each over what the one before made, sealed by the vault's key
-- for people's keys.
CREATE TABLE lookup_keys (
    generation BIGINT PRIMARY KEY CHECK (generation > 0),
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- One row. Hashes below `bound` are under the newest key, the others under the one before; all are
-- where it is NULL. `epoch` grows with each change of it.
CREATE TABLE lookup_state (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    epoch BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    bound BYTEA CHECK (length(bound) = 16)
);
INSERT INTO lookup_state (id, epoch, generation) VALUES (1, 0, 0);

-- Refuses a transaction that has hashed addresses by a state that is not the present one any more;
-- the transaction that makes a new state has the one before. A read asks as it begins and has its
-- snapshot; a write asks last, when whoever changes the state has to wait for it.
CREATE FUNCTION require_lookup_epoch(expected BIGINT) RETURNS VOID
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM lookup_state WHERE epoch = expected OR (
            epoch = expected + 1 AND xmin = pg_current_xact_id_if_assigned()::xid
        )
    ) THEN
        RAISE EXCEPTION 'the lookup key was changed meanwhile' USING ERRCODE = 'HD001';
    END IF;
END
$$;

CREATE TRIGGER lookup_keys_no_update BEFORE UPDATE ON lookup_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lookup_keys_no_delete BEFORE DELETE ON lookup_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lookup_keys_no_truncate BEFORE TRUNCATE ON lookup_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lookup_state_no_delete BEFORE DELETE ON lookup_state
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lookup_state_no_truncate BEFORE TRUNCATE ON lookup_state
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE ALL ON lookup_keys, lookup_state FROM PUBLIC, heed_app;
REVOKE ALL ON FUNCTION require_lookup_epoch(BIGINT) FROM PUBLIC, heed_app;
GRANT SELECT ON lookup_keys, lookup_state TO heed_app;
GRANT EXECUTE ON FUNCTION require_lookup_epoch(BIGINT) TO heed_app;

-- For a change of the lookup key alone; most people have no alias.
CREATE INDEX addresses_by_widened ON addresses (widened_key) WHERE widened_key <> match_key;
