-- What messages led to, on PostgreSQL: the twin of 0007-events.sqlite.sql, table by table.

-- An erasure takes `contact_id`, `first_key` and `sealed`, and the row stays to be counted.
-- `id` is a keyed hash of what the sender calls the event, so that it is taken once.
-- `is_first` says, for good, that no event before it was the same for the same person and message;
-- `first_key`, a keyed hash of the three, is how that is found out.
CREATE TABLE events (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN (
        'sent', 'delivered', 'opened', 'clicked', 'soft-bounced', 'hard-bounced', 'complained',
        'unsubscribed'
    )),
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    campaign TEXT COLLATE "C",
    scope TEXT COLLATE "C" REFERENCES scopes (name),
    is_first BIGINT NOT NULL CHECK (is_first IN (0, 1)),
    contact_id BYTEA REFERENCES contacts (id),
    first_key BYTEA CHECK (length(first_key) = 16),
    sealed BYTEA,
    CHECK (contact_id IS NOT NULL OR (first_key IS NULL AND sealed IS NULL))
);
CREATE INDEX events_by_contact ON events (contact_id, id) WHERE contact_id IS NOT NULL;
CREATE UNIQUE INDEX events_by_first ON events (first_key) WHERE first_key IS NOT NULL;
CREATE INDEX events_by_time ON events (at, id);

-- What is counted never changes, also for the owner.
CREATE FUNCTION refuse_recount() RETURNS trigger
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'events only lose whom they are about' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER events_keep
BEFORE UPDATE OF id, kind, at, recorded_at, campaign, scope, is_first ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_recount();

REVOKE ALL ON events FROM PUBLIC, heed_app;
GRANT SELECT, INSERT, DELETE ON events TO heed_app;
GRANT UPDATE (contact_id, first_key, sealed) ON events TO heed_app;

-- What the guard said about people before a send, where that is recorded; random ids only.
-- `place` is the row's number in its batch; its event in the log has the hash of the rows' hashes.
CREATE TABLE send_decisions (
    batch_id BYTEA NOT NULL CHECK (length(batch_id) = 16),
    place BIGINT NOT NULL,
    contact_id BYTEA NOT NULL REFERENCES contacts (id),
    decided_at BIGINT NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    campaign TEXT COLLATE "C",
    reason TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    record_id BYTEA CHECK (length(record_id) = 16),
    PRIMARY KEY (batch_id, place)
);
CREATE INDEX send_decisions_by_contact ON send_decisions (contact_id, batch_id, place);

-- As for the log: nothing changes, and what is past the horizon and on no hold may go.
CREATE TRIGGER send_decisions_no_update BEFORE UPDATE ON send_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER send_decisions_no_truncate BEFORE TRUNCATE ON send_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_young_send() RETURNS trigger
LANGUAGE plpgsql SET search_path = heed, pg_temp AS $$
BEGIN
    IF NOT (OLD.decided_at < coalesce((SELECT audit_before FROM retention WHERE id = 1), 0))
        OR EXISTS (
            SELECT 1 FROM legal_holds WHERE contact_id IS NULL OR contact_id = OLD.contact_id
        )
    THEN
        RAISE EXCEPTION 'send_decisions is insert-only until the retention horizon'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER send_decisions_no_delete BEFORE DELETE ON send_decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_young_send();

REVOKE ALL ON send_decisions FROM PUBLIC, heed_app;
GRANT SELECT, INSERT, DELETE ON send_decisions TO heed_app;
