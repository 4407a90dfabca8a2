-- Forms that are confirmed by mail, and messages of Heed's own that were given up.

-- Whether a submission is a yes at once, or only once the address has answered.
ALTER TABLE forms ADD COLUMN confirmation TEXT NOT NULL DEFAULT 'none'
    CHECK (confirmation IN ('none', 'mail'));

-- What was given up, which an operator has to look at.
CREATE INDEX jobs_buried ON jobs (lane, id) WHERE state = 'buried';
