-- How an entry came that was not submitted here first, as JSON (see store/exchange/provenance.rs). It is in the row of the entry, so
-- neither is ever there without the other, and both go together.
ALTER TABLE objects ADD COLUMN provenance TEXT;

-- What was deleted on purpose, version by version, each with a stamp of its own from the collection's clock: entries and deletions are
-- one sequence. What is removed because of its age is not in here. The version is the entry's; of what has none, a digest of its
-- content. `provenance` is where the deletion came from, if not from here; `entry` where what was deleted had come from.
CREATE TABLE deletions (
    collection BIGINT NOT NULL REFERENCES collections (number) ON DELETE CASCADE,
    stamp BIGINT NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    label BIGINT NOT NULL,
    provenance TEXT,
    entry TEXT,
    PRIMARY KEY (collection, stamp)
);
CREATE INDEX deletions_by_id ON deletions (collection, id);

-- Versions that came with other content than what was there. What was there stayed; this is what was refused, for somebody to decide.
-- The digest is made of id, version and refused content: the same conflict is kept once.
CREATE TABLE conflicts (
    collection BIGINT NOT NULL REFERENCES collections (number) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    kept TEXT NOT NULL,
    body TEXT,
    source TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (collection, digest)
);

-- Which server an account or an organisation speaks for, and under which agreement.
CREATE TABLE partners (
    holder TEXT NOT NULL PRIMARY KEY,
    server TEXT NOT NULL UNIQUE,
    agreement TEXT,
    since BIGINT NOT NULL
);

-- Agreements with others, as they were signed.
CREATE TABLE agreements (
    id TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    digest TEXT NOT NULL,
    added BIGINT NOT NULL
);

-- What goes from a source to a sink: its settings and its status as JSON, and how far it has come.
CREATE TABLE flows (
    name TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    position TEXT,
    paused BOOLEAN NOT NULL,
    status TEXT NOT NULL
);

-- What was made of an object for others: nobody but who runs the server may know. The digest is made of flow, original and version.
CREATE TABLE counterparts (
    digest TEXT NOT NULL PRIMARY KEY,
    flow TEXT NOT NULL,
    original TEXT NOT NULL,
    version TEXT NOT NULL,
    derived TEXT NOT NULL,
    derived_version TEXT NOT NULL
);
CREATE INDEX counterparts_by_original ON counterparts (flow, original);

-- What SQLite's planner would otherwise guess.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('deletions', 'sqlite_autoindex_deletions_1', '100000 10000 1'),
    ('deletions', 'deletions_by_id', '100000 10000 2');
