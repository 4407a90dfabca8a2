-- Forms that are confirmed by mail, on PostgreSQL: the twin of 0005-forms.sqlite.sql.

-- Whether a submission is a yes at once, or only once the address has answered.
ALTER TABLE forms ADD COLUMN confirmation TEXT COLLATE "C" NOT NULL DEFAULT 'none'
    CHECK (confirmation IN ('none', 'mail'));

-- What was given up, which an operator has to look at.
CREATE INDEX jobs_buried ON jobs (lane, id) WHERE state = 'buried';
