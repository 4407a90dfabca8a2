-- The log's tables on PostgreSQL: the twin of 0002-ledger.sqlite.sql, table by table.

-- What the log is called and which key signs it, fixed at its first checkpoint.
CREATE TABLE ledger_identity (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    origin TEXT COLLATE "C" NOT NULL,
    verifier TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

-- One row an audit event, in the order of the log. It outlives the event: a purged event leaves
-- its hash, so that the proofs of all others go on verifying.
CREATE TABLE ledger_leaves (
    leaf_index BIGINT PRIMARY KEY CHECK (leaf_index >= 0),
    position BIGINT NOT NULL,
    event_id BYTEA NOT NULL UNIQUE CHECK (length(event_id) = 16),
    hash BYTEA NOT NULL CHECK (length(hash) = 32)
);

-- Full tiles only (C2SP tlog-tiles): 256 hashes each. `root` comes before `data`, so that reading
-- the hashes of the next level does not read the tiles.
CREATE TABLE ledger_tiles (
    level BIGINT NOT NULL CHECK (level BETWEEN 0 AND 7),
    tile_index BIGINT NOT NULL CHECK (tile_index >= 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    data BYTEA NOT NULL CHECK (length(data) = 8192),
    PRIMARY KEY (level, tile_index)
);

CREATE TABLE checkpoints (
    size BIGINT PRIMARY KEY CHECK (size > 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    signed_at BIGINT NOT NULL,
    note BYTEA NOT NULL
);

-- What witnesses said about a checkpoint, a signature line each.
CREATE TABLE checkpoint_cosignatures (
    size BIGINT NOT NULL REFERENCES checkpoints (size),
    witness TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    cosigned_at BIGINT NOT NULL,
    PRIMARY KEY (size, witness)
);

-- Which process does what only one may do at a time.
CREATE TABLE leases (
    name TEXT COLLATE "C" PRIMARY KEY,
    holder BYTEA NOT NULL CHECK (length(holder) = 16),
    leased_until BIGINT NOT NULL
);

-- Rows older than these instants may be purged; younger ones may not, whoever asks.
CREATE TABLE retention (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    audit_before BIGINT NOT NULL,
    consent_before BIGINT NOT NULL
);
INSERT INTO retention (id, audit_before, consent_before) VALUES (1, 0, 0);

-- While a hold stands nothing it covers is purged; without a contact it covers everything.
CREATE TABLE legal_holds (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    contact_id BYTEA REFERENCES contacts (id),
    reason BYTEA NOT NULL,
    placed_at BIGINT NOT NULL
);
CREATE INDEX legal_holds_by_contact ON legal_holds (contact_id);

-- What the verifier found, the newest last; findings are text without personal data.
CREATE TABLE verifications (
    finished_at BIGINT PRIMARY KEY,
    started_at BIGINT NOT NULL,
    log_size BIGINT NOT NULL,
    events BIGINT NOT NULL,
    findings BIGINT NOT NULL,
    summary TEXT COLLATE "C" NOT NULL
);

CREATE TRIGGER ledger_identity_no_update BEFORE UPDATE ON ledger_identity
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_identity_no_delete BEFORE DELETE ON ledger_identity
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_identity_no_truncate BEFORE TRUNCATE ON ledger_identity
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER ledger_leaves_no_update BEFORE UPDATE ON ledger_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_leaves_no_delete BEFORE DELETE ON ledger_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_leaves_no_truncate BEFORE TRUNCATE ON ledger_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER ledger_tiles_no_update BEFORE UPDATE ON ledger_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_tiles_no_delete BEFORE DELETE ON ledger_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_tiles_no_truncate BEFORE TRUNCATE ON ledger_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER checkpoint_cosignatures_no_update BEFORE UPDATE ON checkpoint_cosignatures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_cosignatures_no_delete BEFORE DELETE ON checkpoint_cosignatures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_cosignatures_no_truncate BEFORE TRUNCATE ON checkpoint_cosignatures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER verifications_no_update BEFORE UPDATE ON verifications
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER verifications_no_delete BEFORE DELETE ON verifications
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER verifications_no_truncate BEFORE TRUNCATE ON verifications
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A row cannot be replaced here without UPDATE or DELETE, so there is no twin of SQLite's
-- triggers on INSERT OR REPLACE.
CREATE FUNCTION refuse_smaller_checkpoint() RETURNS trigger
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM checkpoints WHERE size >= NEW.size) THEN
        RAISE EXCEPTION 'checkpoints is insert-only, and a log only grows'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER checkpoints_only_grow BEFORE INSERT ON checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_smaller_checkpoint();

-- The horizon moves forward only, and never closer to the present than 1095 days, the least that
-- Heed can be configured to keep. The clock here is the database's own.
CREATE FUNCTION refuse_horizon() RETURNS trigger
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    IF NEW.id <> 1 OR NEW.audit_before < OLD.audit_before
        OR NEW.consent_before < OLD.consent_before
        OR greatest(NEW.audit_before, NEW.consent_before)
            > (extract(epoch FROM clock_timestamp())::bigint - 1095 * 86400) * 1000000
    THEN
        RAISE EXCEPTION 'retention: a horizon moves forward only, and stays 1095 days back'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER retention_only_forward BEFORE UPDATE ON retention
    FOR EACH ROW EXECUTE FUNCTION refuse_horizon();
CREATE TRIGGER retention_no_delete BEFORE DELETE ON retention
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER retention_no_truncate BEFORE TRUNCATE ON retention
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- From here on an old row may go: once it is past the horizon, on no hold, and its hash is in the
-- log. Without a horizon nothing may go.
CREATE FUNCTION refuse_young_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    IF NOT (OLD.at < coalesce((SELECT audit_before FROM retention WHERE id = 1), 0))
        OR EXISTS (
            SELECT 1 FROM legal_holds WHERE contact_id IS NULL OR contact_id = OLD.contact_id
        )
        OR NOT EXISTS (SELECT 1 FROM ledger_leaves WHERE event_id = OLD.id)
    THEN
        RAISE EXCEPTION 'audit_events is insert-only until the retention horizon'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
DROP TRIGGER audit_events_no_delete ON audit_events;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_young_event();

-- A record that a permission stands on stays, however old: it is why mail may be sent or not.
CREATE FUNCTION refuse_young_record() RETURNS trigger
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    IF NOT (OLD.recorded_at < coalesce((SELECT consent_before FROM retention WHERE id = 1), 0))
        OR EXISTS (
            SELECT 1 FROM legal_holds WHERE contact_id IS NULL OR contact_id = OLD.contact_id
        )
        OR EXISTS (
            SELECT 1 FROM permissions WHERE contact_id = OLD.contact_id AND record_id = OLD.id
        )
    THEN
        RAISE EXCEPTION 'consent_records is insert-only until the retention horizon'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
DROP TRIGGER consent_records_no_delete ON consent_records;
CREATE TRIGGER consent_records_no_delete BEFORE DELETE ON consent_records
    FOR EACH ROW EXECUTE FUNCTION refuse_young_record();

-- The application purges through these alone. They run with the owner's rights, so that it needs
-- none of its own to update or delete, and the triggers above look at each row.
CREATE FUNCTION move_consent_horizon(before BIGINT) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = heed, pg_temp AS $$
    UPDATE retention SET consent_before = before WHERE consent_before < before;
$$;
CREATE FUNCTION move_audit_horizon(before BIGINT) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = heed, pg_temp AS $$
    UPDATE retention SET audit_before = before WHERE audit_before < before;
$$;
CREATE FUNCTION purge_consent_record(record BYTEA) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = heed, pg_temp AS $$
    DELETE FROM consent_records WHERE id = record;
$$;
CREATE FUNCTION purge_audit_event(place BIGINT) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = heed, pg_temp AS $$
    DELETE FROM audit_events WHERE position = place;
$$;

REVOKE ALL ON
    ledger_identity, ledger_leaves, ledger_tiles, checkpoints, checkpoint_cosignatures, leases,
    retention, legal_holds, verifications
    FROM PUBLIC, heed_app;
REVOKE ALL ON FUNCTION
    refuse_smaller_checkpoint(), refuse_horizon(), refuse_young_event(), refuse_young_record(),
    move_consent_horizon(BIGINT), move_audit_horizon(BIGINT), purge_consent_record(BYTEA),
    purge_audit_event(BIGINT)
    FROM PUBLIC, heed_app;
GRANT EXECUTE ON FUNCTION
    move_consent_horizon(BIGINT), move_audit_horizon(BIGINT), purge_consent_record(BYTEA),
    purge_audit_event(BIGINT)
    TO heed_app;
GRANT SELECT, INSERT ON
    ledger_identity, ledger_leaves, ledger_tiles, checkpoints, checkpoint_cosignatures,
    verifications
    TO heed_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO heed_app;
GRANT SELECT ON retention TO heed_app;
GRANT SELECT, INSERT, DELETE ON legal_holds TO heed_app;
