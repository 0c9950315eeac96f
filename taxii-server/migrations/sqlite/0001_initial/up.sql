-- Times are microseconds since 1970. Keys of what belongs to a collection start with it.

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- One row: moves with every change to anything but objects.
CREATE TABLE revision (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL
);
INSERT INTO revision (id, number) VALUES (1, 1);

CREATE TABLE api_roots (
    name TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT,
    max_content_length BIGINT NOT NULL,
    is_default BOOLEAN NOT NULL
);

CREATE TABLE collections (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    root TEXT NOT NULL REFERENCES api_roots (name) ON DELETE CASCADE,
    id TEXT NOT NULL UNIQUE,
    alias TEXT,
    title TEXT NOT NULL,
    description TEXT,
    anonymous_read BOOLEAN NOT NULL,
    spec_versions TEXT NOT NULL,
    UNIQUE (root, alias)
);

-- How far each collection has come: apart from what administrators change, since every write moves it.
CREATE TABLE marks (
    collection INTEGER NOT NULL PRIMARY KEY REFERENCES collections (number) ON DELETE CASCADE,
    clock BIGINT NOT NULL,
    changes BIGINT NOT NULL
);

-- One row for each encoding of each version of each object. Which are the newest and the oldest of
-- their object is kept here, so that reading never has to find out: "any" over all encodings, "in
-- spec" among those of the same edition of STIX; is_best marks the newest encoding of a version.
CREATE TABLE objects (
    collection BIGINT NOT NULL REFERENCES collections (number) ON DELETE CASCADE,
    added BIGINT NOT NULL,
    spec_version INTEGER NOT NULL,
    is_best BOOLEAN NOT NULL,
    is_newest BOOLEAN NOT NULL,
    is_oldest BOOLEAN NOT NULL,
    newest_in_spec BOOLEAN NOT NULL,
    oldest_in_spec BOOLEAN NOT NULL,
    object_type TEXT NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    version_key TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (collection, added)
);
CREATE UNIQUE INDEX objects_by_version ON objects (collection, id, version_key, spec_version);
CREATE INDEX objects_by_standing ON objects (collection, is_newest, is_best, added);
CREATE INDEX objects_by_type ON objects (collection, object_type, is_newest, is_best, added);

-- What SQLite's planner would otherwise guess, wrongly: a type narrows a collection down further
-- than being the newest does.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('objects', 'sqlite_autoindex_objects_1', '1000000 100000 1'),
    ('objects', 'objects_by_version', '1000000 100000 2 1 1'),
    ('objects', 'objects_by_standing', '1000000 100000 90000 90000 1'),
    ('objects', 'objects_by_type', '1000000 100000 5000 4500 4500 1');

CREATE TABLE statuses (
    id TEXT NOT NULL PRIMARY KEY,
    root TEXT NOT NULL REFERENCES api_roots (name) ON DELETE CASCADE,
    caller TEXT NOT NULL,
    completed BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX statuses_by_age ON statuses (completed);

CREATE TABLE accounts (
    name TEXT NOT NULL PRIMARY KEY,
    password TEXT,
    is_admin BOOLEAN NOT NULL,
    client TEXT NOT NULL
);

CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    label TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);

CREATE TABLE grants (
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    collection TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    can_read BOOLEAN NOT NULL,
    can_write BOOLEAN NOT NULL,
    PRIMARY KEY (account, collection)
);
