-- What people ask for by right: requests with their clocks, what other systems were told, receipts.
-- Times are microseconds since 1970, ids 16 bytes, hashes 32.

-- The token opens the receipt: sealed for the operator to pass on, and as a keyed hash to find it.
CREATE TABLE requests (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN (
        'access', 'rectification', 'erasure', 'restriction', 'objection', 'do-not-sell'
    )),
    contact_id BLOB NOT NULL REFERENCES contacts (id),
    source TEXT NOT NULL,
    regime TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    extended_at INTEGER,
    status TEXT NOT NULL CHECK (status IN (
        'received', 'verified', 'held', 'processing', 'completed', 'partly-refused', 'refused'
    )),
    verified_by TEXT,
    verified_at INTEGER,
    ended_at INTEGER,
    reason TEXT,
    keeps_block INTEGER NOT NULL CHECK (keeps_block IN (0, 1)),
    token_hash BLOB NOT NULL UNIQUE,
    token_sealed BLOB NOT NULL,
    CHECK ((verified_by IS NULL) = (verified_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_contact ON requests (contact_id);
CREATE INDEX requests_open ON requests (deadline_at) WHERE ended_at IS NULL;

-- `sealed` is what is left of the addresses after the erasure, under a key of the installation, as
-- long as the connector has not confirmed.
CREATE TABLE erasure_targets (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    request_id BLOB NOT NULL REFERENCES requests (id),
    connector TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'buried', 'cancelled')),
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER,
    answer TEXT,
    confirmed_at INTEGER,
    sealed BLOB,
    UNIQUE (request_id, connector)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    request_id BLOB NOT NULL REFERENCES requests (id),
    number INTEGER NOT NULL CHECK (number > 0),
    issued_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts is insert-only'); END;
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts is insert-only'); END;
CREATE TRIGGER receipts_no_replace BEFORE INSERT ON receipts
WHEN EXISTS (
    SELECT 1 FROM receipts WHERE request_id = NEW.request_id AND number = NEW.number
)
BEGIN SELECT RAISE(ABORT, 'receipts is insert-only'); END;

-- Backups that were put back. While finished_at is empty nothing is served, because what was
-- stopped after the backup is not stopped again. From since_size leaves on the log has a new name.
CREATE TABLE restores (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    origin TEXT NOT NULL,
    verifier TEXT NOT NULL,
    since_size INTEGER NOT NULL CHECK (since_size >= 0),
    since_position INTEGER NOT NULL
) STRICT;

CREATE TRIGGER restores_no_update BEFORE UPDATE ON restores
WHEN OLD.finished_at IS NOT NULL OR NEW.number <> OLD.number OR NEW.origin <> OLD.origin
    OR NEW.verifier <> OLD.verifier OR NEW.since_size <> OLD.since_size
BEGIN SELECT RAISE(ABORT, 'restores: only the end of one is filled in, once'); END;
CREATE TRIGGER restores_no_delete BEFORE DELETE ON restores
BEGIN SELECT RAISE(ABORT, 'restores is insert-only'); END;

-- Which master key wraps the row: an id that says nothing about the key. NULL in rows of a version
-- that did not know it.
ALTER TABLE vault_keys ADD COLUMN master_id TEXT;

-- The lookup keys after the first, each over what the one before made, sealed by the vault's key
-- for people's keys.
CREATE TABLE lookup_keys (
    generation INTEGER PRIMARY KEY CHECK (generation > 0),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER lookup_keys_no_update BEFORE UPDATE ON lookup_keys
BEGIN SELECT RAISE(ABORT, 'lookup_keys is insert-only'); END;
CREATE TRIGGER lookup_keys_no_delete BEFORE DELETE ON lookup_keys
BEGIN SELECT RAISE(ABORT, 'lookup_keys is insert-only'); END;

-- One row. Hashes below `bound` are under the newest key, the others under the one before; all are
-- where it is NULL. `epoch` grows with each change of it.
CREATE TABLE lookup_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    bound BLOB CHECK (length(bound) = 16)
) STRICT;
INSERT INTO lookup_state (id, epoch, generation) VALUES (1, 0, 0);
CREATE TRIGGER lookup_state_no_delete BEFORE DELETE ON lookup_state
BEGIN SELECT RAISE(ABORT, 'lookup_state keeps its row'); END;

-- For a change of the lookup key alone; most people have no alias.
CREATE INDEX addresses_by_widened ON addresses (widened_key) WHERE widened_key <> match_key;
