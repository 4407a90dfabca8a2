-- Since when a job waits, what operators were told, and the indexes that watching needs.
-- Times are microseconds since 1970.

-- When the job was first due: run_at moves with every attempt, this does not. NULL in rows of a
-- version that did not know it, where run_at stands for it.
ALTER TABLE jobs ADD COLUMN due_at INTEGER;
CREATE INDEX jobs_waiting ON jobs (lane, coalesce(due_at, run_at)) WHERE state <> 'buried';

-- The deadlines that are still to be met, and opt-outs by the time they were asked for.
CREATE INDEX opt_outs_open ON opt_outs (deadline_at) WHERE status <> 'completed';
CREATE INDEX opt_outs_by_request ON opt_outs (requested_at);
CREATE INDEX opt_out_targets_open ON opt_out_targets (connector, state)
    WHERE state <> 'confirmed';

-- What is or was wrong, until every channel has heard that it is over. No personal data.
CREATE TABLE alerts (
    kind TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    detail TEXT NOT NULL,
    over_at INTEGER
) STRICT, WITHOUT ROWID;

-- What each channel was told last; written after the channel took it, so that one whose reply was
-- lost is told twice and none is told never.
CREATE TABLE alert_notices (
    kind TEXT NOT NULL REFERENCES alerts (kind),
    channel TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('began', 'lasts', 'resolved')),
    told_at INTEGER NOT NULL,
    PRIMARY KEY (kind, channel)
) STRICT, WITHOUT ROWID;
