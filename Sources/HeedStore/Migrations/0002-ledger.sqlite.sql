-- The log over the audit events (leaves, tiles, signed heads), and how long rows have to stay.
-- Times are microseconds since 1970, ids 16 bytes, hashes 32.

-- What the log is called and which key signs it, fixed at its first checkpoint.
CREATE TABLE ledger_identity (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    origin TEXT NOT NULL,
    verifier TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One row an audit event, in the order of the log. It outlives the event: a purged event leaves
-- its hash, so that the proofs of all others go on verifying.
CREATE TABLE ledger_leaves (
    leaf_index INTEGER PRIMARY KEY CHECK (leaf_index >= 0),
    position INTEGER NOT NULL,
    event_id BLOB NOT NULL UNIQUE CHECK (length(event_id) = 16),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Full tiles only (C2SP tlog-tiles): 256 hashes each. `root` comes before `data`, so that reading
-- the hashes of the next level does not read the tiles.
CREATE TABLE ledger_tiles (
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 7),
    tile_index INTEGER NOT NULL CHECK (tile_index >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    data BLOB NOT NULL CHECK (length(data) = 8192),
    PRIMARY KEY (level, tile_index)
) STRICT;

CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY CHECK (size > 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    signed_at INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;

-- What witnesses said about a checkpoint, a signature line each.
CREATE TABLE checkpoint_cosignatures (
    size INTEGER NOT NULL REFERENCES checkpoints (size),
    witness TEXT NOT NULL,
    line TEXT NOT NULL,
    cosigned_at INTEGER NOT NULL,
    PRIMARY KEY (size, witness)
) STRICT, WITHOUT ROWID;

-- Which process does what only one may do at a time.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL CHECK (length(holder) = 16),
    leased_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Rows older than these instants may be purged; younger ones may not, whoever asks.
CREATE TABLE retention (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    audit_before INTEGER NOT NULL,
    consent_before INTEGER NOT NULL
) STRICT;
INSERT INTO retention (id, audit_before, consent_before) VALUES (1, 0, 0);

-- While a hold stands nothing it covers is purged; without a contact it covers everything.
CREATE TABLE legal_holds (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    contact_id BLOB REFERENCES contacts (id),
    reason BLOB NOT NULL,
    placed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX legal_holds_by_contact ON legal_holds (contact_id);

-- What the verifier found, the newest last; findings are text without personal data.
CREATE TABLE verifications (
    finished_at INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    log_size INTEGER NOT NULL,
    events INTEGER NOT NULL,
    findings INTEGER NOT NULL,
    summary TEXT NOT NULL
) STRICT;

CREATE TRIGGER ledger_identity_no_update BEFORE UPDATE ON ledger_identity
BEGIN SELECT RAISE(ABORT, 'ledger_identity is insert-only'); END;
CREATE TRIGGER ledger_identity_no_delete BEFORE DELETE ON ledger_identity
BEGIN SELECT RAISE(ABORT, 'ledger_identity is insert-only'); END;
CREATE TRIGGER ledger_identity_no_replace BEFORE INSERT ON ledger_identity
WHEN EXISTS (SELECT 1 FROM ledger_identity)
BEGIN SELECT RAISE(ABORT, 'ledger_identity is insert-only'); END;

CREATE TRIGGER ledger_leaves_no_update BEFORE UPDATE ON ledger_leaves
BEGIN SELECT RAISE(ABORT, 'ledger_leaves is insert-only'); END;
CREATE TRIGGER ledger_leaves_no_delete BEFORE DELETE ON ledger_leaves
BEGIN SELECT RAISE(ABORT, 'ledger_leaves is insert-only'); END;
CREATE TRIGGER ledger_leaves_no_replace BEFORE INSERT ON ledger_leaves
WHEN EXISTS (
    SELECT 1 FROM ledger_leaves WHERE leaf_index = NEW.leaf_index OR event_id = NEW.event_id
)
BEGIN SELECT RAISE(ABORT, 'ledger_leaves is insert-only'); END;

CREATE TRIGGER ledger_tiles_no_update BEFORE UPDATE ON ledger_tiles
BEGIN SELECT RAISE(ABORT, 'ledger_tiles is insert-only'); END;
CREATE TRIGGER ledger_tiles_no_delete BEFORE DELETE ON ledger_tiles
BEGIN SELECT RAISE(ABORT, 'ledger_tiles is insert-only'); END;
CREATE TRIGGER ledger_tiles_no_replace BEFORE INSERT ON ledger_tiles
WHEN EXISTS (
    SELECT 1 FROM ledger_tiles WHERE level = NEW.level AND tile_index = NEW.tile_index
)
BEGIN SELECT RAISE(ABORT, 'ledger_tiles is insert-only'); END;

CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints is insert-only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints is insert-only'); END;
CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints WHERE size >= NEW.size)
BEGIN SELECT RAISE(ABORT, 'checkpoints is insert-only, and a log only grows'); END;

CREATE TRIGGER checkpoint_cosignatures_no_update BEFORE UPDATE ON checkpoint_cosignatures
BEGIN SELECT RAISE(ABORT, 'checkpoint_cosignatures is insert-only'); END;
CREATE TRIGGER checkpoint_cosignatures_no_delete BEFORE DELETE ON checkpoint_cosignatures
BEGIN SELECT RAISE(ABORT, 'checkpoint_cosignatures is insert-only'); END;
CREATE TRIGGER checkpoint_cosignatures_no_replace BEFORE INSERT ON checkpoint_cosignatures
WHEN EXISTS (
    SELECT 1 FROM checkpoint_cosignatures WHERE size = NEW.size AND witness = NEW.witness
)
BEGIN SELECT RAISE(ABORT, 'checkpoint_cosignatures is insert-only'); END;

CREATE TRIGGER verifications_no_update BEFORE UPDATE ON verifications
BEGIN SELECT RAISE(ABORT, 'verifications is insert-only'); END;
CREATE TRIGGER verifications_no_delete BEFORE DELETE ON verifications
BEGIN SELECT RAISE(ABORT, 'verifications is insert-only'); END;
CREATE TRIGGER verifications_no_replace BEFORE INSERT ON verifications
WHEN EXISTS (SELECT 1 FROM verifications WHERE finished_at = NEW.finished_at)
BEGIN SELECT RAISE(ABORT, 'verifications is insert-only'); END;

-- The horizon moves forward only, and never closer to the present than 1095 days, the least that
-- Heed can be configured to keep. The clock here is the database's own.
CREATE TRIGGER retention_only_forward BEFORE UPDATE ON retention
WHEN NEW.id <> 1 OR NEW.audit_before < OLD.audit_before
    OR NEW.consent_before < OLD.consent_before
    OR max(NEW.audit_before, NEW.consent_before)
        > (CAST(strftime('%s', 'now') AS INTEGER) - 1095 * 86400) * 1000000
BEGIN
    SELECT RAISE(ABORT, 'retention: a horizon moves forward only, and stays 1095 days back');
END;
CREATE TRIGGER retention_no_delete BEFORE DELETE ON retention
BEGIN SELECT RAISE(ABORT, 'retention is never deleted'); END;
CREATE TRIGGER retention_no_replace BEFORE INSERT ON retention
WHEN EXISTS (SELECT 1 FROM retention)
BEGIN SELECT RAISE(ABORT, 'retention has one row'); END;

-- From here on an old row may go: once it is past the horizon, on no hold, and its hash is in the
-- log. Without a horizon nothing may go.
DROP TRIGGER audit_events_no_delete;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
WHEN NOT (OLD.at < coalesce((SELECT audit_before FROM retention WHERE id = 1), 0))
    OR EXISTS (SELECT 1 FROM legal_holds WHERE contact_id IS NULL OR contact_id = OLD.contact_id)
    OR NOT EXISTS (SELECT 1 FROM ledger_leaves WHERE event_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'audit_events is insert-only until the retention horizon'); END;

-- A record that a permission stands on stays, however old: it is why mail may be sent or not.
DROP TRIGGER consent_records_no_delete;
CREATE TRIGGER consent_records_no_delete BEFORE DELETE ON consent_records
WHEN NOT (OLD.recorded_at < coalesce((SELECT consent_before FROM retention WHERE id = 1), 0))
    OR EXISTS (SELECT 1 FROM legal_holds WHERE contact_id IS NULL OR contact_id = OLD.contact_id)
    OR EXISTS (
        SELECT 1 FROM permissions WHERE contact_id = OLD.contact_id AND record_id = OLD.id
    )
BEGIN SELECT RAISE(ABORT, 'consent_records is insert-only until the retention horizon'); END;
