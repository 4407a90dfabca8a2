-- Connectors that are changed, disabled and removed, and what then becomes of what they were to be
-- told. Times are microseconds since 1970.

-- Since when nothing is told to the connector; NULL while it is.
ALTER TABLE connectors ADD COLUMN disabled_at INTEGER;

-- A target of a connector that was removed is cancelled: neither told nor waited for.
CREATE TABLE opt_out_targets_4 (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    opt_out_id BLOB NOT NULL REFERENCES opt_outs (id),
    connector TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'buried', 'cancelled')),
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER,
    answer TEXT,
    confirmed_at INTEGER,
    UNIQUE (opt_out_id, connector)
) STRICT, WITHOUT ROWID;
INSERT INTO opt_out_targets_4 (
    id, opt_out_id, connector, state, attempts, next_attempt_at, answer, confirmed_at
)
SELECT id, opt_out_id, connector, state, attempts, next_attempt_at, answer, confirmed_at
FROM opt_out_targets;
DROP TABLE opt_out_targets;
ALTER TABLE opt_out_targets_4 RENAME TO opt_out_targets;
CREATE INDEX opt_out_targets_open ON opt_out_targets (connector, state)
    WHERE state IN ('pending', 'buried');
