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
