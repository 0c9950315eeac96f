-- Who did what, and who received what, in one chain: the hash of each record is made over the one before and all columns. Nothing is
-- ever changed here; what is too old is cut off at the beginning (docs/audit.md). The numbers of collections are no references:
-- records outlive what they are about.
CREATE TABLE audit (
    number INTEGER NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    account TEXT,
    credential TEXT,
    address TEXT,
    root TEXT,
    collection BIGINT,
    first BIGINT,
    last BIGINT,
    -- How far first and last lie apart: less than two to the power of this. So what lies around a stamp is a few stretches of the index.
    span INTEGER,
    details TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_by_stamp ON audit (collection, span, first) WHERE span IS NOT NULL;
CREATE INDEX audit_by_account ON audit (account, number) WHERE account IS NOT NULL;
CREATE INDEX audit_by_time ON audit (at);

-- The last record. Whoever appends locks it first, and nothing after it.
CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, number, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- What collections had and have no longer, apart from the texts.
CREATE TABLE tombstones (
    collection BIGINT NOT NULL,
    added BIGINT NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    removed BIGINT NOT NULL,
    PRIMARY KEY (collection, added)
);
CREATE INDEX tombstones_by_id ON tombstones (collection, id);
CREATE INDEX tombstones_by_age ON tombstones (collection, removed);

-- How far each account has come with each collection, and when it asked last. The account is empty for whoever did not log in.
CREATE TABLE pollers (
    collection BIGINT NOT NULL,
    account TEXT NOT NULL,
    polled BIGINT NOT NULL,
    position BIGINT NOT NULL,
    polls BIGINT NOT NULL,
    -- When it had everything that there was, and how long that usually takes until the next time.
    caught_up BIGINT,
    every BIGINT,
    PRIMARY KEY (collection, account)
);

-- What SQLite's planner would otherwise guess.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('audit', 'audit_by_stamp', '1000000 100000 20000 2'),
    ('audit', 'audit_by_account', '100000 1000 1'),
    ('audit', 'audit_by_time', '1000000 1'),
    ('tombstones', 'sqlite_autoindex_tombstones_1', '1000000 100000 1'),
    ('tombstones', 'tombstones_by_id', '1000000 100000 2'),
    ('tombstones', 'tombstones_by_age', '1000000 100000 50');
