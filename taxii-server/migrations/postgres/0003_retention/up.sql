-- Whoever administers locks `revision` first, and whoever writes `marks`. Without these locks, a writer that has `objects` and wants
-- `collections` for a foreign key would wait for this, which has `collections` and wants `objects`.
LOCK TABLE revision, marks IN EXCLUSIVE MODE;

-- How long a collection keeps objects: days after the newest version was added, days after it expired, so many objects.
-- None of it, no end.
ALTER TABLE collections ADD COLUMN keep_days INTEGER;
ALTER TABLE collections ADD COLUMN keep_expired_days INTEGER;
ALTER TABLE collections ADD COLUMN keep_objects BIGINT;

-- Until when an indicator is valid, as its text says. Over a table that is there already, this has been done before, without
-- stopping those who write: see store/postgres/ahead.rs.
ALTER TABLE objects ADD COLUMN IF NOT EXISTS valid_until BIGINT;
CREATE INDEX IF NOT EXISTS objects_by_validity ON objects (collection, is_newest, is_best, valid_until)
    WHERE valid_until IS NOT NULL;

-- What was added before there was the column is read once, in small steps: from behind the position up to the last.
CREATE TABLE validity_backfill (
    collection BIGINT NOT NULL PRIMARY KEY REFERENCES collections (number) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    last BIGINT NOT NULL
);
INSERT INTO validity_backfill (collection, position, last) SELECT collection, 0, clock FROM marks WHERE clock > 0;

-- Who does a work that only one process is to do at a time, and until when it is thought to live.
CREATE TABLE leases (
    work TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    deadline BIGINT NOT NULL
);
