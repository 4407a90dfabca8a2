-- Changing connectors on PostgreSQL: the twin of 0004-connectors.sqlite.sql, table by table.

-- Since when nothing is told to the connector; NULL while it is.
ALTER TABLE connectors ADD COLUMN disabled_at BIGINT;

-- A target of a connector that was removed is cancelled: neither told nor waited for.
ALTER TABLE opt_out_targets DROP CONSTRAINT opt_out_targets_state_check;
ALTER TABLE opt_out_targets ADD CONSTRAINT opt_out_targets_state_check
    CHECK (state IN ('pending', 'confirmed', 'buried', 'cancelled'));
DROP INDEX opt_out_targets_open;
CREATE INDEX opt_out_targets_open ON opt_out_targets (connector, state)
    WHERE state IN ('pending', 'buried');

GRANT UPDATE, DELETE ON connectors TO heed_app;
