-- Watching on PostgreSQL: the twin of 0003-alerts.sqlite.sql, table by table.

-- When the job was first due: run_at moves with every attempt, this does not. NULL in rows of a
-- version that did not know it, where run_at stands for it.
ALTER TABLE jobs ADD COLUMN due_at BIGINT;
CREATE INDEX jobs_waiting ON jobs (lane, coalesce(due_at, run_at)) WHERE state <> 'buried';

-- The deadlines that are still to be met, and opt-outs by the time they were asked for.
CREATE INDEX opt_outs_open ON opt_outs (deadline_at) WHERE status <> 'completed';
CREATE INDEX opt_outs_by_request ON opt_outs (requested_at);
CREATE INDEX opt_out_targets_open ON opt_out_targets (connector, state)
    WHERE state <> 'confirmed';

-- What is or was wrong, until every channel has heard that it is over. No personal data.
CREATE TABLE alerts (
    kind TEXT COLLATE "C" PRIMARY KEY,
    since BIGINT NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    over_at BIGINT
);

-- What each channel was told last; written after the channel took it, so that one whose reply was
-- lost is told twice and none is told never.
CREATE TABLE alert_notices (
    kind TEXT COLLATE "C" NOT NULL REFERENCES alerts (kind),
    channel TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL CHECK (reason IN ('began', 'lasts', 'resolved')),
    told_at BIGINT NOT NULL,
    PRIMARY KEY (kind, channel)
);

REVOKE ALL ON alerts, alert_notices FROM PUBLIC, heed_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON alerts, alert_notices TO heed_app;
