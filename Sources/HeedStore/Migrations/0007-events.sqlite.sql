-- What messages led to: sent, delivered, opened, clicked, bounced, complained, unsubscribed.
-- Times are microseconds since 1970, ids 16 bytes.

-- An erasure takes `contact_id`, `first_key` and `sealed`, and the row stays to be counted.
-- `id` is a keyed hash of what the sender calls the event, so that it is taken once.
-- `is_first` says, for good, that no event before it was the same for the same person and message;
-- `first_key`, a keyed hash of the three, is how that is found out.
CREATE TABLE events (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN (
        'sent', 'delivered', 'opened', 'clicked', 'soft-bounced', 'hard-bounced', 'complained',
        'unsubscribed'
    )),
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    campaign TEXT,
    scope TEXT REFERENCES scopes (name),
    is_first INTEGER NOT NULL CHECK (is_first IN (0, 1)),
    contact_id BLOB REFERENCES contacts (id),
    first_key BLOB CHECK (length(first_key) = 16),
    sealed BLOB,
    CHECK (contact_id IS NOT NULL OR (first_key IS NULL AND sealed IS NULL))
) STRICT;
CREATE INDEX events_by_contact ON events (contact_id, id) WHERE contact_id IS NOT NULL;
CREATE UNIQUE INDEX events_by_first ON events (first_key) WHERE first_key IS NOT NULL;
CREATE INDEX events_by_time ON events (at, id);

-- What is counted never changes.
CREATE TRIGGER events_keep BEFORE UPDATE OF id, kind, at, recorded_at, campaign, scope, is_first
ON events
BEGIN SELECT RAISE(ABORT, 'events only lose whom they are about'); END;

-- What the guard said about people before a send, where that is recorded; random ids only.
-- `place` is the row's number in its batch; its event in the log has the hash of the rows' hashes.
CREATE TABLE send_decisions (
    batch_id BLOB NOT NULL CHECK (length(batch_id) = 16),
    place INTEGER NOT NULL,
    contact_id BLOB NOT NULL REFERENCES contacts (id),
    decided_at INTEGER NOT NULL,
    scope TEXT NOT NULL,
    campaign TEXT,
    reason TEXT NOT NULL,
    position INTEGER NOT NULL,
    record_id BLOB CHECK (length(record_id) = 16),
    PRIMARY KEY (batch_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX send_decisions_by_contact ON send_decisions (contact_id, batch_id, place);

-- As for the log: nothing changes, and what is past the horizon and on no hold may go.
CREATE TRIGGER send_decisions_no_update BEFORE UPDATE ON send_decisions
BEGIN SELECT RAISE(ABORT, 'send_decisions is insert-only'); END;
CREATE TRIGGER send_decisions_no_delete BEFORE DELETE ON send_decisions
WHEN NOT (OLD.decided_at < coalesce((SELECT audit_before FROM retention WHERE id = 1), 0))
    OR EXISTS (SELECT 1 FROM legal_holds WHERE contact_id IS NULL OR contact_id = OLD.contact_id)
BEGIN SELECT RAISE(ABORT, 'send_decisions is insert-only until the retention horizon'); END;
CREATE TRIGGER send_decisions_no_replace BEFORE INSERT ON send_decisions
WHEN EXISTS (SELECT 1 FROM send_decisions WHERE batch_id = NEW.batch_id AND place = NEW.place)
BEGIN SELECT RAISE(ABORT, 'send_decisions is insert-only'); END;
